//! How a command ends: with which message, and with which exit code.

use leaky_cure::compare::{CompareError, ResumeError};
use leaky_cure::convert::ConvertError;
use leaky_cure::cure::CureError;
use leaky_cure::data::DataError;
use leaky_cure::diagnose::{BornDeadError, DiagnoseError};
use leaky_cure::files::FileError;
use leaky_cure::objective::ObjectiveError;
use leaky_cure::run::RunError;
use leaky_cure::threads::ThreadsError;
use leaky_cure::verified::WriteError;
use leaky_report::ReportError;

use crate::apply::ApplyError;

/// Why a command could not do what it was asked: the request or its input is at fault.
///
/// Displayed it is one line for a person: what was wrong and where. [`advice`](crate::advice::advice)
/// says which option may help.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The data, or how they fit the network.
    #[error(transparent)]
    Data(#[from] DataError),
    /// A network that cannot be run.
    #[error(transparent)]
    Run(#[from] RunError),
    /// A network that cannot be diagnosed.
    #[error(transparent)]
    Diagnose(#[from] DiagnoseError),
    /// A network of which it cannot be told how likely it is born dead.
    #[error(transparent)]
    BornDead(#[from] BornDeadError),
    /// A network that cannot be converted.
    #[error(transparent)]
    Convert(#[from] ConvertError),
    /// Data that say not what is to be learned.
    #[error(transparent)]
    Objective(#[from] ObjectiveError),
    /// A network that cannot be cured.
    #[error(transparent)]
    Cure(#[from] CureError),
    /// Rectifiers that cannot be compared.
    #[error(transparent)]
    Compare(#[from] CompareError),
    /// Trials that cannot be read or kept.
    #[error(transparent)]
    Resume(#[from] ResumeError),
    /// A network that cannot be written.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// The function that was to be applied or drawn, or the arrays it was to be applied to.
    #[error(transparent)]
    Apply(#[from] ApplyError),
    /// A file that was to be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The network.
    #[error(transparent)]
    Network(#[from] leaky_onnx::Error),
    /// The user interrupted a comparison.
    #[error("interrupted: {done} of {all} trainings are done and kept in {path}")]
    ComparisonInterrupted {
        /// How many trainings are done.
        done: usize,
        /// How many were to be done.
        all: usize,
        /// The file that keeps them.
        path: String,
    },
    /// The loss left the numbers in training.
    #[error("the loss became NaN or infinite in epoch {epoch}: {kept}")]
    Diverged {
        /// The epoch, counted from 1.
        epoch: usize,
        /// What became of the best network so far.
        kept: String,
    },
    /// The machine does not grant so many threads.
    #[error(transparent)]
    Threads(#[from] ThreadsError),
    /// The report or the curves could not be drawn.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// The drawing's file has no name that says what it is.
    #[error("cannot draw to {0}: name a file that ends in .svg or .png")]
    PlotFormat(String),
    /// Standard output takes no more.
    #[error("cannot write standard output: {0}")]
    StandardOutput(std::io::Error),
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
    /// Nothing was done, because of what the command line asks for; why was said.
    Refused,
}

impl Outcome {
    /// The exit code of the process.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::ThresholdCrossed => 1,
            Self::Refused => 2,
            // 128 and the number of the interrupt signal, as shells report it.
            Self::Interrupted => 130,
        }
    }
}

impl Error {
    /// The exit code of the process: 2, and 130 after an interruption.
    pub fn code(&self) -> u8 {
        match self {
            Self::ComparisonInterrupted { .. } => Outcome::Interrupted.code(),
            _ if self.is_interruption() => Outcome::Interrupted.code(),
            _ => Outcome::Refused.code(),
        }
    }

    /// Whether the user interrupted work that has no result yet.
    pub fn is_interruption(&self) -> bool {
        matches!(self.run_error(), Some(RunError::Stopped(_)))
    }

    /// What went wrong in running a network, whatever it was run for.
    pub fn run_error(&self) -> Option<&RunError> {
        match self {
            Self::Run(error)
            | Self::Diagnose(DiagnoseError::Run(error))
            | Self::BornDead(BornDeadError::Run(error))
            | Self::Convert(ConvertError::Run(error))
            | Self::Objective(ObjectiveError::Run(error))
            | Self::Cure(CureError::Run(error))
            | Self::Compare(CompareError::Run(error))
            | Self::Write(WriteError::Run(error)) => Some(error),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use leaky_cure::stop::Stopped;

    #[test]
    fn work_that_was_stopped_ends_with_130_whatever_it_was() {
        let cure = CureError::from(Stopped);
        let compare = CompareError::from(Stopped);
        let born_dead = BornDeadError::from(DiagnoseError::from(Stopped));
        for error in [Error::from(cure), compare.into(), born_dead.into()] {
            assert_eq!(error.code(), 130, "{error}");
        }
    }
}
