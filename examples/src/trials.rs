//! All trainings of an example, side by side: each network from each seed.

use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use serde::Serialize;

use crate::Result;
use crate::options::Options;
use crate::watch::{Epoch, Watch};

/// What a network was found to be worth after training.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Score {
    /// What was measured.
    pub name: &'static str,
    /// How much it is.
    pub value: f64,
    /// Whether more of it is better.
    pub higher_is_better: bool,
}

impl Score {
    /// A score of which more is better.
    pub fn high(name: &'static str, value: f64) -> Self {
        Score {
            name,
            value,
            higher_is_better: true,
        }
    }

    /// A score of which less is better.
    pub fn low(name: &'static str, value: f64) -> Self {
        Score {
            name,
            value,
            higher_is_better: false,
        }
    }
}

/// One training, and what came of it.
#[derive(Debug, Serialize)]
#[serde(bound = "")]
pub struct Trial<N> {
    /// What was trained: the rectifier's name, mostly.
    pub name: String,
    /// What everything that is drawn at random was drawn from.
    pub seed: u64,
    /// The scores, the one that counts first.
    pub scores: Vec<Score>,
    /// The course of the training.
    pub epochs: Vec<Epoch>,
    /// Whether the last epochs were better than the first: by what was measured, else by the loss.
    pub learned: bool,
    /// How long it took, its scores included.
    pub seconds: f64,
    /// The network.
    #[serde(skip)]
    pub network: N,
}

/// Trains each of the named `settings` from each seed, `steps` steps each. `train` is given the
/// setting, the seed and what watches it, and gives back the network and its scores.
///
/// # Errors
/// Those of `train`.
pub fn train_all<S, N>(
    options: &Options,
    settings: &[(String, S)],
    steps: u64,
    train: impl Fn(&S, u64, &mut Watch) -> Result<(N, Vec<Score>)>,
) -> Result<Vec<Trial<N>>> {
    let bar = progress(settings.len() as u64 * options.seeds * steps)?;
    let mut trials = Vec::new();
    // The seeds outside, so that a slow spell of the machine meets all settings alike.
    for seed in 0..options.seeds {
        for (name, setting) in settings {
            let start = Instant::now();
            let mut watch = Watch::new(bar.clone(), format!("{name}, seed {seed}"));
            let (network, scores) = train(setting, seed, &mut watch)?;
            let epochs = watch.into_epochs();
            trials.push(Trial {
                name: name.clone(),
                seed,
                learned: learned(&epochs, scores[0].higher_is_better),
                scores,
                epochs,
                seconds: start.elapsed().as_secs_f64(),
                network,
            });
        }
    }
    bar.finish_and_clear();
    Ok(trials)
}

/// A bar of so many steps, with the time that is left.
///
/// # Errors
/// None: its style is a template.
pub fn progress(steps: u64) -> Result<ProgressBar> {
    let bar = ProgressBar::new(steps);
    let style = "{bar:30.green} {percent:>3} %  {eta} left  {wide_msg}";
    bar.set_style(ProgressStyle::with_template(style)?);
    bar.enable_steady_tick(Duration::from_millis(200));
    Ok(bar)
}

/// Whether the last quarter of the epochs was better than the first epoch.
fn learned(epochs: &[Epoch], higher_is_better: bool) -> bool {
    let scores: Vec<f64> = epochs.iter().filter_map(|epoch| epoch.score).collect();
    let losses: Vec<f64> = epochs.iter().map(|epoch| epoch.loss).collect();
    let (values, higher_is_better) = match scores.is_empty() {
        true => (losses, false),
        false => (scores, higher_is_better),
    };
    let last = &values[values.len() * 3 / 4..];
    let mean = last.iter().sum::<f64>() / last.len() as f64;
    let first = values.first().copied().unwrap_or(f64::NAN);
    if higher_is_better {
        mean > first
    } else {
        mean < first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn epochs(losses: &[f64], scores: &[f64]) -> Vec<Epoch> {
        let epoch = |(place, &loss): (usize, &f64)| Epoch {
            step: place as u64,
            loss,
            score: scores.get(place).copied(),
            dead: 0.0,
            dormant: 0.0,
            dead_by_layer: Vec::new(),
        };
        losses.iter().enumerate().map(epoch).collect()
    }

    #[test]
    fn a_training_has_learned_where_its_end_is_better_than_its_beginning_and_not_elsewhere() {
        let falls = [4.0, 1.0, 9.0, 2.0];
        assert!(learned(&epochs(&falls, &[]), true));
        assert!(!learned(&epochs(&[4.0; 4], &[]), true));
        assert!(!learned(&epochs(&[4.0, 1.0, 1.0, f64::NAN], &[]), true));
        assert!(!learned(&epochs(&[], &[]), true));
        // What was measured counts more than the loss.
        assert!(!learned(&epochs(&falls, &[0.5, 0.2, 0.2, 0.1]), true));
        assert!(learned(&epochs(&falls, &[0.5, 0.2, 0.2, 0.1]), false));
    }
}
