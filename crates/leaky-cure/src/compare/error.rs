//! What can go wrong in a comparison.

use super::resume_error::ResumeError;
use crate::candidate::CandidateError;
use crate::diagnose::DiagnoseError;
use crate::objective::ObjectiveError;
use crate::run::{RunError, runs_networks, uses_rooms};
use crate::threads::ThreadsError;
use crate::train::InitializeError;

/// Why rectifiers could not be compared.
#[derive(Debug, thiserror::Error)]
pub enum CompareError {
    /// No other rectifier can take the place of those in the network.
    #[error(transparent)]
    Candidate(CandidateError),
    /// There is nothing to train towards.
    #[error(transparent)]
    Objective(ObjectiveError),
    /// Fresh weights cannot be drawn.
    #[error(transparent)]
    Initialize(InitializeError),
    /// A trained network cannot be diagnosed.
    #[error(transparent)]
    Diagnose(DiagnoseError),
    /// Trials cannot be read or kept.
    #[error(transparent)]
    Resume(#[from] ResumeError),
    /// The machine does not grant the threads.
    #[error(transparent)]
    Threads(#[from] ThreadsError),
    /// The network cannot be run.
    #[error(transparent)]
    Run(#[from] RunError),
}

runs_networks!(CompareError);
uses_rooms!(
    CompareError: Candidate(CandidateError),
    Objective(ObjectiveError),
    Initialize(InitializeError),
    Diagnose(DiagnoseError)
);
