//! Randomised slopes below zero, as RReLU trains with.

use burn::backend::{DispatchDevice, DispatchTensor, TensorMetadata};
use burn::tensor::TensorData;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use crate::operators::Inputs;
use crate::rectifier::Rectifier;
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

    /// A node's activation with slopes of a stream of random numbers.
    pub(crate) fn run(
        &self,
        device: &DispatchDevice,
        stream: u64,
        mut inputs: Inputs,
    ) -> Result<Vec<Value>, String> {
        let x = inputs.float(0)?;
        let slopes = self.draw(stream, &x);
        let Value::Float(slopes) = Value::from_data(slopes, device) else {
            unreachable!("slopes are floats")
        };
        Ok(vec![Value::Float(leaky_burn::dispatch::prelu(x, slopes))])
    }

    fn draw(&self, stream: u64, x: &DispatchTensor) -> TensorData {
        let mut generator = ChaCha8Rng::seed_from_u64(self.seed);
        generator.set_stream(stream);
        let shape = x.shape();
        let slopes: Vec<f32> = (0..shape.num_elements())
            .map(|_| generator.random_range(self.lower..=self.upper))
            .collect();
        TensorData::new(slopes, shape).convert_dtype(x.dtype())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Graph;
    use crate::training::TrainingPass;

    /// What `x = -1` becomes in a pass: minus the slopes.
    fn slopes(seed: u64, pass: u64) -> Vec<f64> {
        let network = Graph::new()
            .input("x", &[None, Some(100)])
            .node("LeakyRelu", &["x"], "y")
            .output("y")
            .network();
        let rectifiers = network.rectifiers().unwrap();
        let drawn = RandomSlopes::new(&[&rectifiers[0]], (0.125, 0.375), seed);
        let x = TensorData::full([2, 100], -1.0_f32);
        let found = network
            .forward_tracked_in_training(
                &network.tracked(),
                vec![Value::from_data(x, network.device())],
                &[rectifiers[0].output],
                &TrainingPass::new(pass).with_slopes(Some(&drawn)),
            )
            .unwrap();
        let y = found[0].clone().into_data().unwrap();
        y.iter::<f64>().map(|y| -y).collect()
    }

    #[test]
    fn every_element_has_a_slope_of_its_own_within_the_range() {
        let slopes = slopes(0, 0);
        assert!(slopes.iter().all(|slope| (0.125..=0.375).contains(slope)));
        let mean = slopes.iter().sum::<f64>() / 200.0;
        // The mean of 200 uniform numbers strays by 0.25 / sqrt(12 * 200); five of these.
        assert!((mean - 0.25).abs() < 0.026, "{mean}");
        let different: std::collections::BTreeSet<u64> =
            slopes.iter().map(|slope| slope.to_bits()).collect();
        assert!(different.len() > 190);
    }

    #[test]
    fn the_same_seed_and_pass_draw_the_same_slopes_and_others_others() {
        assert_eq!(slopes(1, 2), slopes(1, 2));
        assert_ne!(slopes(1, 2), slopes(1, 3));
        assert_ne!(slopes(1, 2), slopes(2, 2));
    }
}
