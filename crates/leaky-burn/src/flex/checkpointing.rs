//! What gradient checkpointing asks of an operation.

use std::any::TypeId;

use burn::backend::autodiff::checkpoint::strategy::{CheckpointStrategy, NoCheckpointing};

/// Whether the strategy drops activations and computes them anew in the backward pass.
///
/// A recomputed operation reads its input again, which must then be kept as it was: Burn's own
/// operations do that.
pub(super) fn recomputes<C: CheckpointStrategy>() -> bool {
    TypeId::of::<C>() != TypeId::of::<NoCheckpointing>()
}
