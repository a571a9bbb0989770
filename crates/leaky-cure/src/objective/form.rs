//! From where in the network a loss is computed, and what stands there: logits or probabilities.

use burn::tensor::TensorData;
use leaky_onnx::{Network, Node, Probabilities, Role, ValueId};

use super::answer::{Answer, few};
use super::classes::Layout;
use super::error::ObjectiveError;
use super::metric::Loss;
use crate::data::dataset::Dataset;
use crate::data::target::Target;

/// Probabilities are kept this far from 0 and 1 before their logarithm is taken.
pub(super) const SMALLEST: f64 = 1e-7;

/// How far from 1 the probabilities of a sample may sum up by rounding.
const SUM_TOLERANCE: f64 = 1e-3;

/// What the loss is computed from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Numbers of any size: logits, log-probabilities, or values as they are.
    Logits,
    /// Numbers between 0 and 1, of which the logits are not to be had.
    Probabilities,
}

/// The last activation of a network, behind operators that move no number past another.
fn last_activation(network: &Network, output: ValueId) -> Option<(&Node, ValueId)> {
    let mut value = output;
    loop {
        let node = &network.nodes()[network.producer(value)?];
        let input = node.input(0)?;
        if !node.role.keeps_order() {
            return Some((node, input));
        }
        value = input;
    }
}

/// What probabilities a node gives, if it gives any.
fn probabilities(node: &Node) -> Option<Probabilities> {
    match node.role {
        Role::Probabilities(given) => Some(given),
        _ => None,
    }
}

/// Whether the last activation is a sigmoid.
pub(super) fn ends_in_sigmoid(network: &Network, output: ValueId) -> bool {
    last_activation(network, output)
        .and_then(|(node, _)| probabilities(node))
        .is_some_and(|given| matches!(given, Probabilities::Sigmoid | Probabilities::HardSigmoid))
}

/// The value that a loss is computed from, and what it holds.
pub(super) fn of(
    network: &Network,
    data: &Dataset,
    answer: &Answer,
    loss: Loss,
    target: &Target,
) -> Result<(ValueId, Form), ObjectiveError> {
    let output = answer.value;
    let layout = answer.layout(target);
    let last = last_activation(network, output);
    let given = last.and_then(|(node, _)| probabilities(node));
    Ok(match (loss, given, last) {
        (Loss::MeanSquaredError, ..) => (output, Form::Logits),
        (Loss::CrossEntropy, Some(Probabilities::Softmax), Some((node, before)))
            if over_all_classes(node, layout, &few(network, data, &[before])?) =>
        {
            (before, Form::Logits)
        }
        // Log-softmax of log-probabilities leaves them as they are.
        (Loss::CrossEntropy, Some(Probabilities::LogSoftmax), _) => (output, Form::Logits),
        (Loss::BinaryCrossEntropy, Some(Probabilities::Sigmoid), Some((_, before))) => {
            (before, Form::Logits)
        }
        (_, Some(given), _) if given != Probabilities::LogSoftmax => (output, Form::Probabilities),
        (Loss::CrossEntropy, ..)
            if few(network, data, &[output])?
                .iter()
                .all(|rows| distributions(rows, layout)) =>
        {
            (output, Form::Probabilities)
        }
        _ => (output, Form::Logits),
    })
}

/// Whether a softmax over what it takes is one over the classes of each label.
fn over_all_classes(softmax: &Node, layout: Layout, taken: &[TensorData]) -> bool {
    taken.iter().all(|taken| {
        let shape = taken.shape();
        // Without the attribute it is the last axis, or in old operator sets all axes but the first.
        let axis = softmax.attributes().int("axis", -1).unwrap_or(-1);
        let axis = if axis < 0 {
            axis + shape.len() as i64
        } else {
            axis
        };
        let behind = |axis: usize| shape.iter().skip(axis + 1).product::<usize>();
        usize::try_from(axis).is_ok_and(|axis| {
            axis > 0 && shape.get(axis) == Some(&layout.classes) && behind(axis) == layout.inner
        })
    })
}

/// Whether an answer holds for each label the probabilities of the classes: numbers from 0 to 1 whose
/// sum is 1.
fn distributions(answer: &TensorData, layout: Layout) -> bool {
    let values: Vec<f64> = answer.iter::<f64>().collect();
    layout.positions().all(|places| {
        let mut sum = 0.0;
        let mut inside = true;
        for place in places {
            inside &= (0.0..=1.0).contains(&values[place]);
            sum += values[place];
        }
        inside && (sum - 1.0).abs() < SUM_TOLERANCE
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_probabilities_are_told_from_logits() {
        let rows = |numbers: [[f32; 2]; 2]| {
            let layout = Layout::of(&[2], 1, 2);
            distributions(&TensorData::from(numbers), layout)
        };
        assert!(rows([[0.25, 0.75], [1.0, 0.0]]));
        assert!(!rows([[0.25, 0.75], [0.3, 0.3]]));
        assert!(!rows([[2.0, -1.0], [1.0, 0.0]]));
        // Classes on the second axis of one sample with two positions.
        let columns = TensorData::from([[[0.25_f32, 1.0], [0.75, 0.0]]]);
        assert!(distributions(&columns, Layout::of(&[1, 2], 1, 2)));
    }
}
