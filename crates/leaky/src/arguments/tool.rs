//! The tool as a whole: its name, its commands, and what all of them take.

use clap::{Parser, Subcommand};

use super::apply::Apply;
use super::compare::Compare;
use super::convert::Convert;
use super::cure::Cure;
use super::diagnose::Diagnose;
use super::display::Display;
use super::documents::{Completions, Man};
use super::plot::Plot;

/// Find the dead ReLU units in a network, bring them back, let them leak, and prove it
///
/// A ReLU unit whose input is negative on every sample gives zero and gets no gradient: it is dead,
/// and stays dead. This tool takes a trained network as an ONNX file, says which units are dead,
/// brings them back without changing what the network computes, lets every hidden ReLU leak, trains
/// on, and writes an ONNX file again.
#[derive(Debug, Parser)]
#[command(
    name = "leaky",
    version,
    arg_required_else_help = true,
    disable_help_subcommand = true,
    subcommand_help_heading = "What it can do",
    after_help = EXAMPLES,
    after_long_help = format!("{EXAMPLES}\n\n{EXIT_CODES}")
)]
pub(super) struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub(super) command: Command,
    /// How to talk to the person.
    #[command(flatten)]
    pub(super) display: Display,
}

const EXAMPLES: &str = "\
Examples:
  Cure the bundled example, to see what the tool does:
    leaky cure
  Find the dead units of your own network, on your own data:
    leaky diagnose net.onnx --data train.npz
  Cure it:
    leaky cure net.onnx --data train.npz -o cured.onnx
  More of a command:
    leaky diagnose --help";

const EXIT_CODES: &str = "\
Exit codes:
  0    done
  1    done, and a threshold that was set is crossed
  2    the request or its input is at fault
  130  interrupted; the best so far is written";

/// What the tool can do. A new command is a line here, and a file beside this one.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
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
    /// ONNX file. Without a network it cures the bundled example. Ctrl-C ends the training and
    /// writes the best network so far.
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
    /// Print the completions of the command line for a shell
    ///
    /// Once your shell reads them, the Tab key completes commands, options and their values.
    Completions(Completions),
    /// Print the manual page of the tool, or of one of its commands
    Man(Man),
}
