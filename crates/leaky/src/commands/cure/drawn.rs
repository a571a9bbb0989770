//! What the report of a cure holds beside its figures.

use leaky_onnx::Network;

use crate::arguments::Cure;
use crate::commands::case::Case;
use crate::error::Error;
use crate::gradient_norm::{GradientNorm, gradient_norms};
use crate::objective::Objective;
use crate::session::device;
use crate::train::Samples;

/// The gradient norms of the network as it was given, and of the one that was written.
pub(super) fn gradients(
    case: &Case,
    written: &Network,
    arguments: &Cure,
) -> Result<[Vec<GradientNorm>; 2], Error> {
    let everything: Vec<usize> = (0..case.data.samples()).collect();
    let norms = |network: &Network| {
        let (objective, target) = Objective::new(network, &case.data, arguments.loss)?;
        let samples = Samples {
            data: &case.data,
            target: &target,
            chosen: &everything,
        };
        gradient_norms(network, &objective, samples, arguments.batch_size)
    };
    Ok([
        norms(&Network::new(&case.model, &device())?)?,
        norms(written)?,
    ])
}
