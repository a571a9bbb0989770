//! How to train.

use leaky_onnx::RandomSlopes;
use serde::{Deserialize, Serialize};

use super::schedule::Schedule;
use crate::revive::DEFAULT_BOUND;

/// How the parameters follow the gradient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Optimizer {
    /// Adam, which adapts the step of each parameter (Kingma and Ba, 2015), with PyTorch's defaults.
    /// With weight decay it is AdamW (Loshchilov and Hutter, 2019).
    Adam,
    /// Stochastic gradient descent.
    Sgd,
}

/// How dead units are recycled.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recycle {
    /// After how many steps each time the units are looked at.
    pub every: usize,
    /// How much of its magnitude an output may change each time by dead units that cannot be muted.
    pub bound: f64,
}

impl Recycle {
    /// Every so many steps, with the bound of a revival.
    pub fn every(steps: usize) -> Self {
        Self {
            every: steps,
            bound: DEFAULT_BOUND,
        }
    }
}

/// How to train. `Dropout` nodes drop, with their own probabilities.
#[derive(Debug, Clone)]
pub struct TrainOptions {
    /// How many times to see all samples.
    pub epochs: usize,
    /// How many samples make a step.
    pub batch_size: usize,
    /// The learning rate: the highest of the schedule.
    pub lr: f64,
    /// How the learning rate goes on from there.
    pub schedule: Schedule,
    /// In how many steps the learning rate rises to `lr`, before the schedule begins.
    pub warm_up: usize,
    /// How the parameters follow the gradient.
    pub optimizer: Optimizer,
    /// How much of the last steps' velocity stochastic gradient descent keeps; Adam has its own.
    pub momentum: f64,
    /// How much each step pulls the parameters towards zero: apart from the gradient with Adam, as a
    /// part of it with stochastic gradient descent, as PyTorch has it.
    pub weight_decay: f64,
    /// The largest norm of the gradient of all parameters together; a larger one is scaled down to it.
    pub clip_norm: Option<f64>,
    /// After how many epochs none of which validated better to end.
    pub patience: Option<usize>,
    /// Whether batch normalisations take the statistics of each batch in training, and those that are
    /// stored follow them. Otherwise the stored ones are used, and stay.
    pub train_statistics: bool,
    /// How strongly each step pulls the parameters back to where they were before the first: the gradient
    /// of `pull * ||w - w0||^2` is added to that of the loss (Kumar, Marklund and Van Roy, 2023,
    /// "Maintaining Plasticity in Continual Learning via Regenerative Regularization").
    pub pull: f64,
    /// To revive, while training goes on, what dies in it.
    pub recycle: Option<Recycle>,
    /// Where the order of the samples starts, and what dropout drops.
    pub seed: u64,
    /// Slopes below zero that are drawn at random in training, for RReLU.
    pub random_slopes: Option<RandomSlopes>,
}

impl Default for TrainOptions {
    /// 20 epochs in batches of 64 with Adam at a constant learning rate of 0.001, seed 0; nothing else.
    fn default() -> Self {
        Self {
            epochs: 20,
            batch_size: 64,
            lr: 0.001,
            schedule: Schedule::Constant,
            warm_up: 0,
            optimizer: Optimizer::Adam,
            momentum: 0.0,
            weight_decay: 0.0,
            clip_norm: None,
            patience: None,
            train_statistics: false,
            pull: 0.0,
            recycle: None,
            seed: 0,
            random_slopes: None,
        }
    }
}
