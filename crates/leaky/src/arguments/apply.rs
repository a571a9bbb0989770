//! What `leaky apply` takes.

use std::path::PathBuf;

use clap::Args;

use super::names;
use super::values::slope;
use crate::apply::Rectifier;
use crate::settings;

/// Options of `leaky apply`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Apply {
    /// The array to apply the function to
    #[arg(value_name = "X.npy")]
    input: PathBuf,
    /// Where to write the result
    #[arg(value_name = "Y.npy")]
    output: PathBuf,
    /// The function
    #[arg(long, value_name = "NAME", default_value = "leaky-relu", value_parser = names::rectifier())]
    rectifier: Rectifier,
    /// The slope below zero, for elu the depth; for prelu, repeated, one for each entry of axis 1
    /// [default: 0.01, for elu 1, for prelu 0.25]
    #[arg(long, value_name = "SLOPE", value_parser = slope, allow_hyphen_values = true)]
    alpha: Vec<f64>,
    /// Compute the gradient instead: this is the gradient of the output, of the shape of X
    #[arg(long, value_name = "DY.npy")]
    grad: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  Leaky ReLU over an array:
    leaky apply x.npy y.npy --alpha 0.1
  Its gradient, for this gradient of the output:
    leaky apply x.npy dx.npy --alpha 0.1 --grad dy.npy
  A slope for each of three channels, axis 1:
    leaky apply x.npy y.npy --rectifier prelu --alpha 0.1 --alpha 0.2 --alpha 0.3";

impl Apply {
    pub(super) fn settings(self) -> settings::Apply {
        settings::Apply {
            input: self.input,
            output: self.output,
            rectifier: self.rectifier,
            alpha: self.alpha,
            grad: self.grad,
        }
    }
}
