//! How a command ends: with which message, and with which exit code.

use std::process::ExitCode;

use crate::apply::ApplyError;
use crate::data::DataError;
use crate::files::FileError;

/// Why a command could not do what it was asked: the request or its input is at fault.
///
/// Displayed it is one line for a person: what was wrong, where, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The data, or how they fit the network.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The function that was to be applied or drawn, or the arrays it was to be applied to.
    #[error(transparent)]
    Apply(#[from] ApplyError),
    /// A file that was to be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The network.
    #[error(transparent)]
    Network(#[from] leaky_onnx::Error),
    /// The network has nothing that could be dead.
    #[error(
        "{model} has no rectifier (Relu, LeakyRelu, PRelu, Elu, …): there is nothing to diagnose"
    )]
    NoRectifier {
        /// The network's file.
        model: String,
    },
    /// The loss that was asked for compares with class labels.
    #[error("cross-entropy needs class labels: `y` must hold integers of shape [N]")]
    LossNeedsLabels,
    /// The loss that was asked for compares with values.
    #[error(
        "`y` holds class labels: --loss must be cross-entropy, or `y` be shaped like the network's output"
    )]
    LossNeedsValues,
    /// The samples to validate with are answered in another way than those to train with.
    #[error(
        "the `y` to validate with holds {validation}, but the `y` to train with holds {training}: give both in the same form"
    )]
    ValidationTarget {
        /// What the validation's target is.
        validation: String,
        /// What the training's target is.
        training: String,
    },
    /// An output has not one row a sample.
    #[error(
        "the network's output '{output}' has shape {shape} for {samples} samples, and should have {samples} rows: if it was exported for a batch of one size, export it again with a dynamic batch axis"
    )]
    OutputRows {
        /// The output's name in the file.
        output: String,
        /// Its shape.
        shape: String,
        /// How many samples the network was given.
        samples: usize,
    },
    /// The network holds no tensor that training may change.
    #[error("{model} has no weights that could be trained")]
    NothingToTrain {
        /// The network's file.
        model: String,
    },
    /// The network has no rectifier that another could take the place of.
    #[error("{model} has no hidden rectifier: there is nothing to compare")]
    NoHiddenRectifier {
        /// The network's file.
        model: String,
    },
    /// A file does not hold trials to go on from.
    #[error(
        "{path} does not hold the trials of a comparison ({reason}): name another file, or remove it to begin anew"
    )]
    NotTrials {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A file holds the trials of a comparison on other terms.
    #[error(
        "{path} holds trials of another comparison: {differs} differ(s); give the same command again, or name another file"
    )]
    OtherComparison {
        /// The file.
        path: String,
        /// In what the two differ.
        differs: String,
    },
    /// The user interrupted a comparison.
    #[error(
        "interrupted: {done} of {all} trainings are done and kept in {path}; go on by the same command with --resume {path}"
    )]
    ComparisonInterrupted {
        /// How many trainings are done.
        done: usize,
        /// How many were to be done.
        all: usize,
        /// The file that keeps them.
        path: String,
    },
    /// A parameter is used in a way that says not how fresh numbers for it should be drawn.
    #[error(
        "fresh weights cannot be drawn for '{parameter}': the network computes with it in a way that says not which of its axes counts units; start from the file's weights instead (--from-weights)"
    )]
    CannotInitialize {
        /// The parameter's name in the file.
        parameter: String,
    },
    /// The network gives no floats.
    #[error("the network has no output of floats to compute a loss from")]
    OutputIsNotFloat,
    /// The user interrupted the work before it had a result.
    #[error("interrupted before there was a result: nothing was written")]
    Interrupted,
    /// Revived units changed what the network gives.
    #[error(
        "reviving changed the outputs by up to {maximum} (of up to {magnitude}), which is more than rounding: nothing was written; try --no-revive"
    )]
    RevivalChangedOutputs {
        /// The largest difference.
        maximum: f64,
        /// The largest magnitude of an output.
        magnitude: f64,
    },
    /// The network as it would be written gives other outputs than the network in memory.
    #[error(
        "the network to be written differs from the one in memory by up to {maximum} (of up to {magnitude}), which is more than rounding: nothing was written"
    )]
    NotVerified {
        /// The largest difference.
        maximum: f64,
        /// The largest magnitude of an output.
        magnitude: f64,
    },
    /// The loss left the numbers in training.
    #[error("the loss became NaN or infinite in epoch {epoch}: {kept}; try a smaller --lr")]
    Diverged {
        /// The epoch, counted from 1.
        epoch: usize,
        /// What became of the best network so far.
        kept: String,
    },
    /// A pattern of node names cannot be read.
    #[error("--{option} '{pattern}' is not a pattern: {reason}")]
    Pattern {
        /// `only` or `skip`.
        option: &'static str,
        /// As the user wrote it.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
    /// Nothing is left to convert.
    #[error("{0}")]
    NothingToConvert(String),
    /// The machine does not grant so many threads.
    #[error("{threads} threads cannot be had: {reason}")]
    Threads {
        /// As many as were asked for.
        threads: usize,
        /// The operating system's word.
        reason: String,
    },
    /// The curves could not be drawn.
    #[error("cannot draw the curves: {0}")]
    Plot(String),
    /// The drawing's file has no name that says what it is.
    #[error("cannot draw to {0}: name a file that ends in .svg or .png")]
    PlotFormat(String),
    /// The device that computes failed.
    #[error("{0}")]
    Device(String),
}

/// How a command that could do its work ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// All was done.
    Done,
    /// All was done, and a threshold that the user set was crossed.
    ThresholdCrossed,
    /// The user interrupted the work; the best result so far was written.
    Interrupted,
}

impl Outcome {
    /// The exit code of the process: 0, 1 or 130.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::ThresholdCrossed => 1,
            // 128 and the number of the interrupt signal, as shells report it.
            Self::Interrupted => 130,
        }
    }
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        Self::from(outcome.code())
    }
}

impl Error {
    /// The exit code of the process: 2, and 130 after an interruption.
    pub fn code(&self) -> u8 {
        match self {
            Self::Interrupted | Self::ComparisonInterrupted { .. } => Outcome::Interrupted.code(),
            _ => 2,
        }
    }
}
