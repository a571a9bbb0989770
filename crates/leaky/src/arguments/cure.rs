//! What `leaky cure` takes.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;
use leaky_cure::cure::{Alpha, CureOptions};
use leaky_cure::objective::Loss;
use leaky_cure::train::{Optimizer, TrainOptions};

use super::figures::Figures;
use super::names;
use super::task::Task;
use super::values::{alpha_or_auto, count, fraction, learning_rate};
use crate::settings;

/// Options of `leaky cure`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Cure {
    /// The network and its data.
    #[command(flatten)]
    task: Task,
    /// Where to write the cured network
    #[arg(
        short,
        long,
        value_name = "FILE.onnx",
        default_value = "cured.onnx",
        help_heading = "Results"
    )]
    output: PathBuf,
    /// The slope below zero that each hidden ReLU gets; 0 keeps them ReLUs; auto tries 0.01, 0.05,
    /// 0.1, 0.2 and 0.3 shortly and takes the one that validates best
    #[arg(long, value_name = "SLOPE", default_value = "0.01", value_parser = alpha_or_auto, allow_hyphen_values = true, help_heading = "Cure")]
    alpha: Alpha,
    /// How many times to train on all the data
    #[arg(long, value_name = "COUNT", default_value_t = 20, value_parser = count, help_heading = "Training")]
    epochs: usize,
    /// How many samples to train on at a time
    #[arg(long, value_name = "SAMPLES", default_value_t = 64, value_parser = count, help_heading = "Training")]
    batch_size: usize,
    /// The learning rate
    #[arg(long, value_name = "RATE", default_value_t = 0.001, value_parser = learning_rate, allow_hyphen_values = true, help_heading = "Training")]
    lr: f64,
    /// How the weights follow the gradient
    #[arg(long, value_name = "METHOD", default_value = "adam", value_parser = names::optimizer(), help_heading = "Training")]
    optimizer: Optimizer,
    /// What to minimise [default: cross-entropy for class labels; for values, binary
    /// cross-entropy where the network ends in a sigmoid and mean squared error otherwise]
    #[arg(long, value_name = "LOSS", value_parser = names::loss(), help_heading = "Training")]
    loss: Option<Loss>,
    /// Where the random numbers start: the same seed gives the same file with any number of threads, on
    /// processors with the same vector instructions
    #[arg(
        long,
        value_name = "NUMBER",
        default_value_t = 0,
        help_heading = "Training"
    )]
    seed: u64,
    /// Leave dead units as they are
    #[arg(long, help_heading = "Cure")]
    no_revive: bool,
    /// How much of its magnitude an output may change by dead units that cannot be muted, as those of
    /// a residual stream; 0 leaves these as they are
    #[arg(long, value_name = "PART", default_value_t = 0.001, value_parser = fraction, help_heading = "Cure")]
    revival_bound: f64,
    /// Bring dormant units back too: those whose mean activation is at most so many times their layer's
    /// mean (ReDo's score); behind a slope below zero, those above zero on less than 0.1 % of the samples
    #[arg(long, value_name = "PART", value_parser = fraction, conflicts_with = "no_revive", help_heading = "Cure")]
    tau: Option<f64>,
    /// How many threads to compute with [default: one for each core]
    #[arg(long, value_name = "COUNT", value_parser = count)]
    threads: Option<usize>,
    /// Where the figures go.
    #[command(flatten)]
    figures: Figures,
}

const EXAMPLES: &str = "\
Examples:
  Cure the bundled example:
    leaky cure
  Cure your own network, validated on data of its own:
    leaky cure net.onnx --data train.npz --val val.npz -o cured.onnx
  Let the tool choose the slope, and draw what happened:
    leaky cure net.onnx --data train.npz --alpha auto --report cure.html
  Values to fit in place of class labels, from two files:
    leaky cure net.onnx --data x.npy --labels y.npy --loss mean-squared-error";

impl Cure {
    pub(super) fn settings(self, command_line: &[OsString]) -> settings::Cure {
        settings::Cure {
            case: self.task.settings(),
            output: self.output,
            options: CureOptions {
                alpha: self.alpha,
                revive: !self.no_revive,
                revival_bound: self.revival_bound,
                tau: self.tau,
                loss: self.loss,
                training: TrainOptions {
                    epochs: self.epochs,
                    batch_size: self.batch_size,
                    lr: self.lr,
                    optimizer: self.optimizer,
                    seed: self.seed,
                    random_slopes: None,
                },
            },
            threads: self.threads,
            figures: self.figures.settings(command_line),
        }
    }
}
