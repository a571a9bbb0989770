//! What is to be learned: what every command that trains takes.

use clap::Args;
use leaky_cure::objective::{ClassWeights, Loss, Metric, ObjectiveOptions};

use super::names;
use super::values::below_one;

/// Options of every command that trains.
#[derive(Debug, Args)]
#[command(next_help_heading = "Objective")]
pub(super) struct Objective {
    /// What to minimise [default: cross-entropy for class labels; for values, binary
    /// cross-entropy where the network ends in a sigmoid and mean squared error otherwise]
    #[arg(long, value_name = "LOSS", value_parser = names::loss())]
    loss: Option<Loss>,
    /// What to score by, and to choose the best epoch by [default: accuracy for classes, dice for
    /// masks of what is so or not so, r2 for values]
    #[arg(long, value_name = "METRIC", value_parser = names::metric())]
    metric: Option<Metric>,
    /// How much each class counts in the loss
    #[arg(long, value_name = "HOW", default_value = "equal", value_parser = names::class_weights())]
    class_weights: ClassWeights,
    /// The part of each class label that is shared out among all classes: 0.1 is common
    #[arg(long, value_name = "PART", default_value_t = 0.0, value_parser = below_one)]
    label_smoothing: f64,
}

impl Objective {
    pub(super) fn options(&self) -> ObjectiveOptions {
        ObjectiveOptions {
            loss: self.loss,
            metric: self.metric,
            class_weights: self.class_weights,
            label_smoothing: self.label_smoothing,
        }
    }
}
