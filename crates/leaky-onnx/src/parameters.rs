//! The float tensors of a network, and which of them training may change.
//!
//! ONNX does not say which tensors are weights. A float tensor is taken for one where it stands in
//! an operator's place for weights, directly or through operators that only rearrange it. In
//! arithmetic on elements it is a bias or a scale only behind the first weights of the network:
//! before them it prepares the input, as a mean or a deviation. A lone number is a constant, except
//! as a bias of one unit; a tensor with more than one axis larger than 1 is a mask, a grid of anchors
//! or a table of positions. Batch normalisation's mean and variance are statistics, never trained.

use burn::backend::DispatchTensor;

use crate::model::Place;
use crate::network::{Node, ValueId};

/// A float tensor of the file: a weight, a statistic or a constant.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Its name in the file.
    pub name: String,
    /// The value it gives to the graph.
    pub value: ValueId,
    /// Its sizes.
    pub shape: Vec<usize>,
    /// Whether training may change it.
    pub trainable: bool,
    pub(crate) place: Place,
    pub(crate) tensor: DispatchTensor,
    pub(crate) changed: bool,
}

/// The inputs of an operator in which a float tensor is a weight.
pub(crate) fn weight_inputs(operator: &str) -> &'static [usize] {
    match operator {
        "Conv"
        | "ConvTranspose"
        | "BatchNormalization"
        | "InstanceNormalization"
        | "LayerNormalization"
        | "GroupNormalization" => &[1, 2],
        "Gemm" => &[0, 1, 2],
        "MatMul" => &[0, 1],
        "PRelu" => &[1],
        "Gather" => &[0],
        _ => &[],
    }
}

/// Operators through which a weight passes on its way to its place.
pub(crate) fn only_rearranges(operator: &str) -> bool {
    matches!(
        operator,
        "Identity"
            | "Transpose"
            | "Reshape"
            | "Squeeze"
            | "Unsqueeze"
            | "Flatten"
            | "Cast"
            | "CastLike"
            | "Expand"
    )
}

/// Marks the parameters that training may change. `values` is how many values the graph has; nodes
/// stand in execution order.
pub(crate) fn mark_trainable(parameters: &mut [Parameter], nodes: &[Node], values: usize) {
    // For each value: the parameters that it is a mere rearrangement of.
    let mut source: Vec<Option<usize>> = vec![None; values];
    for (index, parameter) in parameters.iter().enumerate() {
        source[parameter.value.0] = Some(index);
    }
    // For each value: whether weights took part in computing it.
    let mut weighted = vec![false; values];
    for node in nodes {
        let input = |index: usize| node.inputs.get(index).copied().flatten();
        let operator = node.operator.as_str();
        if only_rearranges(operator)
            && let (Some(from), Some(to)) = (input(0), node.outputs.first())
        {
            source[to.0] = source[from.0];
            weighted[to.0] = weighted[from.0];
            continue;
        }
        let behind_weights = node.inputs.iter().flatten().any(|value| weighted[value.0]);
        let mut holds_weights = false;
        for index in 0..node.inputs.len() {
            let Some(parameter) = input(index).and_then(|value| source[value.0]) else {
                continue;
            };
            let elements: usize = parameters[parameter].shape.iter().product();
            let rank = parameters[parameter].shape.len();
            let shape = &parameters[parameter].shape;
            let one_axis = shape.iter().filter(|&&size| size > 1).count() <= 1;
            let is_weight = match operator {
                "Add" | "Sub" => behind_weights && one_axis && rank > 0,
                "Mul" | "Div" => behind_weights && one_axis && elements > 1,
                _ => weight_inputs(operator).contains(&index),
            };
            parameters[parameter].trainable |= is_weight;
            holds_weights |= is_weight;
        }
        for output in &node.outputs {
            weighted[output.0] = behind_weights || holds_weights;
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::Graph;

    #[test]
    fn masks_and_tables_behind_weights_are_not_trained_but_biases_and_scales_are() {
        let network = Graph::new()
            .input("x", &[None, Some(4), Some(4)])
            .floats("w", &[4, 4])
            .floats("causal_mask", &[1, 4, 4])
            .floats("bias", &[4])
            .floats("scale", &[1, 4, 1])
            .node("MatMul", &["x", "w"], "hidden")
            .node("Add", &["hidden", "causal_mask"], "masked")
            .node("Add", &["masked", "bias"], "shifted")
            .node("Mul", &["shifted", "scale"], "y")
            .output("y")
            .network();
        let trained = network
            .parameters()
            .iter()
            .filter(|parameter| parameter.trainable);
        let names: Vec<&str> = trained.map(|parameter| parameter.name.as_str()).collect();
        assert_eq!(names, ["w", "bias", "scale"]);
    }
}
