//! How to train.

use leaky_onnx::RandomSlopes;
use serde::{Deserialize, Serialize};

/// How the parameters follow the gradient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Optimizer {
    /// Adam, which adapts the step of each parameter (Kingma and Ba, 2015), with PyTorch's defaults.
    Adam,
    /// Stochastic gradient descent, without momentum.
    Sgd,
}

/// How to train.
#[derive(Debug, Clone)]
pub struct TrainOptions {
    /// How many times to see all samples.
    pub epochs: usize,
    /// How many samples make a step.
    pub batch_size: usize,
    /// The learning rate.
    pub lr: f64,
    /// How the parameters follow the gradient.
    pub optimizer: Optimizer,
    /// Where the order of the samples starts.
    pub seed: u64,
    /// Slopes below zero that are drawn at random in training, for RReLU.
    pub random_slopes: Option<RandomSlopes>,
}

impl Default for TrainOptions {
    /// 20 epochs in batches of 64 with Adam at a learning rate of 0.001, seed 0.
    fn default() -> Self {
        Self {
            epochs: 20,
            batch_size: 64,
            lr: 0.001,
            optimizer: Optimizer::Adam,
            seed: 0,
            random_slopes: None,
        }
    }
}
