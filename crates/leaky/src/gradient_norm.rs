//! How much of the gradient reaches the weights of each layer.

use burn::backend::DispatchTensor;
use burn::tensor::Tensor;
use leaky_onnx::{Network, Node, Value, ValueId};

use crate::error::Error;
use crate::objective::Objective;
use crate::revive::spread;
use crate::session::batch;
use crate::train::Samples;

/// How many samples at most the gradient is taken on.
pub const SAMPLES: usize = 1024;

/// The length of the gradient of one layer's weights.
#[derive(Debug, Clone, PartialEq)]
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
) -> Result<Vec<GradientNorm>, Error> {
    let layers = weighted_layers(network);
    let mut sums: Vec<Option<Tensor<1>>> = vec![None; layers.len()];
    let chosen = spread(samples.chosen, SAMPLES);
    for part in chosen.chunks(batch_size) {
        let tracked = network.tracked();
        let inputs = batch(network, samples.data, part)?;
        let found = network.forward_tracked(&tracked, inputs, &[objective.value()])?;
        let value = found.into_iter().next().ok_or(Error::OutputIsNotFloat)?;
        let loss = objective.loss(value, &samples.target.batch(part)?, network)?;
        let mut gradients = tracked.gradients(loss);
        // The mean over all samples is the mean of the batches' means, each by its size.
        let share = part.len() as f64 / chosen.len() as f64;
        for ((_, parameter), sum) in layers.iter().zip(&mut sums) {
            if let Some(gradient) = gradients[*parameter].take() {
                let gradient = vector(gradient)?.mul_scalar(share);
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

/// The nodes with weights of their own, each with the place of these among the parameters.
fn weighted_layers(network: &Network) -> Vec<(&Node, usize)> {
    let mut layers: Vec<(&Node, usize)> = Vec::new();
    for node in network.nodes() {
        let places: &[usize] = match node.operator.as_str() {
            "Conv" | "ConvTranspose" => &[1],
            "Gemm" | "MatMul" => &[0, 1],
            _ => continue,
        };
        let inputs = places.iter().filter_map(|&place| *node.inputs.get(place)?);
        let weights = inputs
            .filter_map(|value| weights_behind(network, value))
            .find(|&parameter| network.parameters()[parameter].trainable);
        if let Some(weights) = weights
            && layers.iter().all(|(_, known)| *known != weights)
        {
            layers.push((node, weights));
        }
    }
    layers
}

/// The parameter that a value is a mere rearrangement of.
fn weights_behind(network: &Network, mut value: ValueId) -> Option<usize> {
    loop {
        if let Some(parameter) = network.parameter_of(value) {
            return Some(parameter);
        }
        let node = &network.nodes()[network.producer(value)?];
        match node.operator.as_str() {
            "Identity" | "Cast" | "CastLike" | "Transpose" | "Reshape" | "Squeeze"
            | "Unsqueeze" | "Flatten" | "Expand" => value = (*node.inputs.first()?)?,
            _ => return None,
        }
    }
}

fn vector(gradient: DispatchTensor) -> Result<Tensor<1>, Error> {
    let value = Value::Float(gradient);
    let size = value.len();
    match value.reshape(vec![size]) {
        Ok(Value::Float(tensor)) => Ok(Tensor::from_dispatch(tensor)),
        _ => Err(Error::OutputIsNotFloat),
    }
}

/// The norm, summed in double precision: the square of a small gradient is not lost, and only a
/// gradient of zeros has the norm 0.
fn norm(gradient: Tensor<1>) -> Result<f64, Error> {
    let data = Value::Float(gradient.into_dispatch())
        .into_data()
        .map_err(Error::Device)?;
    let squares: f64 = data.iter::<f64>().map(|value| value * value).sum();
    Ok(squares.sqrt())
}
