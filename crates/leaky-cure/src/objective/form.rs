//! From where in the network a loss is computed, and what stands there: logits or probabilities.

use burn::tensor::TensorData;
use leaky_onnx::{Network, Node, Probabilities, Role, ValueId};

use super::answer::{Answer, few};
use super::error::ObjectiveError;
use super::metric::Loss;
use crate::data::dataset::Dataset;

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
) -> Result<(ValueId, Form), ObjectiveError> {
    let output = answer.value;
    let last = last_activation(network, output);
    let given = last.and_then(|(node, _)| probabilities(node));
    Ok(match (loss, given, last) {
        (Loss::MeanSquaredError, ..) => (output, Form::Logits),
        (Loss::CrossEntropy, Some(Probabilities::Softmax), Some((node, before)))
            if over_all_classes(node, &few(network, data, &[before])?) =>
        {
            (before, Form::Logits)
        }
        // Log-softmax of log-probabilities leaves them as they are.
        (Loss::CrossEntropy, Some(Probabilities::LogSoftmax), _) => (output, Form::Logits),
        (Loss::BinaryCrossEntropy, Some(Probabilities::Sigmoid), Some((_, before))) => {
            (before, Form::Logits)
        }
        (_, Some(given), _) if given != Probabilities::LogSoftmax => (output, Form::Probabilities),
        (Loss::CrossEntropy, ..) if few(network, data, &[output])?.iter().all(distributions) => {
            (output, Form::Probabilities)
        }
        _ => (output, Form::Logits),
    })
}

/// Whether a softmax over what it takes, a row a sample, is one over all numbers of the row.
fn over_all_classes(softmax: &Node, taken: &[TensorData]) -> bool {
    taken.iter().all(|taken| {
        let shape = taken.shape();
        // Without the attribute it is the last axis, or in old operator sets all axes but the first.
        let axis = softmax.attributes().int("axis", -1).unwrap_or(-1);
        let axis = if axis < 0 {
            axis + shape.len() as i64
        } else {
            axis
        };
        let classes: usize = shape.iter().skip(1).product();
        usize::try_from(axis).is_ok_and(|axis| axis > 0 && shape.get(axis) == Some(&classes))
    })
}

/// Whether each row holds the probabilities of classes: numbers from 0 to 1 whose sum is 1.
fn distributions(rows: &TensorData) -> bool {
    let values: Vec<f64> = rows.iter::<f64>().collect();
    let count = rows.shape().first().copied().unwrap_or(0).max(1);
    let columns = (values.len() / count).max(1);
    values.chunks(columns).all(|row| {
        let inside = row.iter().all(|p| (0.0..=1.0).contains(p));
        inside && (row.iter().sum::<f64>() - 1.0).abs() < SUM_TOLERANCE
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_probabilities_are_told_from_logits() {
        assert!(distributions(&TensorData::from([
            [0.25_f32, 0.75],
            [1.0, 0.0]
        ])));
        assert!(!distributions(&TensorData::from([
            [0.25_f32, 0.75],
            [0.3, 0.3]
        ])));
        assert!(!distributions(&TensorData::from([[2.0_f32, -1.0]])));
    }
}
