//! What the report of a cure holds beside its figures.

use leaky_cure::cure::CureOptions;
use leaky_cure::diagnose::{GradientNorm, gradient_norms_on};
use leaky_cure::objective::ObjectiveError;
use leaky_cure::task::Task;
use leaky_onnx::Network;

/// The gradient norms of the network as it was given, and of the one that was written.
pub(super) fn gradients(
    task: &Task,
    written: &Network,
    options: &CureOptions,
) -> Result<[Vec<GradientNorm>; 2], ObjectiveError> {
    let norms = |network: &Network| {
        gradient_norms_on(
            task,
            network,
            options.objective,
            options.training.batch_size,
        )
    };
    Ok([norms(&task.network()?)?, norms(written)?])
}
