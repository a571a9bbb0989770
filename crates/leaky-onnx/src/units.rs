//! Which axis of a value counts the units of a layer.
//!
//! A unit is one output feature: a channel (axis 1) after a convolution, the last axis after a
//! matrix product. Between its producer and its rectifier a value may be normalised, added to
//! another, transposed or reshaped; the axis is followed from the producer through all of these.

use crate::error::Result;
use crate::network::{Network, Node, ValueId};
use crate::value::Value;

/// The shapes that the values of a network have for one batch.
#[derive(Debug, Clone)]
pub struct Shapes(Vec<Option<Vec<usize>>>);

impl Shapes {
    /// The shape of a value, if it was computed.
    pub fn get(&self, value: ValueId) -> Option<&[usize]> {
        self.0[value.0].as_deref()
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
        let wanted: Vec<ValueId> = self.outputs().iter().map(|output| output.value).collect();
        self.forward(inputs, &wanted, |id, value| {
            shapes[id.0] = Some(value.shape())
        })?;
        Ok(Shapes(shapes))
    }

    /// The axis of a value that counts units.
    ///
    /// Where nothing upstream tells, axis 1 is taken, the channels of ONNX's layout.
    pub fn unit_axis(&self, value: ValueId, shapes: &Shapes) -> usize {
        let rank = shapes.get(value).map_or(0, <[usize]>::len);
        self.followed_axis(value, shapes)
            .unwrap_or(1)
            .min(rank.saturating_sub(1))
    }

    fn followed_axis(&self, value: ValueId, shapes: &Shapes) -> Option<usize> {
        let node = &self.nodes()[self.producer(value)?];
        let rank = shapes.get(value)?.len();
        let of_input = |index: usize| {
            let id = node.inputs.get(index).copied().flatten()?;
            self.followed_axis(id, shapes)
        };
        match node.operator.as_str() {
            "Conv"
            | "ConvTranspose"
            | "BatchNormalization"
            | "InstanceNormalization"
            | "GroupNormalization" => Some(1),
            "Gemm" => Some(1),
            "MatMul" => {
                // With the weights on the left the features are the rows.
                let left = node.inputs.first().copied().flatten()?;
                let weights_left = self.parameter_of(left).is_some() && rank > 1;
                Some(if weights_left { rank - 2 } else { rank - 1 })
            }
            "Transpose" => {
                let axis = of_input(0)?;
                match node.attributes().ints("perm").ok().flatten() {
                    Some(order) => order.iter().position(|&from| from == axis as i64),
                    None => Some(rank - 1 - axis),
                }
            }
            "Reshape" | "Flatten" | "Squeeze" | "Unsqueeze" => {
                let id = node.inputs.first().copied().flatten()?;
                same_position(shapes.get(id)?, of_input(0)?, shapes.get(value)?)
            }
            "Gather" | "ReduceMean" | "ReduceMax" | "ReduceSum" | "ReduceMin" | "ReduceL2" => None,
            _ => self.strongest_input(node, rank, shapes),
        }
    }

    /// The axis that the inputs of an operator on elements tell, among those that broadcast to
    /// `rank` axes.
    fn strongest_input(&self, node: &Node, rank: usize, shapes: &Shapes) -> Option<usize> {
        node.inputs.iter().flatten().find_map(|&id| {
            let missing = rank.checked_sub(shapes.get(id)?.len())?;
            Some(self.followed_axis(id, shapes)? + missing)
        })
    }
}

/// Where an axis lies after a reshape: the axis with as many elements before it.
fn same_position(from: &[usize], axis: usize, to: &[usize]) -> Option<usize> {
    let before: usize = from[..axis].iter().product();
    let candidates = (0..to.len()).filter(|&axis| to[..axis].iter().product::<usize>() == before);
    // Axes of size 1 make more than one fit: the one of the same size is meant.
    let mut candidates: Vec<usize> = candidates.collect();
    candidates.sort_by_key(|&candidate| to[candidate] != from[axis]);
    candidates.first().copied()
}

#[cfg(test)]
mod tests {
    use super::same_position;

    #[test]
    fn channels_stay_found_when_positions_are_flattened() {
        assert_eq!(same_position(&[2, 8, 4, 4], 1, &[2, 8, 16]), Some(1));
        assert_eq!(same_position(&[2, 8, 4, 4], 1, &[2, 128]), Some(1));
        assert_eq!(same_position(&[2, 5, 8], 2, &[10, 8]), Some(1));
        assert_eq!(same_position(&[1, 8], 1, &[1, 1, 8, 1]), Some(2));
    }
}
