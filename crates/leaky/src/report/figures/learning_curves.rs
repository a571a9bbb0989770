//! How the score of each rectifier grows from epoch to epoch.

use maud::{Markup, html};

use super::rectifiers::{along, rates};
use crate::compare::{Candidate, Comparison, Trial};
use crate::error::Error;
use crate::report::chart::{Axes, HEIGHT, chart, range};
use crate::report::page::figure;
use crate::report::series::{legend, marked_line, thin_line};
use crate::terminal::score;

/// The score by epoch, for each rectifier the seeds and their mean.
///
/// # Errors
///
/// Where the drawing fails.
pub(in crate::report) fn learning_curves(comparison: &Comparison) -> Result<Markup, Error> {
    let along = along(comparison);
    let names: Vec<(usize, String)> = along.iter().map(ToString::to_string).enumerate().collect();
    let mut panels = Vec::new();
    for lr in rates(comparison) {
        let drawn = panel(comparison, &along, lr)?;
        panels.push(html! { div { h3 { "Learning rate " (lr) } (drawn) } });
    }
    let metric = comparison.metric.name();
    Ok(figure(
        &format!("Validation {metric} by epoch"),
        "Each strong line is the mean of a rectifier's seeds, the faint lines are the seeds.",
        &html! {
            (legend(&names)?)
            div.panels { @for panel in panels { (panel) } }
        },
    ))
}

fn panel(comparison: &Comparison, along: &[Candidate], lr: f64) -> Result<Markup, Error> {
    let curves: Vec<(Vec<Line>, Line)> = along
        .iter()
        .map(|candidate| {
            let trials = comparison.trials.iter();
            let trials = trials.filter(|trial| trial.lr == lr && trial.rectifier == *candidate);
            let seeds: Vec<Line> = trials.map(scores).collect();
            let mean = mean(&seeds);
            (seeds, mean)
        })
        .collect();
    let ends: Vec<String> = along
        .iter()
        .zip(&curves)
        .map(|(candidate, (_, mean))| match (mean.first(), mean.last()) {
            (Some(first), Some(last)) => {
                format!("{candidate} from {} to {}", score(first.1), score(last.1))
            }
            _ => format!("{candidate} not known"),
        })
        .collect();
    let metric = comparison.metric.name();
    let words = format!(
        "Mean validation {metric} from the first epoch to the last at learning rate {lr}: {}",
        ends.join("; ")
    );
    let points = || curves.iter().flat_map(|(seeds, _)| seeds).flatten();
    let epochs = points().map(|point| point.0).fold(1.0, f64::max);
    chart(HEIGHT, &words, |area| {
        let axes = Axes {
            x: 0.5..epochs + 0.5,
            y: range(points().map(|point| point.1)),
            x_name: "epoch",
            y_name: &format!("validation {metric}"),
            ..Axes::new()
        };
        let mut plane = axes.draw(area)?;
        for (series, (seeds, _)) in curves.iter().enumerate() {
            for seed in seeds {
                thin_line(&mut plane, series, seed)?;
            }
        }
        for (series, (_, mean)) in curves.iter().enumerate() {
            marked_line(&mut plane, series, mean)?;
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
