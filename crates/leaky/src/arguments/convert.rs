//! What `leaky convert` takes.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use leaky_cure::convert::{ConvertFrom, ConvertOptions};

use super::values::alpha;
use crate::settings;

/// Options of `leaky convert`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Convert {
    /// The network: an ONNX file
    #[arg(value_name = "NETWORK.onnx")]
    network: PathBuf,
    /// Where to write the converted network
    #[arg(short, long, value_name = "FILE.onnx")]
    output: PathBuf,
    /// The slope below zero that each ReLU gets
    #[arg(long, value_name = "SLOPE", default_value_t = 0.01, value_parser = alpha, allow_hyphen_values = true)]
    alpha: f32,
    /// Which rectifiers get it: ReLUs, those that leak already, or ReLU6s (Clip from zero), which stay
    /// bounded above
    #[arg(long, value_name = "RECTIFIER", value_enum, default_value_t = Kind::Relu)]
    from: Kind,
    /// Convert only the nodes whose name fits this pattern, such as '/layer1/*'; may be repeated
    #[arg(long, value_name = "GLOB")]
    only: Vec<String>,
    /// Leave the nodes whose name fits this pattern; may be repeated
    #[arg(long, value_name = "GLOB")]
    skip: Vec<String>,
}

/// The rectifiers that `--from` names.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    Relu,
    LeakyRelu,
    Prelu,
    Relu6,
}

const EXAMPLES: &str = "\
Examples:
  Let every hidden ReLU leak:
    leaky convert net.onnx -o leaky.onnx
  With another slope, in one part of the network only:
    leaky convert net.onnx -o leaky.onnx --alpha 0.1 --only '/layer1/*'
  Another slope for a network that leaks already:
    leaky convert leaky.onnx -o leakier.onnx --from leaky-relu --alpha 0.2";

impl Convert {
    pub(super) fn settings(self) -> settings::Convert {
        settings::Convert {
            network: self.network,
            output: self.output,
            options: ConvertOptions {
                alpha: self.alpha,
                from: match self.from {
                    Kind::Relu => ConvertFrom::Relu,
                    Kind::LeakyRelu => ConvertFrom::LeakyRelu,
                    Kind::Prelu => ConvertFrom::PRelu,
                    Kind::Relu6 => ConvertFrom::Relu6,
                },
                only: self.only,
                skip: self.skip,
            },
        }
    }
}
