//! The verdict by layer, as a table.

use leaky_cure::diagnose::{Diagnosis, Layer};
use leaky_cure::text::{percent, printable};

use super::grid::{Form, Look, Mark, Row, render};

/// One line a layer, and a line for the whole network where it has several layers. Colour marks layers
/// with dead units in red and those with dormant ones in yellow.
pub fn diagnosis_table(diagnosis: &Diagnosis, look: Look) -> String {
    let header = ["layer", "operator", "units", "dead", "dormant", "always on"];
    let form = |dead: fn(&Figures) -> String| {
        let cells = |figures: &Figures| {
            vec![
                figures.units.to_string(),
                dead(figures),
                figures.dormant.to_string(),
                figures.always_on.to_string(),
            ]
        };
        let layers = diagnosis.layers.iter().map(|layer| {
            let figures = Figures::from(layer);
            row(label(layer), cells(&figures), mark(&figures))
        });
        let total = Figures::from(diagnosis);
        form(&header, layers, cells(&total))
    };
    let forms = [form(dead), form(|figures| figures.dead.to_string())];
    render(&forms, look)
}

/// The verdict before and after a cure, side by side; a rectifier that was replaced is named as it
/// is afterwards.
pub fn before_after_table(before: &Diagnosis, after: &Diagnosis, look: Look) -> String {
    let wide = [
        "layer",
        "operator",
        "units",
        "dead",
        "after",
        "dormant",
        "after",
        "always on",
        "after",
    ];
    let narrow = ["layer", "operator", "units", "dead", "dormant", "always on"];
    let form = |header: &[&str], cells: fn(&Figures, &Figures) -> Vec<String>| {
        let pairs = before.layers.iter().zip(&after.layers);
        let layers = pairs.map(|(before, after)| {
            let (was, is) = (Figures::from(before), Figures::from(after));
            row(label(after), cells(&was, &is), mark(&is))
        });
        let totals = cells(&Figures::from(before), &Figures::from(after));
        form(header, layers, totals)
    };
    render(&[form(&wide, side_by_side), form(&narrow, arrows)], look)
}

/// A table's form: its layers, and below them the whole network where it has several.
fn form(header: &[&str], layers: impl Iterator<Item = Row>, total: Vec<String>) -> Form {
    let mut rows: Vec<Row> = layers.collect();
    if rows.len() > 1 {
        rows.push(row(
            vec!["all".to_owned(), String::new()],
            total,
            Mark::Total,
        ));
    }
    Form {
        header: header.iter().map(ToString::to_string).collect(),
        rows,
        words: 2,
    }
}

fn row(label: Vec<String>, figures: Vec<String>, mark: Mark) -> Row {
    Row {
        cells: [label, figures].concat(),
        mark,
    }
}

fn mark(figures: &Figures) -> Mark {
    match figures {
        Figures { dead: 1.., .. } => Mark::Dead,
        Figures { dormant: 1.., .. } => Mark::Dormant,
        _ => Mark::Healthy,
    }
}

/// The figures that a line shows.
struct Figures {
    units: usize,
    dead: usize,
    dormant: usize,
    always_on: usize,
}

impl From<&Layer> for Figures {
    fn from(layer: &Layer) -> Self {
        Self {
            units: layer.units,
            dead: layer.dead.len(),
            dormant: layer.dormant.len(),
            always_on: layer.always_on.len(),
        }
    }
}

impl From<&Diagnosis> for Figures {
    fn from(diagnosis: &Diagnosis) -> Self {
        Self {
            units: diagnosis.units,
            dead: diagnosis.dead,
            dormant: diagnosis.dormant,
            always_on: diagnosis.always_on,
        }
    }
}

fn label(layer: &Layer) -> Vec<String> {
    vec![printable(&layer.name), printable(&layer.operator())]
}

fn dead(figures: &Figures) -> String {
    let share = percent(figures.dead, figures.units);
    format!("{} {share:>8}", figures.dead)
}

fn side_by_side(before: &Figures, after: &Figures) -> Vec<String> {
    vec![
        after.units.to_string(),
        dead(before),
        dead(after),
        before.dormant.to_string(),
        after.dormant.to_string(),
        before.always_on.to_string(),
        after.always_on.to_string(),
    ]
}

fn arrows(before: &Figures, after: &Figures) -> Vec<String> {
    let arrow = |before: usize, after: usize| format!("{before} → {after}");
    vec![
        after.units.to_string(),
        arrow(before.dead, after.dead),
        arrow(before.dormant, after.dormant),
        arrow(before.always_on, after.always_on),
    ]
}

#[cfg(test)]
mod tests;
