//! The convolution as a recorded operation.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Flex};

use super::operation::{Operation, Signs, Wanted};

/// What the backward pass needs: the operands, and the signs of the sums before the rectifier.
#[derive(Clone, Debug)]
struct Kept {
    operation: Operation,
    input: FlexTensor,
    weight: FlexTensor,
    signs: Signs,
}

/// Applies the convolution and, where a gradient will be asked for, records its backward pass.
pub(super) fn record<C: CheckpointStrategy>(
    operation: Operation,
    input: FloatTensor<Autodiff<Flex, C>>,
    weight: FloatTensor<Autodiff<Flex, C>>,
    bias: Option<FloatTensor<Autodiff<Flex, C>>>,
) -> FloatTensor<Autodiff<Flex, C>> {
    let (input, input_node) = input.into_parts();
    let (weight, weight_node) = weight.into_parts();
    macro_rules! record {
        ($gradient:expr, $bias:expr, $nodes:expr) => {
            match $gradient.prepare::<C>($nodes).compute_bound().stateful() {
                OpsKind::Tracked(tracked) => {
                    let (output, signs) = operation.forward_with_signs(&input, &weight, $bias);
                    let kept = Kept {
                        operation,
                        input,
                        weight,
                        signs,
                    };
                    tracked.finish(kept, output)
                }
                OpsKind::UnTracked(untracked) => {
                    untracked.finish(operation.forward(&input, &weight, $bias))
                }
            }
        };
    }
    match bias {
        Some(bias) => {
            let (bias, bias_node) = bias.into_parts();
            record!(WithBias, Some(&bias), [input_node, weight_node, bias_node])
        }
        None => record!(WithoutBias, None, [input_node, weight_node]),
    }
}

#[derive(Debug)]
struct WithBias;

impl Backward<Flex, 3> for WithBias {
    type State = Kept;

    fn backward(
        self,
        operation: Ops<Kept, 3>,
        gradients: &mut grads::Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let gradient = gradients.consume::<Flex>(&operation.node);
        let [input, weight, bias] = operation.parents;
        let wanted = Wanted {
            input: input.is_some(),
            weight: weight.is_some(),
            bias: bias.is_some(),
        };
        let found = operation.state.backward(gradient, wanted);
        let found = [
            (input, found.input),
            (weight, found.weight),
            (bias, found.bias),
        ];
        for (node, gradient) in found {
            if let (Some(node), Some(gradient)) = (node, gradient) {
                gradients.register::<Flex>(node.id, gradient);
            }
        }
    }
}

#[derive(Debug)]
struct WithoutBias;

impl Backward<Flex, 2> for WithoutBias {
    type State = Kept;

    fn backward(
        self,
        operation: Ops<Kept, 2>,
        gradients: &mut grads::Gradients,
        _checkpointer: &mut Checkpointer,
    ) {
        let gradient = gradients.consume::<Flex>(&operation.node);
        let [input, weight] = operation.parents;
        let wanted = Wanted {
            input: input.is_some(),
            weight: weight.is_some(),
            bias: false,
        };
        let found = operation.state.backward(gradient, wanted);
        for (node, gradient) in [(input, found.input), (weight, found.weight)] {
            if let (Some(node), Some(gradient)) = (node, gradient) {
                gradients.register::<Flex>(node.id, gradient);
            }
        }
    }
}

impl Kept {
    fn backward(self, gradient: FlexTensor, wanted: Wanted) -> super::operation::Gradients {
        let Kept {
            operation,
            input,
            weight,
            signs,
        } = self;
        operation.backward(&input, &weight, &signs, gradient, wanted)
    }
}
