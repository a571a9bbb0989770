//! What `leaky compare` takes.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;
use clap::error::Error;
use leaky_cure::candidate::Candidate;
use leaky_cure::compare::CompareOptions;
use leaky_cure::threads::cores;

use super::figures::Figures;
use super::objective::Objective;
use super::task::{Task, Test};
use super::training::Training;
use super::values::{count, learning_rate};
use crate::settings;

/// Options of `leaky compare`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Compare {
    /// The network and its data.
    #[command(flatten)]
    task: Task,
    /// Data that nothing is chosen by.
    #[command(flatten)]
    test: Test,
    /// What takes the place of the hidden rectifiers, one after the other: relu, leaky-relu:ALPHA,
    /// prelu (a slope for each unit is learned), rrelu (slopes at random in training) or elu
    #[arg(
        long,
        value_name = "NAME,…",
        value_delimiter = ',',
        default_value = "relu,leaky-relu:0.01,leaky-relu:0.1,leaky-relu:0.3,prelu,rrelu,elu",
        help_heading = "Comparison"
    )]
    rectifiers: Vec<Candidate>,
    /// How many times to train each, with other random numbers each time
    #[arg(long, value_name = "COUNT", default_value_t = 5, value_parser = count, help_heading = "Comparison")]
    seeds: usize,
    /// The learning rate, or several
    #[arg(long, value_name = "RATE,…", value_delimiter = ',', default_value = "0.001", value_parser = learning_rate, allow_hyphen_values = true, help_heading = "Training")]
    lr: Vec<f64>,
    /// How to train.
    #[command(flatten)]
    training: Training,
    /// What is to be learned.
    #[command(flatten)]
    objective: Objective,
    /// Draw fresh weights, scaled to suit each rectifier (the default)
    #[arg(long, conflicts_with = "from_weights", help_heading = "Training")]
    from_scratch: bool,
    /// Train on from the weights in the file
    #[arg(long, help_heading = "Training")]
    from_weights: bool,
    /// How many trainings run side by side, each on one thread; the result does not depend on it
    /// [default: one for each core]
    #[arg(long, value_name = "COUNT", value_parser = count)]
    jobs: Option<usize>,
    /// Keep each training in this file as soon as it is done, and go on from those that it holds
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    resume: Option<PathBuf>,
    /// Where the figures go.
    #[command(flatten)]
    figures: Figures,
    /// Where to write the best network: the best seed of the best rectifier, trained once more
    #[arg(short, long, value_name = "FILE.onnx", help_heading = "Results")]
    output: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  Which rectifier suits the bundled example?
    leaky compare
  Which suits your own network, at two learning rates, over ten seeds?
    leaky compare net.onnx --data train.npz --lr 0.001,0.1 --seeds 10
  Two of them, the best written; goes on from where it was interrupted:
    leaky compare net.onnx --data train.npz --rectifiers relu,leaky-relu:0.1 \\
        --resume trials.json -o best.onnx";

impl Compare {
    /// # Errors
    ///
    /// Where two options do not go together.
    pub(super) fn settings(self, command_line: &[OsString]) -> Result<settings::Compare, Error> {
        let (case, test) = (self.task.settings(), self.test.settings());
        Ok(settings::Compare {
            case: case.map(|case| settings::Case { test, ..case }),
            output: self.output,
            options: CompareOptions {
                rectifiers: without_repeats(&self.rectifiers),
                rates: without_repeats(&self.lr),
                seeds: self.seeds as u64,
                from_scratch: !self.from_weights,
                objective: self.objective.options(),
                training: self.training.options()?,
                jobs: self.jobs.unwrap_or_else(cores),
            },
            resume: self.resume,
            figures: self.figures.settings(command_line),
        })
    }
}

fn without_repeats<T: Copy + PartialEq>(items: &[T]) -> Vec<T> {
    let mut kept = Vec::new();
    for &item in items {
        if !kept.contains(&item) {
            kept.push(item);
        }
    }
    kept
}
