//! How a command ends: with which message, and with which exit code.

use std::process::ExitCode;

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
    /// A file that was to be read or written.
    #[error(transparent)]
    File(#[from] FileError),
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
    /// The exit code of the process for an error: 2.
    pub const CODE: u8 = 2;
}
