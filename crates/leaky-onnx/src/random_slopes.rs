//! Randomised slopes below zero, as RReLU trains with.

use burn::backend::{DispatchTensor, TensorMetadata};
use burn::tensor::TensorData;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use crate::network::Network;
use crate::operators::Inputs;
use crate::rectifiers::Rectifier;
use crate::value::Value;

/// Slopes drawn for each element of each forward pass, in the place of the rectifiers' own: what
/// RReLU does in training (Xu, Wang, Chen and Li, 2015, "Empirical Evaluation of Rectified
/// Activations in Convolutional Network"). ONNX has no such operator; in a file it is the Leaky ReLU
/// with the mean slope.
#[derive(Debug, Clone)]
pub struct RandomSlopes {
    nodes: Vec<usize>,
    lower: f32,
    upper: f32,
    seed: u64,
}

impl RandomSlopes {
    /// Slopes between `lower` and `upper` for these rectifiers. The same seed draws the same ones.
    pub fn new(rectifiers: &[&Rectifier], (lower, upper): (f64, f64), seed: u64) -> Self {
        Self {
            nodes: rectifiers.iter().map(|rectifier| rectifier.node).collect(),
            lower: lower as f32,
            upper: upper as f32,
            seed,
        }
    }

    /// Whether a node's slopes are drawn.
    pub(crate) fn replace(&self, node: usize) -> bool {
        self.nodes.contains(&node)
    }

    /// The node's activation with slopes of forward pass number `pass`.
    pub(crate) fn run(
        &self,
        network: &Network,
        node: usize,
        pass: u64,
        mut inputs: Inputs,
    ) -> Result<Vec<Value>, String> {
        let x = inputs.float(0)?;
        let slopes = self.draw(node, pass, &x);
        let Value::Float(slopes) = Value::from_data(slopes, network.device()) else {
            unreachable!("slopes are floats")
        };
        Ok(vec![Value::Float(leaky_burn::dispatch::prelu(x, slopes))])
    }

    fn draw(&self, node: usize, pass: u64, x: &DispatchTensor) -> TensorData {
        let mut generator = ChaCha8Rng::seed_from_u64(self.seed);
        // A stream of its own for each node of each pass.
        generator.set_stream((pass << 20) ^ node as u64);
        let shape = x.shape();
        let slopes: Vec<f32> = (0..shape.num_elements())
            .map(|_| generator.random_range(self.lower..=self.upper))
            .collect();
        TensorData::new(slopes, shape).convert_dtype(x.dtype())
    }
}
