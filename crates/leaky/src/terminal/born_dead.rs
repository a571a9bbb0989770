//! How likely layers are born dead, as a table.

use super::colour::colour;
use super::table::{Mark, Row, render};
use leaky_cure::diagnose::{BornDead, Chances};
use leaky_cure::text::printable;

/// One line a layer and one for the network: the part of the units that is never above zero, and the
/// probability that a whole layer is not; for the network's own rectifiers and for Leaky ReLU.
pub fn born_dead_table(found: &BornDead) -> String {
    let leaky = format!("Leaky ReLU {}: units", found.alpha);
    let mut header = vec![
        "layer",
        "operator",
        "units",
        "never above zero",
        "a whole layer",
    ];
    if found.leaky_relu.is_some() {
        header.extend([leaky.as_str(), "a whole layer"]);
    }
    let layers = found.own.layers.iter().enumerate().map(|(place, layer)| {
        let mut cells = vec![
            printable(&layer.name),
            printable(&layer.op),
            layer.units.to_string(),
        ];
        for chances in kinds(found) {
            let layer = &chances.layers[place];
            cells.extend([probability(layer.unit), probability(layer.layer)]);
        }
        Row {
            cells,
            mark: Mark::Healthy,
        }
    });
    let units: usize = found.own.layers.iter().map(|layer| layer.units).sum();
    let mut total = vec!["any".to_owned(), String::new(), units.to_string()];
    for chances in kinds(found) {
        total.extend([probability(chances.unit), probability(chances.layer)]);
    }
    let total = Row {
        cells: total,
        mark: Mark::Total,
    };
    let rows: Vec<Row> = layers.chain([total]).collect();
    render(&header, &rows, 2, colour())
}

fn kinds(found: &BornDead) -> impl Iterator<Item = &Chances> {
    std::iter::once(&found.own).chain(&found.leaky_relu)
}

/// A probability in percent; what is neither impossible nor certain never looks like it.
pub fn probability(value: f64) -> String {
    let shown = match value {
        0.0 | 1.0 => value,
        _ => value.clamp(0.0001, 0.9999),
    };
    format!("{:.2} %", shown * 100.0)
}
