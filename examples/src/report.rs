//! What all trainings come to: a table, a sentence, curves, and every figure as JSON.

use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};
use leaky_cure::compare::{p_text, statistics};
use leaky_cure::text::score as number;
use serde::Serialize;

use crate::Result;
use crate::curves::learning_curves;
use crate::options::Options;
use crate::output::Output;
use crate::trials::{Score, Trial};

/// Below this a difference is told from chance.
const SIGNIFICANT: f64 = 0.05;

/// Everything as JSON.
#[derive(Serialize)]
#[serde(bound = "")]
struct Figures<'a, N> {
    example: &'a str,
    seeds: u64,
    quick: bool,
    trials: &'a [Trial<N>],
}

/// The trials of one setting.
struct Row<'a, N> {
    name: &'a str,
    trials: Vec<&'a Trial<N>>,
}

/// Prints the table and what it says; writes `learning.png` and `results.json`.
///
/// # Errors
/// If a file cannot be written.
pub fn report<N>(options: &Options, output: &Output, trials: &[Trial<N>]) -> Result {
    let rows = rows(trials);
    println!("{}", scores_table(&rows));
    for sentence in sentences(&rows) {
        println!("{sentence}");
    }
    output.write("learning.png", &learning_curves(trials)?)?;
    let figures = Figures {
        example: &options.name,
        seeds: options.seeds,
        quick: options.quick,
        trials,
    };
    output.write_json("results.json", &figures)
}

/// The trials by setting, in the order in which the settings were trained.
fn rows<N>(trials: &[Trial<N>]) -> Vec<Row<'_, N>> {
    let mut rows: Vec<Row<N>> = Vec::new();
    for trial in trials {
        match rows.iter_mut().find(|row| row.name == trial.name) {
            Some(row) => row.trials.push(trial),
            None => rows.push(Row {
                name: &trial.name,
                trials: vec![trial],
            }),
        }
    }
    rows
}

impl<N> Row<'_, N> {
    fn scores(&self, place: usize) -> Vec<f64> {
        self.trials
            .iter()
            .map(|trial| trial.scores[place].value)
            .collect()
    }

    fn kinds(&self) -> &[Score] {
        &self.trials[0].scores
    }

    fn last_epochs(&self, part: fn(&crate::watch::Epoch) -> f64) -> String {
        let parts = self
            .trials
            .iter()
            .filter_map(|trial| trial.epochs.last().map(part));
        format!(
            "{:.1} %",
            statistics::mean(&parts.collect::<Vec<f64>>()) * 100.0
        )
    }
}

fn scores_table<N>(rows: &[Row<N>]) -> String {
    let kinds = rows[0].kinds();
    let scores = kinds.iter().map(|score| {
        format!(
            "{} {}",
            score.name,
            if score.higher_is_better { "↑" } else { "↓" }
        )
    });
    let header = ["network".to_owned()].into_iter().chain(scores);
    let header = header.chain(["dead", "dormant", "a training"].map(str::to_owned));
    let lines = rows.iter().map(|row| {
        let scores = (0..kinds.len()).map(|place| mean_and_deviation(&row.scores(place)));
        let seconds: Vec<f64> = row.trials.iter().map(|trial| trial.seconds).collect();
        let rest = [
            row.last_epochs(|epoch| epoch.dead),
            row.last_epochs(|epoch| epoch.dormant),
            format!("{:.1} s", statistics::mean(&seconds)),
        ];
        [row.name.to_owned()].into_iter().chain(scores).chain(rest)
    });
    table(header, lines)
}

/// A table of a line for each network: its name, and figures to the right.
pub fn table(
    header: impl IntoIterator<Item = String>,
    rows: impl IntoIterator<Item = impl IntoIterator<Item = String>>,
) -> String {
    let mut table = Table::new();
    let rule = LineStyle::none().fill('─').junction('─');
    table.load_style(TableStyle::new().header_separator(rule));
    table.set_header(header);
    for row in rows {
        table.add_row(row);
    }
    for column in table.column_iter_mut().skip(1) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let lines: Vec<String> = table
        .lines()
        .map(|line| line.trim_end().to_owned())
        .collect();
    lines.join("\n")
}

fn mean_and_deviation(values: &[f64]) -> String {
    let mean = number(statistics::mean(values));
    match statistics::standard_deviation(values) {
        Some(deviation) => format!("{mean} ± {}", number(deviation)),
        None => mean,
    }
}

/// For each setting behind the first whether its first score differs from the first setting's: the
/// paired t-test over the seeds.
fn sentences<N>(rows: &[Row<N>]) -> Vec<String> {
    let Some((first, others)) = rows.split_first() else {
        return Vec::new();
    };
    let score = first.kinds()[0];
    let baseline = first.scores(0);
    let sentence = |row: &Row<N>| {
        let scores = row.scores(0);
        let differences: Vec<f64> = scores.iter().zip(&baseline).map(|(a, b)| a - b).collect();
        let mean = statistics::mean(&differences);
        if mean == 0.0 {
            return format!("{} of {} is that of {}.", score.name, row.name, first.name);
        }
        let way = if mean < 0.0 { "lower" } else { "higher" };
        let what = format!(
            "{} of {} is {way} by {}",
            score.name,
            row.name,
            number(mean.abs())
        );
        match statistics::paired_t_test(&differences) {
            None => format!("{what}; one seed tells nothing of chance."),
            Some(p) if p < SIGNIFICANT => {
                let better = (mean > 0.0) == score.higher_is_better;
                let verdict = if better { "better" } else { "worse" };
                format!(
                    "{what} than that of {}: {verdict} (p = {}).",
                    first.name,
                    p_text(p)
                )
            }
            Some(p) => format!(
                "{what} than that of {}: not told from chance (p = {}).",
                first.name,
                p_text(p)
            ),
        }
    };
    others.iter().map(sentence).collect()
}
