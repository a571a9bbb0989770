//! The figures of a comparison.

use serde::{Deserialize, Serialize};

use crate::candidate::Candidate;
use crate::data::normalization::Normalization;
use crate::objective::metric::Metric;
use crate::train::epoch::Epoch;

/// All figures of a comparison. Serialised, they are the JSON of the tool: its keys and their meaning
/// are a contract with those who read it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The network's file.
    pub model: String,
    /// What a score is given in.
    pub metric: Metric,
    /// Every training, in the order rate, seed, rectifier.
    pub trials: Vec<Trial>,
    /// A row for each learning rate and rectifier, in the order they were asked for.
    pub summary: Vec<Row>,
    /// The rectifier with the best mean score.
    pub best: Candidate,
    /// The learning rate that it reached this score with.
    pub best_lr: f64,
    /// Whether the best differs from ReLU, or where ReLU is the best the next from it, by more than
    /// the noise of the seeds.
    pub conclusive: bool,
    /// The probability of such a difference, or a larger one, where there is none in truth;
    /// corrected for the number of rectifiers. None where it cannot be told.
    pub p_value: Option<f64>,
    /// The answer in a sentence.
    pub verdict: String,
    /// What inputs were given in place of the numbers of the data.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub normalization: Vec<Normalization>,
    /// How long all trials took, added up.
    pub seconds: f64,
}

/// One training of one rectifier.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// What took the place of the hidden rectifiers.
    pub rectifier: Candidate,
    /// The learning rate.
    pub lr: f64,
    /// Where the random numbers started.
    pub seed: u64,
    /// The validation score of the best epoch, or before training where no epoch validated better.
    #[serde(deserialize_with = "crate::train::epoch::number")]
    pub score: f64,
    /// The score of the same parameters on the samples to test with, which nothing was chosen by; none
    /// where there were none.
    #[serde(default)]
    pub test: Option<f64>,
    /// The part of the units that are dead at the end of the last epoch; none where training diverged.
    pub dead_fraction: Option<f64>,
    /// The epochs.
    pub epochs: Vec<Epoch>,
    /// The epoch, counted from 1, in which the loss was no longer a finite number.
    pub diverged: Option<usize>,
    /// How long it took.
    pub seconds: f64,
}

/// What the seeds of one rectifier at one learning rate came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The rectifier.
    pub rectifier: Candidate,
    /// The learning rate.
    pub lr: f64,
    /// How many seeds it was trained with.
    pub seeds: usize,
    /// The mean of the seeds' scores.
    #[serde(deserialize_with = "crate::train::epoch::number")]
    pub mean: f64,
    /// Their sample standard deviation; none for one seed.
    pub std: Option<f64>,
    /// The mean of their scores on the samples to test with; none where there were none.
    #[serde(default)]
    pub test: Option<f64>,
    /// The mean part of the units that are dead at the end; none where all trainings diverged.
    pub dead_fraction: Option<f64>,
    /// How many trainings reached the score that ReLU came to with the same seed and rate.
    pub reached_relu: Option<usize>,
    /// How many epochs these needed on average; none where none did.
    pub epochs_to_relu: Option<f64>,
    /// How long an epoch took on average.
    pub seconds_per_epoch: f64,
    /// The probability of a difference like that from ReLU at the same rate, or a larger one, where
    /// there is none in truth; corrected for the number of rectifiers.
    pub p_value: Option<f64>,
    /// How many trainings diverged.
    pub diverged: usize,
}
