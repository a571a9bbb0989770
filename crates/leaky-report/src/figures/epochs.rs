//! Loss and score by epoch of a training.

use maud::{Markup, html};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use crate::chart::{Area, Axes, Drawn, HEIGHT, Plane, chart, label, range};
use crate::error::ReportError;
use crate::page::figure;
use crate::series::{legend, line, marked_line};
use leaky_cure::cure::Report;
use leaky_cure::text::score;
use leaky_cure::train::Epoch;

/// The series of what is seen in training, and on validation samples.
const TRAINING: usize = 1;
const VALIDATION: usize = 0;
/// The series of the network as it was given.
const GIVEN: usize = 6;

/// So many epochs have a marker each; of more only some.
const MARKERS: usize = 30;

/// The room above a chart for a word, in its units.
const ABOVE: u32 = 44;

/// The epochs of a cure.
///
/// # Errors
///
/// Where the drawing fails.
pub(crate) fn epochs(report: &Report) -> Result<Markup, ReportError> {
    let metric = report.score.metric.name();
    let kept = report.best_epoch.filter(|&epoch| epoch > 0);
    let explanation = match kept {
        Some(epoch) => format!(
            "An epoch is a pass over all training samples. The upright line marks epoch \
             {epoch}, which validated best and is kept."
        ),
        None => "An epoch is a pass over all training samples. None of them is kept: the \
                 network validated better before them."
            .to_owned(),
    };
    Ok(figure(
        &format!("Loss and {metric} by epoch"),
        &explanation,
        &html! {
            div.panels {
                div {
                    h3 { "Loss" }
                    (legend(&[(VALIDATION, "validation".into()), (TRAINING, "training".into())])?)
                    (loss(&report.epochs, kept)?)
                }
                div {
                    h3 { "Validation " (metric) }
                    (legend(&[
                        (VALIDATION, format!("validation {metric}")),
                        (GIVEN, "of the network as it was given".into()),
                    ])?)
                    (scores(report, kept)?)
                }
            }
        },
    ))
}

/// One number of each epoch, beside the epoch's number.
fn points(epochs: &[Epoch], of: fn(&Epoch) -> f64) -> Vec<(f64, f64)> {
    let numbered = epochs.iter().enumerate();
    numbered
        .map(|(index, epoch)| ((index + 1) as f64, of(epoch)))
        .collect()
}

fn ends(epochs: &[Epoch], of: fn(&Epoch) -> f64) -> String {
    match (epochs.first(), epochs.last()) {
        (Some(first), Some(last)) => {
            format!("from {} to {}", score(of(first)), score(of(last)))
        }
        _ => "not known: no epoch was finished".to_owned(),
    }
}

fn loss(epochs: &[Epoch], kept: Option<usize>) -> Result<Markup, ReportError> {
    let words = format!(
        "Loss over {} epochs: validation {}, training {}",
        epochs.len(),
        ends(epochs, |epoch| epoch.validation_loss),
        ends(epochs, |epoch| epoch.train_loss),
    );
    let training = points(epochs, |epoch| epoch.train_loss);
    let validation = points(epochs, |epoch| epoch.validation_loss);
    chart(HEIGHT, &words, |area| {
        let values = training.iter().chain(&validation).map(|point| point.1);
        let axes = Axes {
            x: along(epochs),
            y: range(values),
            x_name: "epoch",
            y_name: "mean loss",
            top: ABOVE,
            ..Axes::new()
        };
        let mut plane = axes.draw(area)?;
        mark_kept(area, &mut plane, kept)?;
        marked_line(&mut plane, TRAINING, &training, MARKERS)?;
        marked_line(&mut plane, VALIDATION, &validation, MARKERS)
    })
}

fn scores(report: &Report, kept: Option<usize>) -> Result<Markup, ReportError> {
    let epochs = &report.epochs;
    let metric = report.score.metric.name();
    let words = format!(
        "Validation {metric} over {} epochs {}; {} for the network as it was given, {} for the one \
         that is written",
        epochs.len(),
        ends(epochs, |epoch| epoch.score),
        score(report.score.before),
        score(report.score.after),
    );
    let scores = points(epochs, |epoch| epoch.score);
    chart(HEIGHT, &words, |area| {
        let given = report.score.before;
        let values = scores.iter().map(|point| point.1);
        let axes = Axes {
            x: along(epochs),
            y: range(values.chain([given])),
            x_name: "epoch",
            y_name: metric,
            top: ABOVE,
            ..Axes::new()
        };
        let reach = axes.x.clone();
        let mut plane = axes.draw(area)?;
        mark_kept(area, &mut plane, kept)?;
        let level = [(reach.start, given), (reach.end, given)];
        line(&mut plane, GIVEN, &level)?;
        marked_line(&mut plane, VALIDATION, &scores, MARKERS)
    })
}

/// The epochs, with half an epoch of room at the ends.
fn along(epochs: &[Epoch]) -> std::ops::Range<f64> {
    0.5..epochs.len().max(1) as f64 + 0.5
}

/// An upright line at the epoch that is kept, named above the chart.
fn mark_kept(area: &Area, plane: &mut Plane, kept: Option<usize>) -> Drawn {
    let Some(epoch) = kept else {
        return Ok(());
    };
    let (x, height) = (epoch as f64, plane.y_range());
    let upright = [(x, height.start), (x, height.end)];
    let style = BLACK.mix(0.5).stroke_width(2);
    plane.draw_series(LineSeries::new(upright, style))?;
    let (x, top) = plane.backend_coord(&(x, height.end));
    let text = format!("epoch {epoch}");
    // Near an end the name stands inside of it.
    let along = plane.x_range();
    let side = match (epoch as f64 - along.start) / (along.end - along.start) {
        part if part < 0.1 => HPos::Left,
        part if part > 0.9 => HPos::Right,
        _ => HPos::Center,
    };
    area.draw(&Text::new(text, (x, top - 6), label(side, VPos::Bottom)))
}
