//! What can be wrong with fresh weights.

use crate::run::{RunError, runs_networks};

/// Why fresh weights cannot be drawn for a network.
#[derive(Debug, thiserror::Error)]
pub enum InitializeError {
    /// A parameter is used in a way that says not how fresh numbers for it should be drawn.
    #[error(
        "fresh weights cannot be drawn for '{parameter}': the network computes with it in a way that says not which of its axes counts units; start from the file's weights instead"
    )]
    Unclear {
        /// The parameter's name in the file.
        parameter: String,
    },
    /// The network cannot be run.
    #[error(transparent)]
    Run(#[from] RunError),
}

runs_networks!(InitializeError);
