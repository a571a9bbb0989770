//! What `leaky plot` takes.

use std::path::PathBuf;

use clap::Args;

use super::names;
use super::values::drawable_slope;
use crate::apply::Rectifier;
use crate::settings;

/// Options of `leaky plot`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Plot {
    /// The function
    #[arg(long, value_name = "NAME", default_value = "leaky-relu", value_parser = names::rectifier())]
    rectifier: Rectifier,
    /// The slope below zero, for elu the depth; repeated, one curve for each [default: 0.01 and
    /// 0.1, for elu 1, for prelu 0.25]
    #[arg(long, value_name = "SLOPE", value_parser = drawable_slope, allow_hyphen_values = true)]
    alpha: Vec<f64>,
    /// Where to write the drawing: a .svg or .png file [default: the terminal]
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  Leaky ReLU on the terminal:
    leaky plot
  Three slopes in one drawing:
    leaky plot --alpha 0.01 --alpha 0.1 --alpha 0.3 -o leaky.svg";

impl Plot {
    pub(super) fn settings(self) -> settings::Plot {
        settings::Plot {
            rectifier: self.rectifier,
            alpha: self.alpha,
            output: self.output,
        }
    }
}
