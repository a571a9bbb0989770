//! Fresh weights for a whole network.
//!
//! Weights in front of a hidden rectifier are drawn from a normal distribution of deviation
//! `gain / sqrt(fan_in)`, with the gain that suits the rectifier, all others from one of deviation
//! `1 / sqrt(fan_in)` (He, Zhang, Ren and Sun, 2015, "Delving Deep into Rectifiers"; `fan_in` is how
//! many weights a unit has). Biases are zero; normalisations do nothing at first: their scales are 1,
//! their shifts 0, and the statistics of a batch normalisation those of a standard normal signal, until
//! [`calibrate`](super::calibrate) measures them. Slopes of rectifiers stay as they are. Rows of a table that a `Gather` looks up are standard
//! normal, as PyTorch's `Embedding` has them.

use burn::tensor::{DType, TensorData};
use leaky_onnx::{Network, Node, Operand, ParameterKind, Rectifier, Role, ValueId, Weighted};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use super::error::InitializeError;

/// The generator's stream, apart from those of the split and of the epochs, which count from 0.
const STREAM: u64 = 1 << 40;

/// Draws all trainable parameters of a network afresh, slopes excepted. `gain` says what suits a
/// hidden rectifier; the same seed draws the same numbers whatever it says: they are then multiplied.
///
/// # Errors
///
/// If some parameter is used in a way that says not how it should be drawn, or the device fails.
pub fn initialize(
    network: &mut Network,
    gain: impl Fn(&Rectifier) -> f64,
    seed: u64,
) -> Result<(), InitializeError> {
    let rectifiers = network.rectifiers()?;
    let mut chosen: Vec<Option<Fresh>> = vec![None; network.parameters().len()];
    // In execution order, so that a parameter gets the same numbers whatever else the file holds.
    let mut order = Vec::new();
    for node in network.nodes() {
        for &(input, kind) in node.role.parameters() {
            let Some(tensor) = operand(network, node, input) else {
                continue;
            };
            let gain = || fed_rectifier(network, node, &rectifiers).map_or(1.0, &gain);
            let found = fresh(node, (input, kind), &tensor, gain);
            let is_statistic = matches!(kind, ParameterKind::Mean | ParameterKind::Variance);
            let wanted = network.parameters()[tensor.parameter].trainable || is_statistic;
            if wanted && chosen[tensor.parameter].is_none() {
                chosen[tensor.parameter] = Some(found);
                order.push((tensor.parameter, found));
            }
        }
    }
    let left = network
        .parameters()
        .iter()
        .zip(&chosen)
        .find(|(parameter, fresh)| parameter.trainable && fresh.is_none());
    if let Some((parameter, _)) = left {
        return Err(InitializeError::Unclear {
            parameter: parameter.name.clone(),
        });
    }
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(STREAM);
    for (parameter, fresh) in order {
        let data = network.parameter_data(parameter)?;
        let count = data.shape().iter().product();
        let numbers: Vec<f64> = match fresh {
            Fresh::Normal(deviation) => (0..count)
                .map(|_| deviation * Distribution::<f64>::sample(&StandardNormal, &mut random))
                .collect(),
            Fresh::Constant(number) => vec![number; count],
            Fresh::Kept => continue,
        };
        let shape = data.shape().to_vec();
        let numbers = match data.dtype() {
            DType::F64 => TensorData::new(numbers, shape),
            dtype => TensorData::new(numbers, shape).convert_dtype(dtype),
        };
        network.set_parameter(parameter, numbers);
    }
    Ok(())
}

/// What a parameter gets.
#[derive(Debug, Clone, Copy)]
enum Fresh {
    /// Numbers from a normal distribution of this deviation around zero.
    Normal(f64),
    Constant(f64),
    Kept,
}

/// The parameter at an input of a node, if one stands there.
fn operand(network: &Network, node: &Node, input: usize) -> Option<Operand> {
    let value = node.input(input)?;
    Operand::of(network, value).ok()
}

/// What a parameter at an input of a node gets.
fn fresh(
    node: &Node,
    (input, kind): (usize, ParameterKind),
    tensor: &Operand,
    gain: impl Fn() -> f64,
) -> Fresh {
    match kind {
        ParameterKind::Weights => {
            let (units, groups) = units_and_groups(node, input, tensor);
            let fan_in = (tensor.elements() / units.max(1) / groups).max(1);
            Fresh::Normal(gain() / (fan_in as f64).sqrt())
        }
        ParameterKind::Rows => Fresh::Normal(1.0),
        ParameterKind::Bias
        | ParameterKind::Shift
        | ParameterKind::Mean
        | ParameterKind::Summand => Fresh::Constant(0.0),
        ParameterKind::Scale | ParameterKind::Variance | ParameterKind::Factor => {
            Fresh::Constant(1.0)
        }
        ParameterKind::Slope => Fresh::Kept,
    }
}

/// How many units weights at an input of a node have, and in how many groups the units lie.
fn units_and_groups(node: &Node, input: usize, tensor: &Operand) -> (usize, usize) {
    let integer = |name, default| node.attributes().int(name, default).unwrap_or(default);
    let shape = tensor.shape();
    let Role::Weighted(kind) = node.role else {
        return (1, 1);
    };
    let (axis, groups) = match kind {
        Weighted::Convolution => (Some(0), 1),
        Weighted::TransposedConvolution => (Some(1), integer("group", 1).max(1) as usize),
        Weighted::Gemm if input == 0 => (Some(usize::from(integer("transA", 0) != 0)), 1),
        Weighted::Gemm => (Some(usize::from(integer("transB", 0) == 0)), 1),
        // The rows of a left factor are units, the columns of a right one; a vector is one.
        Weighted::MatrixProduct => (shape.len().checked_sub(2).map(|axis| axis + input), 1),
    };
    let units = axis.and_then(|axis| shape.get(axis)).copied().unwrap_or(1);
    (units, groups)
}

/// The hidden rectifier that what a node gives reaches before other weights.
fn fed_rectifier<'a>(
    network: &Network,
    node: &Node,
    rectifiers: &'a [Rectifier],
) -> Option<&'a Rectifier> {
    let mut seen = vec![false; network.nodes().len()];
    let mut values: Vec<ValueId> = node.outputs.clone();
    while let Some(value) = values.pop() {
        for &(index, _) in network.consumers(value) {
            if std::mem::replace(&mut seen[index], true) {
                continue;
            }
            if let Some(found) = rectifiers.iter().find(|found| found.node == index) {
                if found.hidden {
                    return Some(found);
                }
                continue;
            }
            let next = &network.nodes()[index];
            let weighs = next.role.parameters().iter().any(|&(input, kind)| {
                let operand = next.input(input);
                kind == ParameterKind::Weights
                    && operand.is_some_and(|operand| network.is_constant(operand))
            });
            if !weighs {
                values.extend(&next.outputs);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use leaky_onnx::Model;

    use super::*;
    use crate::run::device;
    use crate::testing::EXAMPLE;

    fn drawn(bytes: &[u8], gain: f64, seed: u64) -> Vec<(String, Vec<f64>)> {
        let model = Model::from_bytes(bytes).unwrap();
        let mut network = Network::new(&model, &device()).unwrap();
        initialize(&mut network, |_| gain, seed).unwrap();
        (0..network.parameters().len())
            .map(|index| {
                let numbers = network.parameter_data(index).unwrap();
                (
                    network.parameters()[index].name.clone(),
                    numbers.iter::<f64>().collect(),
                )
            })
            .collect()
    }

    fn deviation(numbers: &[f64]) -> f64 {
        let squares: f64 = numbers.iter().map(|number| number * number).sum();
        (squares / numbers.len() as f64).sqrt()
    }

    #[test]
    fn weights_before_rectifiers_have_the_gain_and_those_of_the_last_layer_have_none() {
        // 64, 128, 128, 64 and 10 units.
        let weights: Vec<(usize, f64)> = drawn(EXAMPLE, 2.0, 0)
            .into_iter()
            .filter(|(_, numbers)| numbers.len() > 200)
            .map(|(_, numbers)| (numbers.len(), deviation(&numbers)))
            .collect();
        let expected = [
            (64 * 128, 2.0 / 64_f64.sqrt()),
            (128 * 128, 2.0 / 128_f64.sqrt()),
            (128 * 64, 2.0 / 128_f64.sqrt()),
            (64 * 10, 1.0 / 64_f64.sqrt()),
        ];
        assert_eq!(weights.len(), expected.len());
        for ((length, found), (expected_length, expected)) in weights.into_iter().zip(expected) {
            assert_eq!(length, expected_length);
            // A sample deviation strays by 1 / sqrt(2 n): three of these at the least n.
            assert!(
                (found / expected - 1.0).abs() < 0.085,
                "{found} is not {expected}"
            );
        }
    }

    #[test]
    fn biases_are_zero() {
        let biases: Vec<Vec<f64>> = drawn(EXAMPLE, 1.0, 0)
            .into_iter()
            .map(|(_, numbers)| numbers)
            .filter(|numbers| numbers.len() <= 128)
            .collect();
        assert_eq!(biases.len(), 4);
        assert!(biases.iter().flatten().all(|&number| number == 0.0));
    }

    #[test]
    fn a_seed_draws_the_same_numbers_for_any_gain_and_another_seed_others() {
        let [one, twice, other] =
            [(1.0, 3), (2.0, 3), (1.0, 4)].map(|(gain, seed)| drawn(EXAMPLE, gain, seed));
        let (_, first) = &one[0];
        assert!(
            first
                .iter()
                .zip(&twice[0].1)
                .all(|(one, twice)| 2.0 * one == *twice)
        );
        assert_ne!(first, &other[0].1);
    }

    #[test]
    fn batch_normalisation_does_nothing_at_first() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../fixtures/networks/conv-batch-norm/model.onnx"
        );
        let model = Model::read(path).unwrap();
        let mut network = Network::new(&model, &device()).unwrap();
        initialize(&mut network, |_| 1.0, 0).unwrap();
        let node = network
            .nodes()
            .iter()
            .find(|node| node.role == Role::Normalization(leaky_onnx::Normalization::Batch))
            .expect("a batch normalisation");
        for (input, expected) in [(1, 1.0), (2, 0.0), (3, 0.0), (4, 1.0)] {
            let value = node.inputs[input].unwrap();
            let parameter = network.parameter_of(value).unwrap();
            let numbers = network.parameter_data(parameter).unwrap();
            assert!(
                numbers.iter::<f64>().all(|number| number == expected),
                "input {input}"
            );
        }
    }
}
