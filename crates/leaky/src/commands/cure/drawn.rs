//! What the report of a cure holds beside its figures.

use leaky_cure::cure::CureOptions;
use leaky_cure::data::Samples;
use leaky_cure::diagnose::{GradientNorm, gradient_norms};
use leaky_cure::objective::{Objective, ObjectiveError};
use leaky_cure::task::Task;
use leaky_onnx::Network;

/// The gradient norms of the network as it was given, and of the one that was written.
pub(super) fn gradients(
    task: &Task,
    written: &Network,
    options: &CureOptions,
) -> Result<[Vec<GradientNorm>; 2], ObjectiveError> {
    let everything: Vec<usize> = (0..task.data.samples()).collect();
    let norms = |network: &Network| {
        let (objective, target) = Objective::new(network, &task.data, options.objective)?;
        let samples = Samples {
            data: &task.data,
            target: &target,
            chosen: &everything,
        };
        gradient_norms(network, &objective, samples, options.training.batch_size)
    };
    Ok([norms(&task.network()?)?, norms(written)?])
}
