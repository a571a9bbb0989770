//! What the page asks for.

use serde::{Deserialize, Serialize};

use super::rectifier::Kind;

/// What the network is to learn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Shape {
    /// Two classes: two arms of a spiral.
    Spiral,
    /// Two classes: a disc, and a ring around it.
    Circles,
    /// Two classes: opposite quarters of the plane belong together.
    Xor,
    /// Values to fit: a wave over the plane.
    Wave,
    /// Ten classes: handwritten digits of 8 by 8 pixels.
    Digits,
    /// Two classes: points that a person drew.
    Own,
}

/// How weights are drawn. Biases begin at zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Initialization {
    /// Normal, with the standard deviation `sqrt(2 / ((1 + alpha^2) inputs))` (He et al. 2015).
    Kaiming,
    /// Normal, with the standard deviation `sqrt(2 / (inputs + outputs))` (Glorot and Bengio 2010).
    Xavier,
    /// Normal, with the standard deviation 1, whatever the sizes.
    Wide,
}

/// How parameters follow the gradient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Optimizer {
    /// Stochastic gradient descent.
    Sgd,
    /// The same with a momentum of 0.9.
    Momentum,
    /// Adam (Kingma and Ba 2015), with PyTorch's defaults.
    Adam,
}

/// Everything that a run of the page depends on.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) shape: Shape,
    /// The standard deviation of what is added to coordinates or pixels (to values, for
    /// [`Shape::Wave`]).
    pub(crate) noise: f32,
    /// How many points there are to train on; as many again, if there are, are kept to test with.
    pub(crate) samples: usize,
    /// Points that a person drew: coordinates in -1 to 1, and the class, 0 or 1.
    pub(crate) own: Vec<(f32, f32, f32)>,
    /// How many units each hidden layer has.
    pub(crate) widths: Vec<usize>,
    pub(crate) rectifier: Kind,
    /// The slope below zero of Leaky ReLU, where PReLU begins, and how far ELU falls.
    pub(crate) alpha: f32,
    pub(crate) initialization: Initialization,
    pub(crate) optimizer: Optimizer,
    /// The learning rate.
    pub(crate) lr: f32,
    /// How many points make a step.
    pub(crate) batch_size: usize,
    /// Where the random numbers start.
    pub(crate) seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            shape: Shape::Circles,
            noise: 0.05,
            samples: 300,
            own: Vec::new(),
            widths: vec![8, 8],
            rectifier: Kind::Relu,
            alpha: 0.01,
            initialization: Initialization::Kaiming,
            optimizer: Optimizer::Adam,
            lr: 0.01,
            batch_size: 30,
            seed: 0,
        }
    }
}

/// Why settings make no sense.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SettingsError {
    /// A number outside of its range.
    #[error("{what} must be {range}, but is {value}")]
    Range {
        /// What it is the number of.
        what: &'static str,
        /// Where it must lie.
        range: &'static str,
        /// As it was given.
        value: String,
    },
    /// Nothing was drawn.
    #[error("there is no point to train on: draw one, or paste some")]
    NoPoints,
}

impl Settings {
    /// Refuses what cannot be run, or not be shown.
    pub(crate) fn check(self) -> Result<Self, SettingsError> {
        let range = |what, range, value: String| Err(SettingsError::Range { what, range, value });
        if self.widths.len() > 6 {
            return range(
                "the number of hidden layers",
                "at most 6",
                self.widths.len().to_string(),
            );
        }
        if let Some(width) = self.widths.iter().find(|width| !(1..=32).contains(*width)) {
            return range(
                "the number of units of a layer",
                "1 to 32",
                width.to_string(),
            );
        }
        if !(1..=2000).contains(&self.samples) {
            return range(
                "the number of points",
                "1 to 2000",
                self.samples.to_string(),
            );
        }
        if !(1..=2000).contains(&self.batch_size) {
            return range("the batch size", "1 to 2000", self.batch_size.to_string());
        }
        if !(self.lr > 0.0 && self.lr.is_finite()) {
            return range("the learning rate", "above zero", self.lr.to_string());
        }
        if !(0.0..=10.0).contains(&self.noise) {
            return range("the noise", "0 to 10", self.noise.to_string());
        }
        if !self.alpha.is_finite() {
            return range("alpha", "finite", self.alpha.to_string());
        }
        if self.shape == Shape::Own {
            if self.own.is_empty() {
                return Err(SettingsError::NoPoints);
            }
            if self.own.len() > 2000 {
                return range(
                    "the number of points",
                    "at most 2000",
                    self.own.len().to_string(),
                );
            }
            let fits = |&(x, y, class): &(f32, f32, f32)| {
                x.is_finite() && y.is_finite() && (class == 0.0 || class == 1.0)
            };
            if let Some(point) = self.own.iter().find(|point| !fits(point)) {
                let (x, y, class) = point;
                let value = format!("{x}, {y}, {class}");
                return range("a point", "two finite numbers and the class 0 or 1", value);
            }
        }
        Ok(self)
    }
}
