//! Fresh weights for a whole network.
//!
//! Weights in front of a hidden rectifier are drawn from a normal distribution of deviation
//! `gain / sqrt(fan_in)`, with the gain that suits the rectifier, all others from one of deviation
//! `1 / sqrt(fan_in)` (He, Zhang, Ren and Sun, 2015, "Delving Deep into Rectifiers"; `fan_in` is how
//! many weights a unit has). Biases are zero; normalisations do nothing at first: their scales are 1,
//! their shifts 0, and the statistics of a batch normalisation those of a standard normal signal.
//! Slopes of rectifiers stay as they are. Rows of a table that a `Gather` looks up are standard
//! normal, as PyTorch's `Embedding` has them.

use burn::tensor::{DType, TensorData};
use leaky_onnx::{Network, Node, Rectifier, ValueId};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use crate::error::Error;
use crate::revive::Own;

/// The generator's stream, apart from those of the split and of the epochs, which count from 0.
const STREAM: u64 = 1 << 40;

/// Draws all trainable parameters of a network afresh, slopes excepted. The same seed draws the same
/// numbers whatever the gain: they are then multiplied by it.
///
/// # Errors
///
/// If some parameter is used in a way that says not how it should be drawn, or the device fails.
pub fn initialize(network: &mut Network, gain: f64, seed: u64) -> Result<(), Error> {
    let rectifiers = network.rectifiers()?;
    let mut fresh: Vec<Option<Fresh>> = vec![None; network.parameters().len()];
    // In execution order, so that a parameter gets the same numbers whatever else the file holds.
    let mut order = Vec::new();
    for node in network.nodes() {
        for (input, place) in places(network, node) {
            let value = node.inputs.get(input).copied().flatten();
            let Some(tensor) = value.and_then(|value| Own::shared(network, value).ok()) else {
                continue;
            };
            let trainable = network.parameters()[tensor.parameter].trainable;
            let found = match place {
                Place::Weights { units, groups } => {
                    let shape = tensor.shape();
                    let units = units.and_then(|axis| shape.get(axis)).copied().unwrap_or(1);
                    let fan_in = (tensor.len() / units.max(1) / groups).max(1);
                    let gain = if feeds_rectifier(network, node, &rectifiers) {
                        gain
                    } else {
                        1.0
                    };
                    Fresh::Normal(gain / (fan_in as f64).sqrt())
                }
                Place::Rows => Fresh::Normal(1.0),
                Place::Zero => Fresh::Constant(0.0),
                Place::One => Fresh::Constant(1.0),
                Place::Statistic(number) => Fresh::Constant(number),
                Place::Slope => Fresh::Kept,
            };
            let wanted = trainable || matches!(place, Place::Statistic(_));
            if wanted && fresh[tensor.parameter].is_none() {
                fresh[tensor.parameter] = Some(found);
                order.push((tensor.parameter, found));
            }
        }
    }
    let left = network
        .parameters()
        .iter()
        .zip(&fresh)
        .find(|(parameter, fresh)| parameter.trainable && fresh.is_none());
    if let Some((parameter, _)) = left {
        return Err(Error::CannotInitialize {
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

/// What a parameter does at an input of a node.
#[derive(Debug, Clone, Copy)]
enum Place {
    /// It weighs signals: the axis that counts units, if there is one, and the number of groups.
    Weights { units: Option<usize>, groups: usize },
    /// Its rows are looked up.
    Rows,
    /// It is added.
    Zero,
    /// It is multiplied with.
    One,
    /// It is what a batch normalisation knows of its input.
    Statistic(f64),
    /// It is the slope of a rectifier.
    Slope,
}

/// The inputs of a node at which a parameter may stand.
fn places(network: &Network, node: &Node) -> Vec<(usize, Place)> {
    let integer = |name, default| node.attributes().int(name, default).unwrap_or(default);
    let weights = |units| Place::Weights {
        units: Some(units),
        groups: 1,
    };
    match node.operator.as_str() {
        "Conv" => vec![(1, weights(0)), (2, Place::Zero)],
        "ConvTranspose" => {
            let groups = integer("group", 1).max(1) as usize;
            let units = Some(1);
            vec![(1, Place::Weights { units, groups }), (2, Place::Zero)]
        }
        "Gemm" => vec![
            (0, weights(usize::from(integer("transA", 0) != 0))),
            (1, weights(usize::from(integer("transB", 0) == 0))),
            (2, Place::Zero),
        ],
        "MatMul" => (0..2)
            .map(|input| {
                let value = node.inputs.get(input).copied().flatten();
                let tensor = value.and_then(|value| Own::shared(network, value).ok());
                let rank = tensor.map_or(0, |tensor| tensor.shape().len());
                // The rows of a left factor are units, the columns of a right one; a vector is one.
                let units = rank.checked_sub(2).map(|axis| axis + input);
                (input, Place::Weights { units, groups: 1 })
            })
            .collect(),
        "BatchNormalization" => vec![
            (1, Place::One),
            (2, Place::Zero),
            (3, Place::Statistic(0.0)),
            (4, Place::Statistic(1.0)),
        ],
        "InstanceNormalization" | "LayerNormalization" | "GroupNormalization" => {
            vec![(1, Place::One), (2, Place::Zero)]
        }
        "Gather" => vec![(0, Place::Rows)],
        "PRelu" => vec![(1, Place::Slope)],
        "Add" | "Sub" => vec![(0, Place::Zero), (1, Place::Zero)],
        "Mul" | "Div" => vec![(0, Place::One), (1, Place::One)],
        _ => Vec::new(),
    }
}

/// Whether what a node gives reaches a hidden rectifier before other weights.
fn feeds_rectifier(network: &Network, node: &Node, rectifiers: &[Rectifier]) -> bool {
    let mut seen = vec![false; network.nodes().len()];
    let mut values: Vec<ValueId> = node.outputs.clone();
    while let Some(value) = values.pop() {
        for &(index, _) in network.consumers(value) {
            if std::mem::replace(&mut seen[index], true) {
                continue;
            }
            if let Some(found) = rectifiers.iter().find(|found| found.node == index) {
                if found.hidden {
                    return true;
                }
                continue;
            }
            let next = &network.nodes()[index];
            let weighs = places(network, next).into_iter().any(|(input, place)| {
                let operand = next.inputs.get(input).copied().flatten();
                matches!(place, Place::Weights { .. })
                    && operand.is_some_and(|operand| network.is_constant(operand))
            });
            if !weighs {
                values.extend(&next.outputs);
            }
        }
    }
    false
}
