//! What `leaky diagnose` takes.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;
use leaky_cure::diagnose::{BATCH_SIZE, BornDeadOptions};
use leaky_cure::threads::cores;

use super::figures::Figures;
use super::task::{Data, Scaling};
use super::values::{alpha, count, fraction};
use crate::settings;

/// Options of `leaky diagnose`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Diagnose {
    /// The network: an ONNX file
    #[arg(value_name = "NETWORK.onnx")]
    network: PathBuf,
    /// The data to run it on.
    #[command(flatten)]
    data: Data,
    /// How the samples are scaled.
    #[command(flatten)]
    scaling: Scaling,
    /// How many samples to run at a time
    #[arg(long, value_name = "SAMPLES", default_value_t = BATCH_SIZE, value_parser = count)]
    batch_size: usize,
    /// How many threads to compute with [default: one for each core]
    #[arg(long, value_name = "COUNT", value_parser = count)]
    threads: Option<usize>,
    /// Call those units dormant whose mean activation is at most so many times their layer's mean (ReDo's
    /// score), and not those that fire on less than 0.1 % of the samples; behind a slope below zero these
    /// still are
    #[arg(long, value_name = "PART", value_parser = fraction, conflicts_with = "at_init")]
    tau: Option<f64>,
    /// End with exit code 1 where more than this fraction of the units is dead (0 to 1)
    #[arg(long, value_name = "FRACTION", value_parser = fraction, allow_hyphen_values = true, help_heading = "Results")]
    fail_above: Option<f64>,
    /// Draw the weights afresh, many times, and say how likely units, layers and the whole network
    /// are dead before training starts; with Leaky ReLU too
    #[arg(long, conflicts_with_all = ["fail_above", "report"], help_heading = "Before training")]
    at_init: bool,
    /// How many times to draw the weights, with --at-init
    #[arg(long, value_name = "COUNT", default_value_t = 200, value_parser = count, requires = "at_init", help_heading = "Before training")]
    draws: usize,
    /// The slope of the Leaky ReLU to compare with, with --at-init
    #[arg(long, value_name = "SLOPE", default_value_t = 0.01, value_parser = alpha, allow_hyphen_values = true, requires = "at_init", help_heading = "Before training")]
    alpha: f32,
    /// Where the figures go.
    #[command(flatten)]
    figures: Figures,
}

const EXAMPLES: &str = "\
Examples:
  How many units are dead, layer by layer:
    leaky diagnose net.onnx --data train.npz
  End with exit code 1 where more than a fifth of them is, in a test say:
    leaky diagnose net.onnx --data train.npz --fail-above 0.2
  Draw a page with a map of all units, and the gradient that reaches each layer:
    leaky diagnose net.onnx --data train.npz --report diagnosis.html
  How likely is such a network dead before training starts?
    leaky diagnose net.onnx --data train.npz --at-init";

impl Diagnose {
    pub(super) fn settings(self, command_line: &[OsString]) -> settings::Diagnose {
        settings::Diagnose {
            case: settings::Case {
                network: self.network,
                data: self.data.settings(),
                validation: None,
                test: None,
                normalize: self.scaling.normalize,
            },
            batch_size: self.batch_size,
            tau: self.tau,
            threads: self.threads,
            fail_above: self.fail_above,
            at_init: self.at_init.then(|| BornDeadOptions {
                batch_size: self.batch_size,
                alpha: self.alpha,
                draws: self.draws,
                jobs: self.threads.unwrap_or_else(cores),
            }),
            figures: self.figures.settings(command_line),
        }
    }
}
