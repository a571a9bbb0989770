//! How much of the gradient reaches the weights of each layer.

use burn::tensor::Tensor;
use leaky_onnx::{Network, Node, ParameterKind};
use serde::{Deserialize, Serialize};

use crate::data::samples::Samples;
use crate::data::split::spread;
use crate::objective::{Objective, ObjectiveError, ObjectiveOptions};
use crate::run::{norm, vector};
use crate::task::Task;

/// How many samples at most the gradient is taken on.
pub const SAMPLES: usize = 1024;

/// The length of the gradient of one layer's weights.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GradientNorm {
    /// The node's name in the file; its output's name where the node has none.
    pub layer: String,
    /// The operator: `Conv`, `ConvTranspose`, `Gemm` or `MatMul`.
    pub operator: String,
    /// The L2 norm of the mean loss's gradient with respect to the weights, without the bias. Exactly
    /// 0 where nothing reaches them: there the layer cannot learn.
    pub norm: f64,
}

/// The gradient norms of the layers of a network, in the order of execution: of the mean loss over
/// at most [`SAMPLES`] of the samples, spread evenly. Weights that several nodes share count for the
/// first; weights that are not trainable are left out.
///
/// # Errors
///
/// If the network cannot run on the samples, or the loss cannot be computed.
pub fn gradient_norms(
    network: &Network,
    objective: &Objective,
    samples: Samples,
    batch_size: usize,
) -> Result<Vec<GradientNorm>, ObjectiveError> {
    let layers = weighted_layers(network);
    let mut sums: Vec<Option<Tensor<1>>> = vec![None; layers.len()];
    let chosen = spread(samples.chosen, SAMPLES);
    for part in chosen.chunks(batch_size) {
        let (tracked, loss) = objective.tracked_loss(network, samples, part, None)?;
        let mut gradients = tracked.gradients(loss);
        // The mean over all samples is the mean of the batches' means, each by its size.
        let share = part.len() as f64 / chosen.len() as f64;
        for ((_, parameter), sum) in layers.iter().zip(&mut sums) {
            if let Some(gradient) = gradients[*parameter].take() {
                let gradient = vector(gradient).mul_scalar(share);
                *sum = Some(match sum.take() {
                    Some(sum) => sum + gradient,
                    None => gradient,
                });
            }
        }
    }
    let norms = layers.into_iter().zip(sums).map(|((node, _), sum)| {
        Ok(GradientNorm {
            layer: node.name.clone(),
            operator: node.operator.clone(),
            norm: sum.map_or(Ok(0.0), norm)?,
        })
    });
    norms.collect()
}

/// The gradient norms of a network on all samples of a task, which need not be the task's own network,
/// for what the options say is to be learned.
///
/// # Errors
///
/// If the samples hold no answers, or as [`gradient_norms`].
pub fn gradient_norms_on(
    task: &Task,
    network: &Network,
    options: ObjectiveOptions,
    batch_size: usize,
) -> Result<Vec<GradientNorm>, ObjectiveError> {
    let (objective, target) = Objective::new(network, &task.data, options)?;
    let everything: Vec<usize> = (0..task.data.samples()).collect();
    let samples = Samples {
        data: &task.data,
        target: &target,
        chosen: &everything,
    };
    gradient_norms(network, &objective, samples, batch_size)
}

/// The same for a task's network and the loss that suits, or in words why its data do not give them.
///
/// # Errors
///
/// If the network cannot run on the samples.
pub fn gradient_norms_or_why_not(
    task: &Task,
    batch_size: usize,
) -> Result<Result<Vec<GradientNorm>, String>, ObjectiveError> {
    if !task.data.has_target() {
        return Ok(Err("the data hold no `y` to compute a loss with".into()));
    }
    let network = task.network()?;
    if let Err(error) = Objective::new(&network, &task.data, ObjectiveOptions::default()) {
        return Ok(Err(error.to_string()));
    }
    gradient_norms_on(task, &network, ObjectiveOptions::default(), batch_size).map(Ok)
}

/// The nodes with weights of their own, each with the place of these among the parameters.
fn weighted_layers(network: &Network) -> Vec<(&Node, usize)> {
    let mut layers: Vec<(&Node, usize)> = Vec::new();
    for node in network.nodes() {
        let inputs = node
            .role
            .parameters()
            .iter()
            .filter(|(_, kind)| *kind == ParameterKind::Weights)
            .filter_map(|&(input, _)| node.input(input));
        let weights = inputs
            .filter_map(|value| network.parameter_behind(value))
            .find(|&parameter| network.parameters()[parameter].trainable);
        if let Some(weights) = weights
            && layers.iter().all(|(_, known)| *known != weights)
        {
            layers.push((node, weights));
        }
    }
    layers
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use burn::tensor::TensorData;
    use leaky_onnx::{Model, Value};
    use safetensors::{Dtype, SafeTensors};

    use super::*;
    use crate::data::Arrays;
    use crate::run::device;

    fn fixture(name: &str, file: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../../fixtures/networks")
            .join(name)
            .join(file)
    }

    fn open(name: &str) -> Network {
        let model = Model::read(fixture(name, "model.onnx")).expect("the network");
        Network::new(&model, &device()).expect("it runs")
    }

    /// The norms of a fixture network on all of its data, in batches of 50.
    fn norms(name: &str, network: &Network) -> Vec<GradientNorm> {
        let arrays = Arrays::open(&fixture(name, "data.safetensors"), None).expect("its data");
        let data = arrays.for_network(network).expect("they fit");
        let (objective, target) =
            Objective::new(network, &data, ObjectiveOptions::default()).expect("a loss");
        let all: Vec<usize> = (0..data.samples()).collect();
        assert!(all.len() <= SAMPLES, "every sample counts");
        let samples = Samples {
            data: &data,
            target: &target,
            chosen: &all,
        };
        gradient_norms(network, &objective, samples, 50).expect("norms")
    }

    /// The norm of the gradient that PyTorch gives for a parameter.
    fn expected(gradients: &SafeTensors, parameter: &str) -> f64 {
        let gradient = gradients
            .tensor(&format!("gradient:{parameter}"))
            .expect("a gradient");
        assert_eq!(gradient.dtype(), Dtype::F32);
        let values = gradient.data().as_chunks::<4>().0.iter();
        let squares = values.map(|bytes| f64::from(f32::from_le_bytes(*bytes)).powi(2));
        squares.sum::<f64>().sqrt()
    }

    #[test]
    fn the_norms_are_those_of_pytorchs_gradients() {
        for name in [
            "mlp",
            "conv",
            "residual",
            "transformer",
            "unet",
            "yolo-neck",
        ] {
            let bytes = std::fs::read(fixture(name, "expected.safetensors")).expect("gradients");
            let gradients = SafeTensors::deserialize(&bytes).expect("they can be read");
            let network = open(name);
            let found = norms(name, &network);
            let layers = weighted_layers(&network);
            assert!(found.len() >= 3 && found.len() == layers.len(), "{name}");
            for (found, (node, parameter)) in found.iter().zip(layers) {
                assert_eq!(found.layer, node.name);
                let expected = expected(&gradients, &network.parameters()[parameter].name);
                assert!(
                    (found.norm - expected).abs() <= 1e-3 * expected + 1e-9,
                    "{name}: {} has {}, PyTorch {expected}",
                    found.layer,
                    found.norm
                );
            }
        }
    }

    #[test]
    fn behind_a_layer_of_dead_units_no_gradient_is_left_at_all() {
        let mut network = open("mlp");
        let alive = norms("mlp", &network);
        assert!(alive.iter().all(|norm| norm.norm > 0.0), "{alive:?}");
        // The last hidden layer's units sink far below zero.
        let last = network
            .rectifiers()
            .expect("rectifiers")
            .pop()
            .expect("one");
        let node = network.producer(last.input).expect("a node computes it");
        let bias = network.nodes()[node].inputs[2].expect("a bias");
        let bias = network.parameter_of(bias).expect("of its own");
        let units = network.parameters()[bias].shape[0];
        network.set_parameter(bias, TensorData::full([units], -1e6_f32));
        let dead = norms("mlp", &network);
        assert!(dead.iter().all(|norm| norm.norm == 0.0), "{dead:?}");
    }

    #[test]
    fn a_gradient_too_small_to_be_squared_is_not_taken_for_none() {
        let small = TensorData::from([3e-30_f32, 4e-30]);
        let Value::Float(small) = Value::from_data(small, &device()) else {
            panic!("floats stay floats");
        };
        let found = norm(vector(small)).expect("a norm");
        assert!((found / 5e-30 - 1.0).abs() < 1e-6, "{found}");
    }
}
