//! Why the trials of a comparison cannot be read or kept.

use std::fmt;

use crate::files::FileError;

/// Why trials cannot be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum ResumeError {
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
        "{path} holds trials of another comparison: {} differ(s); ask for the same comparison again, or name another file",
        list(differs)
    )]
    OtherComparison {
        /// The file.
        path: String,
        /// In what the two differ.
        differs: Vec<Term>,
    },
    /// The operating system refuses.
    #[error(transparent)]
    File(#[from] FileError),
}

/// In what two comparisons may differ so that the trials of one say nothing of the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Term {
    /// The version of the engine, which says what the same numbers come to.
    Version,
    /// The network.
    Network,
    /// The samples to train or to validate with.
    Data,
    /// Whether weights are drawn afresh.
    Weights,
    /// What is minimised.
    Loss,
    /// How the parameters follow the gradient.
    Optimizer,
    /// How many times all samples are seen.
    Epochs,
    /// How many samples make a step.
    BatchSize,
    /// All else that is said of training.
    Training,
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Version => "the version",
            Self::Network => "the network",
            Self::Data => "the data",
            Self::Weights => "the weights to start from",
            Self::Loss => "the loss",
            Self::Optimizer => "the optimizer",
            Self::Epochs => "the epochs",
            Self::BatchSize => "the batch size",
            Self::Training => "how to train",
        })
    }
}

fn list(terms: &[Term]) -> String {
    let terms: Vec<String> = terms.iter().map(Term::to_string).collect();
    terms.join(", ")
}
