//! A comparison as a table.

use std::time::Duration;

use leaky_cure::compare::{self, Comparison, p_text};
use leaky_cure::text::score;

use super::format::duration;
use super::grid::{Form, Look, Mark, Row, render};

/// One line for each rectifier and learning rate, the best marked with an asterisk, and with colour in
/// bold. On a narrow terminal the times are left out. Where the networks were tested, the mean test score
/// stands beside the validation score.
pub fn comparison_table(comparison: &Comparison, look: Look) -> String {
    let metric = comparison.metric.name();
    let wide = [
        "rectifier",
        "learning rate",
        metric,
        "± deviation",
        "dead",
        "epochs to ReLU's",
        "an epoch",
        "p",
    ];
    let narrow = [
        "rectifier",
        "learning rate",
        metric,
        "± deviation",
        "dead",
        "p",
    ];
    let narrowest = ["rectifier", "rate", metric, "dead", "p"];
    let form = |header: &[&str], cells: fn(Cells) -> Vec<String>| Form {
        header: header.iter().map(ToString::to_string).collect(),
        rows: rows(comparison, cells).collect(),
        words: 1,
    };
    let mut forms = [
        form(&wide, |row| {
            vec![
                row.name,
                row.rate,
                row.mean,
                row.deviation,
                row.dead,
                row.epochs,
                row.time,
                row.p,
            ]
        }),
        form(&narrow, |row| {
            vec![row.name, row.rate, row.mean, row.deviation, row.dead, row.p]
        }),
        form(&narrowest, |row| {
            let mean = match row.deviation.as_str() {
                "-" => row.mean,
                deviation => format!("{} ± {deviation}", row.mean),
            };
            vec![row.name, row.rate, mean, row.dead, row.p]
        }),
    ];
    if comparison.summary.iter().any(|row| row.test.is_some()) {
        for form in &mut forms {
            form.header.insert(3, "test".to_owned());
            for (line, row) in form.rows.iter_mut().zip(&comparison.summary) {
                let test = row.test.map_or_else(|| "-".to_owned(), score);
                line.cells.insert(3, test);
            }
        }
    }
    render(&forms, look)
}

fn rows(comparison: &Comparison, cells: fn(Cells) -> Vec<String>) -> impl Iterator<Item = Row> {
    comparison.summary.iter().map(move |row| {
        let best = (row.rectifier, row.lr) == (comparison.best, comparison.best_lr);
        Row {
            cells: cells(Cells::of(row, best)),
            mark: if best { Mark::Best } else { Mark::Healthy },
        }
    })
}

/// What a line of the table may show.
struct Cells {
    name: String,
    rate: String,
    mean: String,
    deviation: String,
    dead: String,
    epochs: String,
    time: String,
    p: String,
}

impl Cells {
    fn of(row: &compare::Row, best: bool) -> Self {
        let none = || "-".to_owned();
        let name = row.rectifier.to_string();
        let diverged = match row.diverged {
            0 => String::new(),
            count => format!(" ({count} diverged)"),
        };
        Self {
            name: if best { format!("{name} *") } else { name },
            rate: row.lr.to_string(),
            mean: score(row.mean) + &diverged,
            deviation: row.std.map_or_else(none, score),
            dead: row
                .dead_fraction
                .map_or_else(none, |dead| format!("{:.1} %", dead * 100.0)),
            epochs: match (row.epochs_to_relu, row.reached_relu) {
                (Some(epochs), Some(seeds)) if seeds == row.seeds => format!("{epochs:.1}"),
                (Some(epochs), Some(seeds)) => format!("{epochs:.1} ({seeds} of {})", row.seeds),
                (None, Some(_)) => "never".to_owned(),
                _ => none(),
            },
            time: duration(Duration::from_secs_f64(row.seconds_per_epoch)),
            p: row.p_value.map_or_else(none, p_text),
        }
    }
}
