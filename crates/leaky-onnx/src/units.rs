//! Which axis of a value counts the units of a layer.
//!
//! A unit is one output feature: a channel (axis 1) after a convolution, the last axis after a
//! matrix product. Between its producer and its rectifier a value may be normalised, added to
//! another, transposed or reshaped; the axis is followed from the producer through all of these.

use std::cmp::Reverse;

use crate::error::Result;
use crate::facts::{Normalization, Role, Weighted};
use crate::graph::{Node, ValueId};
use crate::network::Network;
use crate::value::Value;

/// The shapes that the values of a network have for one batch, and their axes of units.
#[derive(Debug, Clone)]
pub struct Shapes {
    shapes: Vec<Option<Vec<usize>>>,
    /// What upstream nodes tell of each value's axis of units.
    axes: Vec<Option<usize>>,
}

impl Shapes {
    /// The shape of a value, if it was computed.
    pub fn get(&self, value: ValueId) -> Option<&[usize]> {
        self.shapes[value.0].as_deref()
    }
}

impl Network {
    /// Runs a batch and notes the shape of every value.
    ///
    /// # Errors
    ///
    /// As [`forward`](Self::forward).
    pub fn shapes(&self, inputs: Vec<Value>) -> Result<Shapes> {
        let mut shapes = vec![None; self.values()];
        for parameter in self.parameters() {
            shapes[parameter.value.0] = Some(parameter.shape.clone());
        }
        let wanted = self.output_values();
        self.forward(inputs, &wanted, |id, value| {
            shapes[id.0] = Some(value.shape())
        })?;
        let mut shapes = Shapes {
            shapes,
            axes: vec![None; self.values()],
        };
        // In execution order, each axis follows from those of the node's inputs.
        for node in self.nodes() {
            for &output in &node.outputs {
                shapes.axes[output.0] = self.followed_axis(node, output, &shapes);
            }
        }
        Ok(shapes)
    }

    /// The axis of a value that counts units.
    ///
    /// Where nothing upstream tells, axis 1 is taken, the channels of ONNX's layout. `None` for a value
    /// without such an axis, as one of rank 1 that holds one number a sample: it belongs to one unit.
    pub fn unit_axis(&self, value: ValueId, shapes: &Shapes) -> Option<usize> {
        let rank = shapes.get(value)?.len();
        Some(shapes.axes[value.0].unwrap_or(1)).filter(|&axis| axis < rank)
    }

    /// How many units a value carries.
    pub fn units(&self, value: ValueId, shapes: &Shapes) -> usize {
        let axis = self.unit_axis(value, shapes);
        axis.map_or(1, |axis| {
            shapes.shapes[value.0]
                .as_deref()
                .map_or(1, |shape| shape[axis])
        })
    }

    fn followed_axis(&self, node: &Node, output: ValueId, shapes: &Shapes) -> Option<usize> {
        let shape = shapes.get(output)?;
        let rank = shape.len();
        let input = |index: usize| node.input(index);
        let of_input = |index: usize| shapes.axes[input(index)?.0];
        match node.role {
            Role::Weighted(Weighted::MatrixProduct) => {
                let rank_of = |index: usize| Some(shapes.get(input(index)?)?.len());
                // With the weights on the left the features are the rows.
                let weights_left = self.is_constant(input(0)?) && !self.is_constant(input(1)?);
                Some(match (rank_of(0), rank_of(1)) {
                    // A vector of weights makes one feature, without an axis.
                    (Some(1), _) if weights_left => rank,
                    (_, Some(1)) if !weights_left => rank,
                    (_, Some(1)) => rank - 1,
                    _ if weights_left => rank - 2,
                    _ => rank - 1,
                })
            }
            Role::Weighted(_)
            | Role::Normalization(
                Normalization::Batch | Normalization::Instance | Normalization::Group,
            ) => Some(1),
            Role::Transposed => {
                let axis = of_input(0).filter(|&axis| axis < rank)?;
                match node.attributes().ints("perm").ok().flatten() {
                    Some(order) => order.iter().position(|&from| from == axis as i64),
                    None => Some(rank - 1 - axis),
                }
            }
            Role::Reshaped { .. } => same_position(shapes.get(input(0)?)?, of_input(0)?, shape),
            Role::LooksUp | Role::Reduced { .. } => None,
            _ => strongest_input(node, rank, shapes),
        }
    }
}

/// The axis that the inputs of an operator on elements tell, among those that broadcast to `rank`
/// axes.
fn strongest_input(node: &Node, rank: usize, shapes: &Shapes) -> Option<usize> {
    node.inputs.iter().flatten().find_map(|&id| {
        let missing = rank.checked_sub(shapes.get(id)?.len())?;
        Some(shapes.axes[id.0]? + missing)
    })
}

/// Where an axis lies after a reshape: the axis with as many elements before it, or behind the last
/// axis where it was of size 1 and is gone.
fn same_position(from: &[usize], axis: usize, to: &[usize]) -> Option<usize> {
    let before: usize = from.get(..axis)?.iter().product();
    let size = from.get(axis).copied().unwrap_or(1);
    // Axes of size 1 make more than one fit. The one of the same size is meant, else one that holds
    // something; the first axis counts samples.
    (0..=to.len())
        .filter(|&candidate| to[..candidate].iter().product::<usize>() == before)
        .min_by_key(|&candidate| {
            let found = to.get(candidate).copied().unwrap_or(1);
            let is_last_resort = candidate == 0 || candidate == to.len();
            (
                found != size,
                found == 1,
                is_last_resort,
                Reverse(candidate),
            )
        })
}

#[cfg(test)]
mod tests {
    use burn::backend::DispatchDevice;
    use burn::tensor::TensorData;

    use super::same_position;
    use crate::testing::{Graph, node, value, with_ints};
    use crate::{Network, Value};

    /// The axis of units of the network's output, for so many samples of four features.
    fn axis_of_output(network: &Network, samples: usize) -> Option<usize> {
        let x = TensorData::zeros::<f32, _>([samples, 4]);
        let shapes = network
            .shapes(vec![Value::from_data(x, &DispatchDevice::default())])
            .expect("it runs");
        network.unit_axis(network.outputs()[0].value, &shapes)
    }

    #[test]
    fn channels_stay_found_when_positions_are_flattened() {
        assert_eq!(same_position(&[2, 8, 4, 4], 1, &[2, 8, 16]), Some(1));
        assert_eq!(same_position(&[2, 8, 4, 4], 1, &[2, 128]), Some(1));
        assert_eq!(same_position(&[2, 5, 8], 2, &[10, 8]), Some(1));
        assert_eq!(same_position(&[1, 8], 1, &[1, 1, 8, 1]), Some(2));
    }

    #[test]
    fn positions_flattened_for_one_sample_are_not_taken_for_samples() {
        assert_eq!(same_position(&[1, 8, 4, 4], 1, &[1, 128]), Some(1));
        assert_eq!(same_position(&[1, 1], 1, &[1, 1, 1]), Some(2));
    }

    #[test]
    fn an_axis_of_one_unit_that_is_squeezed_leaves_one_unit_without_axis() {
        assert_eq!(same_position(&[2, 1], 1, &[2]), Some(1));
        assert_eq!(same_position(&[1, 1], 1, &[1]), Some(1));
        let network = Graph::new()
            .input("x", &[None, Some(4)])
            .floats("w", &[4, 1])
            .ints("axes", &[1])
            .node("Gemm", &["x", "w"], "column")
            .node("Squeeze", &["column", "axes"], "list")
            .node("Relu", &["list"], "y")
            .output("y")
            .network();
        for samples in [1, 2, 5] {
            assert_eq!(axis_of_output(&network, samples), None, "{samples} samples");
        }
    }

    #[test]
    fn a_product_with_a_vector_is_one_unit() {
        let network = Graph::new()
            .input("x", &[None, Some(4)])
            .floats("w", &[4])
            .node("MatMul", &["x", "w"], "y")
            .output("y")
            .network();
        assert_eq!(axis_of_output(&network, 3), None);
    }

    #[test]
    fn units_follow_a_transpose() {
        let transpose = with_ints(node("Transpose", &["hidden"], "y"), "perm", &[1, 0]);
        let network = Graph::new()
            .input("x", &[None, Some(4)])
            .floats("w", &[4, 3])
            .node("Gemm", &["x", "w"], "hidden")
            .proto(transpose)
            .output("y")
            .network();
        assert_eq!(axis_of_output(&network, 2), Some(0));
    }

    #[test]
    fn values_that_are_used_twice_again_and_again_do_not_multiply_the_work() {
        let mut graph = Graph::new()
            .input("x", &[None, Some(4)])
            .floats("w", &[4, 3])
            .node("Gemm", &["x", "w"], "0")
            .node("Relu", &["w"], "c0");
        for step in 0..200 {
            let name = step.to_string();
            graph = graph
                .node("Add", &[&name, &name], &(step + 1).to_string())
                .node(
                    "Add",
                    &[&format!("c{step}"); 2].map(String::as_str),
                    &format!("c{}", step + 1),
                );
        }
        let network = graph.output("200").output("c200").network();
        assert_eq!(axis_of_output(&network, 2), Some(1));
        assert!(network.is_constant(value(&network, "c200")));
    }

    #[test]
    fn a_long_chain_of_nodes_does_not_exhaust_the_stack() {
        const LENGTH: usize = 50_000;
        let mut graph = Graph::new().input("x", &[None, Some(4)]);
        let mut last = "x".to_owned();
        for step in 0..LENGTH {
            let name = step.to_string();
            graph = graph.node("Identity", &[&last], &name);
            last = name;
        }
        let network = graph.output(&last).network();
        assert_eq!(axis_of_output(&network, 2), Some(1));
        assert!(!network.is_constant(value(&network, &last)));
    }
}
