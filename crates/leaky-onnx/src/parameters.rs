//! The float tensors of a network, and which of them training may change.
//!
//! ONNX does not say which tensors are weights. A float tensor is taken for one where it stands in
//! an operator's place for weights, directly or through operators that only rearrange it. In
//! arithmetic on elements it is a bias or a scale only behind the first weights of the network:
//! before them it prepares the input, as a mean or a deviation. A lone number is a constant, except
//! as a bias of one unit; a tensor with more than one axis larger than 1 is a mask, a grid of anchors
//! or a table of positions. Batch normalisation's mean and variance are statistics, never trained.

use burn::backend::DispatchTensor;

use crate::facts::{ParameterKind, Role, Weighted};
use crate::graph::{Graph, Node, ValueId};
use crate::model::Place;

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

impl Parameter {
    /// Its numbers as they are now.
    pub fn tensor(&self) -> DispatchTensor {
        self.tensor.clone()
    }
}

/// Marks the parameters that training may change.
pub(crate) fn mark_trainable(parameters: &mut [Parameter], graph: &Graph) {
    // For each value: the parameters that it is a mere rearrangement of.
    let mut source: Vec<Option<usize>> = vec![None; graph.values()];
    for (index, parameter) in parameters.iter().enumerate() {
        source[parameter.value.0] = Some(index);
    }
    // For each value: whether weights took part in computing it.
    let mut weighted = vec![false; graph.values()];
    // For each value: how many features the weights before it make, where that is known.
    let mut features: Vec<Option<usize>> = vec![None; graph.values()];
    for node in &graph.nodes {
        if node.role.only_rearranges()
            && let (Some(from), Some(to)) = (node.input(0), node.outputs.first())
        {
            source[to.0] = source[from.0];
            weighted[to.0] = weighted[from.0];
            features[to.0] = features[from.0];
            continue;
        }
        let behind_weights = node.inputs.iter().flatten().any(|value| weighted[value.0]);
        let mut holds_weights = false;
        for &(input, kind) in node.role.parameters() {
            let Some(parameter) = node.input(input).and_then(|value| source[value.0]) else {
                continue;
            };
            let parameter = &mut parameters[parameter];
            let elements: usize = parameter.shape.iter().product();
            let one_axis = parameter.shape.iter().filter(|&&size| size > 1).count() <= 1;
            let is_weight = match kind {
                ParameterKind::Summand => {
                    // A lone number is a bias of one unit, and of more a constant.
                    let units = node.inputs.iter().flatten().find_map(|id| features[id.0]);
                    let fits = elements > 1 || units.is_none_or(|units| units == 1);
                    behind_weights && one_axis && !parameter.shape.is_empty() && fits
                }
                ParameterKind::Factor => behind_weights && one_axis && elements > 1,
                kind => kind.is_trained(),
            };
            parameter.trainable |= is_weight;
            holds_weights |= is_weight;
        }
        let made = made_by(node, |value| {
            let parameter = &parameters[source[value.0]?];
            Some(parameter.shape.as_slice())
        });
        let made = match node.role {
            Role::Weighted(_) => made,
            _ => node.inputs.iter().flatten().find_map(|id| features[id.0]),
        };
        for output in &node.outputs {
            weighted[output.0] = behind_weights || holds_weights;
            features[output.0] = made;
        }
    }
}

/// How many features the weights of a node make, by their shape in the file.
fn made_by<'a>(node: &Node, shape: impl Fn(ValueId) -> Option<&'a [usize]>) -> Option<usize> {
    let weights = |input: usize| node.input(input).and_then(&shape);
    match node.role {
        Role::Weighted(Weighted::Convolution) => weights(1)?.first().copied(),
        Role::Weighted(Weighted::TransposedConvolution) => {
            let groups = node.attributes().size("group", 1).ok()?;
            Some(weights(1)?.get(1)? * groups)
        }
        Role::Weighted(Weighted::Gemm) => {
            let turned = node.attributes().int("transB", 0).ok()? != 0;
            weights(1)?.get(usize::from(!turned)).copied()
        }
        Role::Weighted(Weighted::MatrixProduct) => match (weights(0), weights(1)) {
            (_, Some([_])) | (Some([_]), _) => Some(1),
            (_, Some(right)) => right.last().copied(),
            (Some(left), None) => left.len().checked_sub(2).map(|axis| left[axis]),
            (None, None) => None,
        },
        _ => None,
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
