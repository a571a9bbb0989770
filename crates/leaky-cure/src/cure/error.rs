//! What can go wrong in a cure.

use crate::diagnose::DiagnoseError;
use crate::objective::ObjectiveError;
use crate::run::{RunError, runs_networks, uses_rooms};
use crate::train::checkpoint_error::CheckpointError;
use crate::verified::WriteError;

/// Why a network could not be cured.
#[derive(Debug, thiserror::Error)]
pub enum CureError {
    /// The network holds no tensor that training may change.
    #[error("{model} has no weights that could be trained")]
    NothingToTrain {
        /// The network's name.
        model: String,
    },
    /// The network cannot be diagnosed.
    #[error(transparent)]
    Diagnose(DiagnoseError),
    /// There is nothing to train towards.
    #[error(transparent)]
    Objective(ObjectiveError),
    /// The training cannot be kept, or not go on from where it was kept.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The cured network cannot be written.
    #[error(transparent)]
    Write(WriteError),
    /// The network cannot be run.
    #[error(transparent)]
    Run(#[from] RunError),
}

runs_networks!(CureError);
uses_rooms!(CureError: Diagnose(DiagnoseError), Objective(ObjectiveError), Write(WriteError));
