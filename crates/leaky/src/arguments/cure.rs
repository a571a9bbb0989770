//! What `leaky cure` takes.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;
use clap::error::Error;
use leaky_cure::cure::{Alpha, CureOptions};
use leaky_cure::train::{Recycle, TrainOptions};

use super::figures::Figures;
use super::objective::Objective;
use super::task::{Task, Test};
use super::training::Training;
use super::values::{alpha_or_auto, count, fraction, learning_rate};
use crate::settings;

/// Options of `leaky cure`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Cure {
    /// The network and its data.
    #[command(flatten)]
    task: Task,
    /// Data that nothing is chosen by.
    #[command(flatten)]
    test: Test,
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
    /// The learning rate
    #[arg(long, value_name = "RATE", default_value_t = 0.001, value_parser = learning_rate, allow_hyphen_values = true, help_heading = "Training")]
    lr: f64,
    /// How to train.
    #[command(flatten)]
    training: Training,
    /// What is to be learned.
    #[command(flatten)]
    objective: Objective,
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
    /// Shift always-on units so that they are above zero on half of the samples, and move what they then say
    /// less into what hears them; this changes the outputs, and how much is printed
    #[arg(long, help_heading = "Cure")]
    recentre: bool,
    /// Keep the training in this folder after each epoch, and go on from what it holds: an interrupted or
    /// killed cure ends with the same file as one that was not
    #[arg(long, value_name = "FOLDER", help_heading = "Results")]
    checkpoint: Option<PathBuf>,
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
    /// # Errors
    ///
    /// Where two options do not go together.
    pub(super) fn settings(self, command_line: &[OsString]) -> Result<settings::Cure, Error> {
        let (case, test) = (self.task.settings(), self.test.settings());
        let training = self.training.options()?;
        let recycle = training.recycle.map(|recycle| Recycle {
            bound: self.revival_bound,
            ..recycle
        });
        Ok(settings::Cure {
            case: case.map(|case| settings::Case { test, ..case }),
            output: self.output,
            checkpoint: self.checkpoint,
            options: CureOptions {
                alpha: self.alpha,
                revive: !self.no_revive,
                revival_bound: self.revival_bound,
                tau: self.tau,
                recentre: self.recentre,
                objective: self.objective.options(),
                training: TrainOptions {
                    lr: self.lr,
                    seed: self.seed,
                    recycle,
                    ..training
                },
                checkpoint: None,
            },
            threads: self.threads,
            figures: self.figures.settings(command_line),
        })
    }
}
