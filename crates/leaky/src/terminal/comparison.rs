//! A comparison as a table.

use super::format::duration;
use super::table::{Mark, Row, render};
use leaky_cure::compare::{self, Comparison, p_text};
use leaky_cure::text::score;
use std::time::Duration;

/// One line for each rectifier and learning rate, the best marked with an asterisk, and in bold with
/// `colour`.
pub fn comparison_table(comparison: &Comparison, colour: bool) -> String {
    let metric = comparison.metric.name();
    let header = [
        "rectifier",
        "learning rate",
        metric,
        "± deviation",
        "dead",
        "epochs to ReLU's",
        "an epoch",
        "p",
    ];
    let rows: Vec<Row> = comparison
        .summary
        .iter()
        .map(|row| {
            let best = (row.rectifier, row.lr) == (comparison.best, comparison.best_lr);
            Row {
                cells: cells(row, best),
                mark: if best { Mark::Best } else { Mark::Healthy },
            }
        })
        .collect();
    render(&header, &rows, 1, colour)
}

fn cells(row: &compare::Row, best: bool) -> Vec<String> {
    let none = || "-".to_owned();
    let name = row.rectifier.to_string();
    let diverged = match row.diverged {
        0 => String::new(),
        count => format!(" ({count} diverged)"),
    };
    vec![
        if best { format!("{name} *") } else { name },
        row.lr.to_string(),
        score(row.mean) + &diverged,
        row.std.map_or_else(none, score),
        row.dead_fraction
            .map_or_else(none, |dead| format!("{:.1} %", dead * 100.0)),
        match (row.epochs_to_relu, row.reached_relu) {
            (Some(epochs), Some(seeds)) if seeds == row.seeds => format!("{epochs:.1}"),
            (Some(epochs), Some(seeds)) => format!("{epochs:.1} ({seeds} of {})", row.seeds),
            (None, Some(_)) => "never".to_owned(),
            _ => none(),
        },
        duration(Duration::from_secs_f64(row.seconds_per_epoch)),
        row.p_value.map_or_else(none, p_text),
    ]
}
