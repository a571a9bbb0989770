//! The figures of a cure.

use serde::{Deserialize, Serialize};

use crate::diagnose::verdict::Diagnosis;
use crate::objective::metric::Metric;
use crate::revive::revival::NotRevived;
use crate::train::epoch::{Epoch, number};

/// A short training with one slope.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AlphaTrial {
    /// The slope below zero of the hidden rectifiers that were ReLUs.
    pub alpha: f32,
    /// How many epochs it was trained for.
    pub epochs: usize,
    /// The score of the best of them on the validation samples.
    #[serde(deserialize_with = "number")]
    pub score: f64,
    /// The mean loss on the validation samples in the same epoch.
    #[serde(deserialize_with = "number")]
    pub validation_loss: f64,
}

/// The score of a network on the validation samples, before and after, and on those to test with.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub struct Score {
    /// What is measured.
    pub metric: Metric,
    /// For the network as it was given.
    #[serde(deserialize_with = "number")]
    pub before: f64,
    /// For the network as it was cured.
    #[serde(deserialize_with = "number")]
    pub after: f64,
    /// For the network as it was cured, on samples that nothing was chosen by; none where there were
    /// none. The epoch is chosen by the validation samples, so the score on these is the best of several
    /// looks.
    #[serde(default)]
    pub test: Option<f64>,
}

/// The figures of a cure. Serialised, they are the JSON of the tool: its keys, their order and their
/// meaning are a contract with those who read it.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Report {
    /// The verdict on the network as it was given.
    pub before: Diagnosis,
    /// How many units are dead on the samples to train on, which decides what is revived. Where a part of
    /// the data is held out for validation, these may be more than are dead on all of it.
    #[serde(default)]
    pub dead_on_training: usize,
    /// The verdict on the network as it was cured.
    pub after: Diagnosis,
    /// The validation score.
    pub score: Score,
    /// The slope below zero of the hidden rectifiers that were ReLUs.
    pub alpha: f32,
    /// What short trainings with other slopes came to, where the slope was chosen by them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alpha_trials: Vec<AlphaTrial>,
    /// How many units live again.
    pub revived: usize,
    /// How many of them changed outputs, within the bound; the others changed none.
    #[serde(default)]
    pub revived_within_bound: usize,
    /// How many dormant units were revived beside the dead ones; what they said beyond their mean is lost.
    #[serde(default)]
    pub revived_dormant: usize,
    /// The dead and dormant units that were left, and why.
    pub not_revived: Vec<NotRevived>,
    /// The largest difference that the revival made to an output of the samples to train on.
    pub revival_max_difference: f64,
    /// The same on the validation samples, by which no unit was found dead.
    #[serde(default)]
    pub revival_max_difference_validation: f64,
    /// How many units that were above zero on all data have their median where the rectifier bends now.
    #[serde(default)]
    pub recentred: usize,
    /// The always-on units that were to be re-centred and were left, and why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_recentred: Vec<NotRevived>,
    /// The largest difference that re-centring made to an output of the samples to train on.
    #[serde(default)]
    pub recentring_max_difference: f64,
    /// How many units died in training and were revived while it went on.
    #[serde(default)]
    pub recycled: usize,
    /// The epochs of training.
    pub epochs: Vec<Epoch>,
    /// The epoch whose parameters are kept, counted from 1; 0 for those before training, none where
    /// the network is left as it was given because nothing validated better.
    pub best_epoch: Option<usize>,
    /// The file that was written; none where the network stayed in memory.
    pub output: Option<String>,
    /// The largest difference between the outputs of that file, read again, and those of the
    /// network in memory; none where no file was written.
    pub verified_max_difference: Option<f64>,
    /// How long all took.
    pub seconds: f64,
}
