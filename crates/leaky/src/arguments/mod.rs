//! The command line: what can be asked, in the words of its help, and what of it is refused.

mod names;
mod values;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use leaky_cure::candidate::Candidate;
use leaky_cure::cure::Alpha;
use leaky_cure::objective::Loss;
use leaky_cure::train::Optimizer;

use crate::apply::Rectifier;
use values::{alpha, fraction, learning_rate};

/// Find the dead ReLU units in a network, bring them back, let them leak, and prove it.
#[derive(Debug, Parser)]
#[command(
    name = "leaky",
    version,
    arg_required_else_help = true,
    disable_help_subcommand = true
)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What the tool can do. A new command is one line here and its options below.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Find the units of a network that never fire
    ///
    /// Runs the network on the data and counts, for each unit in front of a rectifier, how often
    /// it is above zero. A unit that never is contributes nothing and learns nothing: it is dead.
    Diagnose(Diagnose),
    /// Replace the hidden ReLUs of a network by Leaky ReLUs
    ///
    /// Everything else in the file stays as it was, bit for bit. Leaking prevents death; units
    /// that are dead already hardly recover by it: for those there is `leaky cure`.
    Convert(Convert),
    /// Bring dead units back to life, let them leak, and train on
    ///
    /// Diagnoses the network, gives its dead units fresh weights without changing what the network
    /// computes, replaces ReLU by Leaky ReLU, trains, diagnoses again, and writes the result as an
    /// ONNX file. Without a network it cures the bundled example.
    Cure(Cure),
    /// Train a network with one rectifier after the other and say which is best
    ///
    /// Each rectifier takes the place of every hidden one, and is trained with the same seeds; a
    /// statistical test tells differences from noise. Without a network it compares on the bundled
    /// example.
    Compare(Compare),
    /// Apply a rectifier, or its gradient, to an array in a .npy file
    ///
    /// The shape, order and float type of the array are kept. The file is worked through in small
    /// parts, so that it may be larger than memory.
    Apply(Apply),
    /// Draw a rectifier and its gradient
    ///
    /// On the terminal, or to a .svg or .png file.
    Plot(Plot),
}

/// Options of `leaky diagnose`.
#[derive(Debug, Args)]
pub struct Diagnose {
    /// The network: an ONNX file
    #[arg(value_name = "NETWORK.onnx")]
    pub network: PathBuf,
    /// The data to run it on.
    #[command(flatten)]
    pub data: Data,
    /// How many samples to run at a time
    #[arg(long, value_name = "SAMPLES", default_value_t = 64, value_parser = values::count)]
    pub batch_size: usize,
    /// How many threads to compute with [default: one for each core]
    #[arg(long, value_name = "COUNT", value_parser = values::count)]
    pub threads: Option<usize>,
    /// End with exit code 1 where more than this fraction of the units is dead (0 to 1)
    #[arg(long, value_name = "FRACTION", value_parser = fraction, allow_negative_numbers = true)]
    pub fail_above: Option<f64>,
    /// Draw the weights afresh, many times, and say how likely units, layers and the whole network
    /// are dead before training starts; with Leaky ReLU too
    #[arg(long, conflicts_with_all = ["fail_above", "report"])]
    pub at_init: bool,
    /// How many times to draw the weights, with --at-init
    #[arg(long, value_name = "COUNT", default_value_t = 200, value_parser = values::count, requires = "at_init")]
    pub draws: usize,
    /// The slope of the Leaky ReLU to compare with, with --at-init
    #[arg(long, value_name = "SLOPE", default_value_t = 0.01, value_parser = alpha, allow_negative_numbers = true, requires = "at_init")]
    pub alpha: f32,
    /// Write every figure to this file as JSON, or to standard output for `-`
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Draw a report to this file: one page for any browser, with all charts and figures in it
    #[arg(long, value_name = "FILE.html", conflicts_with = "at_init")]
    pub report: Option<PathBuf>,
}

/// Options of `leaky convert`.
#[derive(Debug, Args)]
pub struct Convert {
    /// The network: an ONNX file
    #[arg(value_name = "NETWORK.onnx")]
    pub network: PathBuf,
    /// Where to write the converted network
    #[arg(short, long, value_name = "FILE.onnx")]
    pub output: PathBuf,
    /// The slope below zero that each ReLU gets
    #[arg(long, value_name = "SLOPE", default_value_t = 0.01, value_parser = alpha, allow_negative_numbers = true)]
    pub alpha: f32,
    /// Convert only the nodes whose name fits this pattern, such as '/layer1/*'; may be repeated
    #[arg(long, value_name = "GLOB")]
    pub only: Vec<String>,
    /// Leave the nodes whose name fits this pattern; may be repeated
    #[arg(long, value_name = "GLOB")]
    pub skip: Vec<String>,
}

/// Options of `leaky cure`.
#[derive(Debug, Args)]
pub struct Cure {
    /// The network and its data.
    #[command(flatten)]
    pub task: Task,
    /// Where to write the cured network
    #[arg(short, long, value_name = "FILE.onnx", default_value = "cured.onnx")]
    pub output: PathBuf,
    /// The slope below zero that each hidden ReLU gets; 0 keeps them ReLUs; auto tries 0.01, 0.05,
    /// 0.1, 0.2 and 0.3 shortly and takes the one that validates best
    #[arg(long, value_name = "SLOPE", default_value = "0.01", value_parser = values::alpha_or_auto, allow_negative_numbers = true)]
    pub alpha: Alpha,
    /// How many times to train on all the data
    #[arg(long, value_name = "COUNT", default_value_t = 20, value_parser = values::count)]
    pub epochs: usize,
    /// How many samples to train on at a time
    #[arg(long, value_name = "SAMPLES", default_value_t = 64, value_parser = values::count)]
    pub batch_size: usize,
    /// The learning rate
    #[arg(long, value_name = "RATE", default_value_t = 0.001, value_parser = learning_rate, allow_negative_numbers = true)]
    pub lr: f64,
    /// How the weights follow the gradient
    #[arg(long, value_name = "METHOD", default_value = "adam", value_parser = names::optimizer())]
    pub optimizer: Optimizer,
    /// What to minimise [default: cross-entropy for class labels; for values, binary
    /// cross-entropy where the network ends in a sigmoid and mean squared error otherwise]
    #[arg(long, value_name = "LOSS", value_parser = names::loss())]
    pub loss: Option<Loss>,
    /// Where the random numbers start: the same seed gives the same file with any number of threads, on
    /// processors with the same vector instructions
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    pub seed: u64,
    /// Leave dead units as they are
    #[arg(long)]
    pub no_revive: bool,
    /// How much of its magnitude an output may change by dead units that cannot be muted, as those of
    /// a residual stream; 0 leaves these as they are
    #[arg(long, value_name = "PART", default_value_t = 0.001, value_parser = values::fraction)]
    pub revival_bound: f64,
    /// How many threads to compute with [default: one for each core]
    #[arg(long, value_name = "COUNT", value_parser = values::count)]
    pub threads: Option<usize>,
    /// Write every figure to this file as JSON, or to standard output for `-`
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Draw a report to this file: one page for any browser, with all charts and figures in it
    #[arg(long, value_name = "FILE.html")]
    pub report: Option<PathBuf>,
}

/// Options of `leaky apply`.
#[derive(Debug, Args)]
pub struct Apply {
    /// The array to apply the function to
    #[arg(value_name = "X.npy")]
    pub input: PathBuf,
    /// Where to write the result
    #[arg(value_name = "Y.npy")]
    pub output: PathBuf,
    /// The function
    #[arg(long, value_name = "NAME", default_value = "leaky-relu", value_parser = names::rectifier())]
    pub rectifier: Rectifier,
    /// The slope below zero, for elu the depth; for prelu, repeated, one for each entry of axis 1
    /// [default: 0.01, for elu 1, for prelu 0.25]
    #[arg(long, value_name = "SLOPE", value_parser = values::slope, allow_negative_numbers = true)]
    pub alpha: Vec<f64>,
    /// Compute the gradient instead: this is the gradient of the output, of the shape of X
    #[arg(long, value_name = "DY.npy")]
    pub grad: Option<PathBuf>,
}

/// Options of `leaky plot`.
#[derive(Debug, Args)]
pub struct Plot {
    /// The function
    #[arg(long, value_name = "NAME", default_value = "leaky-relu", value_parser = names::rectifier())]
    pub rectifier: Rectifier,
    /// The slope below zero, for elu the depth; repeated, one curve for each [default: 0.01 and
    /// 0.1, for elu 1, for prelu 0.25]
    #[arg(long, value_name = "SLOPE", value_parser = values::slope, allow_negative_numbers = true)]
    pub alpha: Vec<f64>,
    /// Where to write the drawing: a .svg or .png file [default: the terminal]
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Options of `leaky compare`.
#[derive(Debug, Args)]
pub struct Compare {
    /// The network and its data.
    #[command(flatten)]
    pub task: Task,
    /// What takes the place of the hidden rectifiers, one after the other: relu, leaky-relu:ALPHA,
    /// prelu (a slope for each unit is learned), rrelu (slopes at random in training) or elu
    #[arg(
        long,
        value_name = "NAME,…",
        value_delimiter = ',',
        default_value = "relu,leaky-relu:0.01,leaky-relu:0.1,leaky-relu:0.3,prelu,rrelu,elu"
    )]
    pub rectifiers: Vec<Candidate>,
    /// How many times to train each, with other random numbers each time
    #[arg(long, value_name = "COUNT", default_value_t = 5, value_parser = values::count)]
    pub seeds: usize,
    /// How many times to train on all the data
    #[arg(long, value_name = "COUNT", default_value_t = 20, value_parser = values::count)]
    pub epochs: usize,
    /// How many samples to train on at a time
    #[arg(long, value_name = "SAMPLES", default_value_t = 64, value_parser = values::count)]
    pub batch_size: usize,
    /// The learning rate, or several
    #[arg(long, value_name = "RATE,…", value_delimiter = ',', default_value = "0.001", value_parser = learning_rate, allow_negative_numbers = true)]
    pub lr: Vec<f64>,
    /// How the weights follow the gradient
    #[arg(long, value_name = "METHOD", default_value = "adam", value_parser = names::optimizer())]
    pub optimizer: Optimizer,
    /// What to minimise [default: cross-entropy for class labels; for values, binary
    /// cross-entropy where the network ends in a sigmoid and mean squared error otherwise]
    #[arg(long, value_name = "LOSS", value_parser = names::loss())]
    pub loss: Option<Loss>,
    /// Draw fresh weights, scaled to suit each rectifier (the default)
    #[arg(long, conflicts_with = "from_weights")]
    pub from_scratch: bool,
    /// Train on from the weights in the file
    #[arg(long)]
    pub from_weights: bool,
    /// How many trainings run side by side, each on one thread; the result does not depend on it
    /// [default: one for each core]
    #[arg(long, value_name = "COUNT", value_parser = values::count)]
    pub jobs: Option<usize>,
    /// Keep each training in this file as soon as it is done, and go on from those that it holds
    #[arg(long, value_name = "FILE")]
    pub resume: Option<PathBuf>,
    /// Write every figure to this file as JSON, or to standard output for `-`
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Draw a report to this file: one page for any browser, with all charts and figures in it
    #[arg(long, value_name = "FILE.html")]
    pub report: Option<PathBuf>,
    /// Where to write the best network: the best seed of the best rectifier, trained once more
    #[arg(short, long, value_name = "FILE.onnx")]
    pub output: Option<PathBuf>,
}

/// What a command that trains works on.
#[derive(Debug, Args)]
pub struct Task {
    /// The network: an ONNX file [default: the bundled example, with its data]
    #[arg(value_name = "NETWORK.onnx", requires = "data")]
    pub network: Option<PathBuf>,
    /// The samples to diagnose and train with: a .npz or .safetensors file that holds `x` (samples
    /// on the first axis) and `y`, or a .npy file of samples
    #[arg(long, value_name = "FILE", requires = "network")]
    pub data: Option<PathBuf>,
    /// A .npy file of labels, where they are not in the data file
    #[arg(long, value_name = "FILE.npy", requires = "data")]
    pub labels: Option<PathBuf>,
    /// The samples to validate with [default: a fifth of the data, which is not trained on]
    #[arg(long, value_name = "FILE", requires = "data")]
    pub val: Option<PathBuf>,
    /// A .npy file of labels for --val, where they are not in that file
    #[arg(long, value_name = "FILE.npy", requires = "val")]
    pub val_labels: Option<PathBuf>,
}

impl Task {
    /// The files that are read.
    pub fn files(&self) -> impl Iterator<Item = &std::path::Path> {
        [
            &self.network,
            &self.data,
            &self.labels,
            &self.val,
            &self.val_labels,
        ]
        .into_iter()
        .flatten()
        .map(PathBuf::as_path)
    }
}

/// The data of a command that needs them.
#[derive(Debug, Args)]
pub struct Data {
    /// The samples: a .npz or .safetensors file that holds `x` (samples on the first axis), or a
    /// .npy file; arrays named as the network's inputs where it has several
    #[arg(long, value_name = "FILE")]
    pub data: PathBuf,
    /// A .npy file of labels, where they are not in the data file
    #[arg(long, value_name = "FILE.npy")]
    pub labels: Option<PathBuf>,
}

/// Whether an output file name stands for standard output.
pub fn is_standard_output(path: &std::path::Path) -> bool {
    path.as_os_str() == "-"
}

#[cfg(test)]
mod tests;
