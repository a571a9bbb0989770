//! A rectifier and its gradient.

use maud::{Markup, html};

use crate::chart::{Axes, HEIGHT, chart};
use crate::curve::{Curve, PANELS, REACH, range};
use crate::error::ReportError;
use crate::page::figure;
use crate::series::{legend, line, markers};

/// The curves of rectifiers, and beside them their gradients.
///
/// # Errors
///
/// Where the drawing fails.
pub(crate) fn rectifier(title: &str, curves: &[Curve]) -> Result<Markup, ReportError> {
    let names: Vec<(usize, String)> = curves
        .iter()
        .enumerate()
        .map(|(series, curve)| (series, curve.name.clone()))
        .collect();
    let mut panels = Vec::new();
    for (what, parts) in PANELS {
        let words: Vec<String> = curves
            .iter()
            .map(|curve| {
                let ends: Vec<String> = parts(curve)
                    .iter()
                    .filter_map(|part| Some((part.first()?, part.last()?)))
                    .map(|(first, last)| {
                        format!(
                            "from {:.4} at x = {:.0} to {:.4} at x = {:.0}",
                            first.1, first.0, last.1, last.0
                        )
                    })
                    .collect();
                format!("{}: {}", curve.name, ends.join(", "))
            })
            .collect();
        let drawn = chart(HEIGHT, &format!("{what}. {}", words.join("; ")), |area| {
            let (lowest, highest) = range(curves, parts);
            let axes = Axes {
                x: -REACH..REACH,
                y: lowest..highest,
                x_name: "pre-activation x",
                y_name: what,
                x_labels: 7,
                ..Axes::new()
            };
            let mut plane = axes.draw(area)?;
            for (series, curve) in curves.iter().enumerate() {
                for part in parts(curve) {
                    line(&mut plane, series, part)?;
                    // Where curves lie upon each other, their markers stand side by side.
                    let beside = part.iter().copied().skip(40 + 12 * series);
                    markers(&mut plane, series, beside.step_by(60))?;
                }
            }
            Ok(())
        })?;
        panels.push(html! { div { h3 { (what) } (drawn) } });
    }
    Ok(figure(
        title,
        "Where the gradient is 0 a unit learns nothing: one that only ever sees that side is dead. A \
         slope below zero leaves a way back.",
        &html! {
            (legend(&names)?)
            div.panels { @for panel in panels { (panel) } }
        },
    ))
}
