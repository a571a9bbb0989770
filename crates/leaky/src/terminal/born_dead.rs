//! How likely layers are born dead, as a table.

use leaky_cure::diagnose::{BornDead, Chances};
use leaky_cure::text::printable;

use super::grid::{Form, Look, Mark, Row, render};

/// One line a layer and one for the network: the part of the units that is never above zero, and the
/// probability that a whole layer is not; for the network's own rectifiers and for Leaky ReLU.
pub fn born_dead_table(found: &BornDead, look: Look) -> String {
    let leaky = format!("Leaky ReLU {}: units", found.alpha);
    let mut wide = vec![
        "layer",
        "operator",
        "units",
        "never above zero",
        "a whole layer",
    ];
    let mut narrow = vec!["layer", "units", "a unit", "a layer"];
    if found.leaky_relu.is_some() {
        wide.extend([leaky.as_str(), "a whole layer"]);
        narrow.extend(["leaky: a unit", "a layer"]);
    }
    render(
        &[form(found, &wide, true), form(found, &narrow, false)],
        look,
    )
}

fn form(found: &BornDead, header: &[&str], with_operators: bool) -> Form {
    let label = |name: &str, operator: &str, units: usize| {
        let operator = with_operators.then(|| printable(operator));
        let name = [printable(name)].into_iter().chain(operator);
        name.chain([units.to_string()]).collect::<Vec<String>>()
    };
    let layers = found.own.layers.iter().enumerate().map(|(place, layer)| {
        let mut cells = label(&layer.name, &layer.op, layer.units);
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
    let mut total = label("any", "", units);
    for chances in kinds(found) {
        total.extend([probability(chances.unit), probability(chances.layer)]);
    }
    let total = Row {
        cells: total,
        mark: Mark::Total,
    };
    Form {
        header: header.iter().map(ToString::to_string).collect(),
        rows: layers.chain([total]).collect(),
        words: if with_operators { 2 } else { 1 },
    }
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
