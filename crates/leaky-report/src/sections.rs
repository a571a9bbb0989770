//! The parts that several pages have.

use maud::{Markup, html};

use super::figures::gradient_norms::gradient_norms;
use super::figures::layer_strip::layer_strip;
use super::figures::unit_maps::unit_maps;
use super::page::{percent, section, table};
use crate::error::ReportError;
use leaky_cure::diagnose::GradientNorm;
use leaky_cure::diagnose::{Diagnosis, Layer};
use leaky_cure::text::score;

/// The network as a strip of its layers, and every unit of it.
pub(super) fn network(before: &Diagnosis, after: Option<&Diagnosis>) -> Markup {
    section(
        "The network",
        &html! {
            p.aside {
                "A unit is one output of a layer: a channel of a convolution, a feature of a matrix \
                 product. Behind a ReLU it is dead when its pre-activation is never above zero: it then \
                 gives nothing, gets no gradient, and cannot come back by itself."
            }
            (layer_strip(before, after))
            (unit_maps(before, after))
        },
    )
}

/// How much gradient reaches each layer, before and perhaps after, or why that is not known.
///
/// # Errors
///
/// Where the drawing fails.
pub(super) fn gradient(
    before: &Result<Vec<GradientNorm>, String>,
    after: Option<&[GradientNorm]>,
) -> Result<Markup, ReportError> {
    let content = match before {
        Ok(norms) if norms.is_empty() => missing("the network has no layer with trainable weights"),
        Ok(norms) => gradient_norms(norms, after)?,
        Err(reason) => missing(reason),
    };
    Ok(section("The gradient", &content))
}

fn missing(reason: &str) -> Markup {
    html! {
        p { "How much gradient reaches each layer is not drawn: " (leaky_cure::text::printable(reason)) "." }
    }
}

/// The gradient norms as a table.
pub(super) fn gradient_table(before: &[GradientNorm], after: Option<&[GradientNorm]>) -> Markup {
    let rows: Vec<Vec<String>> = before
        .iter()
        .enumerate()
        .map(|(index, norm)| {
            let after = after.and_then(|after| after.get(index));
            let mut row = vec![norm.layer.clone(), norm.operator.clone(), score(norm.norm)];
            row.extend(after.map(|after| score(after.norm)));
            row
        })
        .collect();
    let header: &[&str] = match after {
        None => &["layer", "operator", "gradient norm"],
        Some(_) => &["layer", "operator", "gradient norm before", "after"],
    };
    table("Gradient by layer of weights", header, 2, &rows)
}

/// The verdict on each layer as a table.
pub(super) fn layer_table(caption: &str, diagnosis: &Diagnosis) -> Markup {
    let mut rows: Vec<Vec<String>> = diagnosis.layers.iter().map(layer_row).collect();
    let Diagnosis {
        units,
        dead,
        dormant,
        always_on,
        ..
    } = diagnosis;
    rows.push(vec![
        "all".to_owned(),
        String::new(),
        units.to_string(),
        dead.to_string(),
        percent(*dead, *units),
        dormant.to_string(),
        always_on.to_string(),
        median(diagnosis.layers.iter().flat_map(|layer| &layer.active)),
    ]);
    let header = [
        "layer",
        "operator",
        "units",
        "dead",
        "of all",
        "dormant",
        "always on",
        "median unit fires on",
    ];
    table(caption, &header, 2, &rows)
}

fn layer_row(layer: &Layer) -> Vec<String> {
    vec![
        layer.name.clone(),
        layer.operator(),
        layer.units.to_string(),
        layer.dead.len().to_string(),
        percent(layer.dead.len(), layer.units),
        layer.dormant.len().to_string(),
        layer.always_on.len().to_string(),
        median(&layer.active),
    ]
}

/// The median of fractions, in percent.
fn median<'a>(values: impl IntoIterator<Item = &'a f64>) -> String {
    let mut values: Vec<f64> = values.into_iter().copied().collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.get(middle) {
        None => "–".to_owned(),
        Some(upper) => {
            let lower = if values.len().is_multiple_of(2) {
                values[middle - 1]
            } else {
                *upper
            };
            format!("{:.1} %", 50.0 * (lower + upper))
        }
    }
}
