//! The rectifiers as recorded operations: what each keeps, and its backward pass.

use std::sync::Arc;

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind, unary};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Flex};
use leaky_relu::SignBits;

use super::by_signs::{BySigns, Kept};
use super::prelu::PRelu;

/// Applies the rectifier and, where a gradient will be asked for, records its backward pass.
pub(super) fn record_by_signs<C: CheckpointStrategy>(
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

/// Applies the PReLU and, where a gradient will be asked for, records its backward pass.
pub(super) fn record_prelu<C: CheckpointStrategy>(
    rectifier: PRelu,
    input: FloatTensor<Autodiff<Flex, C>>,
    alpha: FloatTensor<Autodiff<Flex, C>>,
) -> FloatTensor<Autodiff<Flex, C>> {
    let learned = alpha.is_tracked();
    let (input, input_node) = input.into_parts();
    let (_, alpha_node) = alpha.into_parts();
    match PReluGradient
        .prepare::<C>([input_node, alpha_node])
        .compute_bound()
        .stateful()
    {
        OpsKind::Tracked(operation) if learned => {
            let output = rectifier.forward(input.clone());
            operation.finish((rectifier, PReluKept::Input(input)), output)
        }
        OpsKind::Tracked(operation) => {
            let (output, signs) = rectifier.forward_with_signs(input);
            operation.finish((rectifier, PReluKept::Signs(signs)), output)
        }
        OpsKind::UnTracked(operation) => operation.finish(rectifier.forward(input)),
    }
}

/// What the backward pass of a PReLU needs.
#[derive(Clone, Debug)]
enum PReluKept {
    /// The signs of the input, for slopes that are not learned.
    Signs(Arc<SignBits>),
    /// The input itself, which the gradient of the slopes is a sum of.
    Input(FlexTensor),
}

/// The backward pass of a PReLU.
#[derive(Debug)]
struct PReluGradient;

impl Backward<Flex, 2> for PReluGradient {
    type State = (PRelu, PReluKept);

    fn backward(
        self,
        operation: Ops<Self::State, 2>,
        gradients: &mut Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let (rectifier, kept) = operation.state;
        let gradient = gradients.consume::<Flex>(&operation.node);
        let (input_gradient, alpha_gradient) = match kept {
            PReluKept::Signs(signs) => (rectifier.backward_from_signs(&signs, gradient), None),
            PReluKept::Input(input) => {
                let (input, alpha) = rectifier.backward_with_alpha(input, gradient);
                (input, Some(alpha))
            }
        };
        let [input, alpha] = operation.parents;
        if let Some(input) = input {
            gradients.register::<Flex>(input.id, input_gradient);
        }
        if let (Some(alpha), Some(alpha_gradient)) = (alpha, alpha_gradient) {
            gradients.register::<Flex>(alpha.id, alpha_gradient);
        }
    }
}
