//! The rectifiers on the flex backend, through the kernels of `leaky-relu`.

mod by_signs;
mod dense;

use std::any::TypeId;

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::{CheckpointStrategy, NoCheckpointing};
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind, unary};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Flex};

use self::by_signs::{BySigns, Kept};
use crate::backend::Rectifiers;
use crate::composed;

impl Rectifiers for Flex {
    fn rectify(input: FloatTensor<Self>) -> FloatTensor<Self> {
        BySigns::Relu.forward(input)
    }

    fn rectify_leaky(input: FloatTensor<Self>, negative_slope: f64) -> FloatTensor<Self> {
        match BySigns::leaky_relu(negative_slope) {
            Some(rectifier) => rectifier.forward(input),
            None => composed::leaky_relu::<Self>(input, negative_slope),
        }
    }
}

impl<C: CheckpointStrategy> Rectifiers for Autodiff<Flex, C> {
    fn rectify(input: FloatTensor<Self>) -> FloatTensor<Self> {
        if recomputes::<C>() {
            return <Self as burn::backend::ops::ActivationOps<Self>>::relu(input);
        }
        record::<C>(BySigns::Relu, input)
    }

    fn rectify_leaky(input: FloatTensor<Self>, negative_slope: f64) -> FloatTensor<Self> {
        match BySigns::leaky_relu(negative_slope) {
            Some(rectifier) if !recomputes::<C>() => record::<C>(rectifier, input),
            _ => composed::leaky_relu::<Self>(input, negative_slope),
        }
    }
}

/// Whether the strategy drops activations and computes them anew in the backward pass.
///
/// A recomputed operation reads its input again, which must then be kept as it was: Burn's own
/// operations do that.
fn recomputes<C: CheckpointStrategy>() -> bool {
    TypeId::of::<C>() != TypeId::of::<NoCheckpointing>()
}

/// Applies the rectifier and, where a gradient will be asked for, records its backward pass.
fn record<C: CheckpointStrategy>(
    rectifier: BySigns,
    input: FloatTensor<Autodiff<Flex, C>>,
) -> FloatTensor<Autodiff<Flex, C>> {
    let (input, node) = input.into_parts();
    match SignGradient.prepare::<C>([node]).compute_bound().stateful() {
        OpsKind::Tracked(operation) => {
            let (output, kept) = rectifier.forward_with_signs(input);
            operation.finish((rectifier, kept), output)
        }
        OpsKind::UnTracked(operation) => operation.finish(rectifier.forward(input)),
    }
}

/// The backward pass of a rectifier from the signs of its input.
#[derive(Debug)]
struct SignGradient;

impl Backward<Flex, 1> for SignGradient {
    type State = (BySigns, Kept);

    fn backward(
        self,
        operation: Ops<Self::State, 1>,
        gradients: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let (rectifier, kept) = operation.state;
        unary::<Flex, _>(operation.parents, operation.node, gradients, |gradient| {
            rectifier.backward(kept, gradient)
        });
    }
}
