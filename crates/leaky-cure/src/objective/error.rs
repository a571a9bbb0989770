//! What can be wrong with an objective.

use super::metric::{Loss, Metric};
use crate::run::{RunError, runs_networks};

/// Why nothing can be minimised or scored.
#[derive(Debug, thiserror::Error)]
pub enum ObjectiveError {
    /// The loss that was asked for compares with class labels.
    #[error("cross-entropy needs class labels: `y` must hold integers of shape [N]")]
    LossNeedsLabels,
    /// The loss that was asked for compares with values.
    #[error(
        "`y` holds class labels: the loss must be cross-entropy, or `y` be shaped like the network's output"
    )]
    LossNeedsValues,
    /// The metric that was asked for says nothing of what is learned.
    #[error(
        "a score in {} says nothing of a network that learns by {}: {}", metric.name(), loss.name(),
        match loss {
            Loss::MeanSquaredError => "r2 suits values",
            Loss::CrossEntropy => "accuracy, balanced accuracy, F1 and mean IoU suit classes",
            Loss::BinaryCrossEntropy =>
                "accuracy, balanced accuracy, F1, mean IoU and dice suit what is so or not so",
        }
    )]
    MetricDoesNotSuit {
        /// The metric.
        metric: Metric,
        /// What is minimised.
        loss: Loss,
    },
    /// Classes were to count alike, and there are none.
    #[error("classes can be balanced only where `y` holds class labels as integers")]
    WeightsNeedLabels,
    /// Labels were to be smoothed, and there are none.
    #[error(
        "labels can be smoothed only where `y` holds class labels that cross-entropy learns by"
    )]
    SmoothingNeedsLabels,
    /// The samples to validate with are answered in another way than those to train with.
    #[error(
        "the `y` to validate with holds {validation}, but the `y` to train with holds {training}: give both in the same form"
    )]
    ValidationTarget {
        /// What the validation's target is.
        validation: String,
        /// What the training's target is.
        training: String,
    },
    /// An output has not one row a sample.
    #[error(
        "the network's output '{output}' has shape {shape} for {samples} samples, and should have {samples} rows: if it was exported for a batch of one size, export it again with a dynamic batch axis"
    )]
    OutputRows {
        /// The output's name in the file.
        output: String,
        /// Its shape.
        shape: String,
        /// How many samples the network was given.
        samples: usize,
    },
    /// The network gives no floats.
    #[error("the network has no output of floats to compute a loss from")]
    OutputIsNotFloat,
    /// The network cannot be run.
    #[error(transparent)]
    Run(#[from] RunError),
}

runs_networks!(ObjectiveError);
