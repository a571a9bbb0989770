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

/// Why a verdict cannot be explained.
#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    /// It is not about this network.
    #[error(
        "the verdict is on rectifiers of {judged:?} units, but {model} has rectifiers of {found:?}"
    )]
    OtherNetwork {
        /// The network's name.
        model: String,
        /// How many units each rectifier of the verdict has.
        judged: Vec<usize>,
        /// The same of the network.
        found: Vec<usize>,
    },
    /// The network cannot be diagnosed itself.
    #[error(transparent)]
    Diagnose(#[from] DiagnoseError),
}
