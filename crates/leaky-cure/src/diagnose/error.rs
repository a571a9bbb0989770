//! Why a network cannot be diagnosed.

use crate::run::{RunError, runs_networks};

/// Why a network cannot be diagnosed.
#[derive(Debug, thiserror::Error)]
pub enum DiagnoseError {
    /// The network has nothing that could be dead.
    #[error(
        "{model} has no rectifier (Relu, LeakyRelu, PRelu, Elu, …): there is nothing to diagnose"
    )]
    NoRectifier {
        /// The network's name.
        model: String,
    },
    /// The network cannot be run.
    #[error(transparent)]
    Run(#[from] RunError),
}

runs_networks!(DiagnoseError);
