//! How the score of each rectifier grows from epoch to epoch.

use std::ops::Range;

use maud::{Markup, html};

use super::rectifiers::{along, rates};
use crate::chart::{Axes, HEIGHT, chart, range};
use crate::error::ReportError;
use crate::page::figure;
use crate::series::{legend, marked_line, thin_line};
use leaky_cure::candidate::Candidate;
use leaky_cure::compare::{Comparison, Trial};
use leaky_cure::text::score;

/// A line has about so many markers.
const MARKERS: usize = 6;

/// The mean score of each rectifier by epoch, a chart for each learning rate.
///
/// # Errors
///
/// Where the drawing fails.
pub(crate) fn means(comparison: &Comparison) -> Result<Markup, ReportError> {
    let along = along(comparison);
    let mut panels = Vec::new();
    for lr in rates(comparison) {
        let curves: Vec<Curve> = along
            .iter()
            .enumerate()
            .map(|(series, candidate)| Curve {
                name: candidate.to_string(),
                seeds: Vec::new(),
                ..Curve::new(comparison, series, *candidate, lr)
            })
            .collect();
        let extent = extent(curves.iter().map(|curve| &curve.mean));
        let name = format!("learning rate {lr}");
        panels.push((
            format!("Learning rate {lr}"),
            panel(comparison, &name, &curves, extent)?,
        ));
    }
    let names: Vec<String> = along.iter().map(ToString::to_string).collect();
    let metric = comparison.metric.name();
    Ok(figure(
        &format!("Validation {metric} by epoch, mean of the seeds"),
        "An epoch is a pass over all training samples. Each line is a rectifier.",
        &html! {
            (legend(&numbered(names))?)
            div.panels { @for (name, panel) in panels { div { h3 { (name) } (panel) } } }
        },
    ))
}

/// The score of each seed by epoch, a chart for each rectifier.
///
/// # Errors
///
/// Where the drawing fails.
pub(crate) fn seeds(comparison: &Comparison) -> Result<Markup, ReportError> {
    let rates = rates(comparison);
    let of = |candidate: Candidate| -> Vec<Curve> {
        let rates = rates.iter().enumerate();
        rates
            .map(|(series, lr)| Curve::new(comparison, series, candidate, *lr))
            .collect()
    };
    let along = along(comparison);
    let curves: Vec<Vec<Curve>> = along.iter().map(|candidate| of(*candidate)).collect();
    let extent = extent(curves.iter().flatten().flat_map(|curve| &curve.seeds));
    let mut panels = Vec::new();
    for (candidate, curves) in along.iter().zip(&curves) {
        let name = candidate.to_string();
        let drawn = panel(comparison, &name, curves, extent.clone())?;
        panels.push((name, drawn));
    }
    let names = rates.iter().map(|lr| format!("learning rate {lr}"));
    let metric = comparison.metric.name();
    Ok(figure(
        &format!("Validation {metric} by epoch, every seed"),
        "The strong line is the mean of the seeds, the faint lines are the seeds. All charts have the \
         same axes.",
        &html! {
            (legend(&numbered(names))?)
            div.panels.many { @for (name, panel) in panels { div { h3 { (name) } (panel) } } }
        },
    ))
}

/// The names of series beside their numbers.
fn numbered(names: impl IntoIterator<Item = String>) -> Vec<(usize, String)> {
    names.into_iter().enumerate().collect()
}

/// How the score of one rectifier at one learning rate grows.
struct Curve {
    name: String,
    series: usize,
    seeds: Vec<Line>,
    mean: Line,
}

impl Curve {
    fn new(comparison: &Comparison, series: usize, candidate: Candidate, lr: f64) -> Self {
        let trials = comparison.trials.iter();
        let trials = trials.filter(|trial| trial.lr == lr && trial.rectifier == candidate);
        let seeds: Vec<Line> = trials.map(scores).collect();
        Self {
            name: format!("learning rate {lr}"),
            series,
            mean: mean(&seeds),
            seeds,
        }
    }

    fn in_words(&self) -> String {
        let name = &self.name;
        match (self.mean.first(), self.mean.last()) {
            (Some(first), Some(last)) => {
                format!("{name} from {} to {}", score(first.1), score(last.1))
            }
            _ => format!("{name} not known"),
        }
    }
}

/// How far lines reach along the epochs and along the scores.
fn extent<'a>(lines: impl IntoIterator<Item = &'a Line>) -> [Range<f64>; 2] {
    let points: Vec<(f64, f64)> = lines.into_iter().flatten().copied().collect();
    let epochs = points.iter().map(|point| point.0).fold(1.0, f64::max);
    [
        0.5..epochs + 0.5,
        range(points.into_iter().map(|point| point.1)),
    ]
}

fn panel(
    comparison: &Comparison,
    what: &str,
    curves: &[Curve],
    [x, y]: [Range<f64>; 2],
) -> Result<Markup, ReportError> {
    let metric = comparison.metric.name();
    let lines: Vec<String> = curves.iter().map(Curve::in_words).collect();
    let words = format!(
        "Mean validation {metric} from the first epoch to the last, {what}: {}",
        lines.join("; ")
    );
    chart(HEIGHT, &words, |area| {
        let axes = Axes {
            x,
            y,
            x_name: "epoch",
            y_name: &format!("validation {metric}"),
            ..Axes::new()
        };
        let mut plane = axes.draw(area)?;
        for curve in curves {
            for seed in &curve.seeds {
                thin_line(&mut plane, curve.series, seed)?;
            }
        }
        for curve in curves {
            marked_line(&mut plane, curve.series, &curve.mean, MARKERS)?;
        }
        Ok(())
    })
}

/// Scores beside the numbers of their epochs.
type Line = Vec<(f64, f64)>;

fn scores(trial: &Trial) -> Line {
    let numbered = trial.epochs.iter().enumerate();
    numbered
        .map(|(index, epoch)| ((index + 1) as f64, epoch.score))
        .collect()
}

/// The mean of the seeds in each epoch, of those that came so far.
fn mean(seeds: &[Line]) -> Line {
    let longest = seeds.iter().map(Vec::len).max().unwrap_or(0);
    let epochs = (0..longest).map(|epoch| {
        let reached = seeds.iter().filter_map(|seed| seed.get(epoch));
        let finite: Vec<f64> = reached
            .map(|point| point.1)
            .filter(|score| score.is_finite())
            .collect();
        let mean = finite.iter().sum::<f64>() / finite.len() as f64;
        ((epoch + 1) as f64, mean)
    });
    epochs.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_is_of_the_seeds_that_came_so_far_and_a_lost_epoch_stays_open() {
        let nan = f64::NAN;
        let seeds = [
            vec![(1.0, 0.5), (2.0, 0.7), (3.0, nan)],
            vec![(1.0, 0.7), (2.0, nan)],
        ];
        let mean = mean(&seeds);
        assert_eq!(mean[..2], [(1.0, 0.6), (2.0, 0.7)]);
        assert!(mean[2].1.is_nan());
    }
}
