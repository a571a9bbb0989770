//! The kernels of leaky-relu, by their names.

use leaky_relu::{Elu, LeakyRelu, PRelu, Rectifier as _, Relu};
use serde::{Deserialize, Serialize};

/// Which rectifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    Relu,
    LeakyRelu,
    Prelu,
    Elu,
}

/// The rectifier of one layer. PReLU's slopes are parameters, one a unit, and stand apart.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Rectifier {
    Relu,
    LeakyRelu(LeakyRelu),
    PRelu,
    Elu(Elu),
}

impl Rectifier {
    /// # Errors
    ///
    /// Where `alpha` is not finite.
    pub(crate) fn new(kind: Kind, alpha: f32) -> Result<Self, leaky_relu::Error> {
        Ok(match kind {
            Kind::Relu => Self::Relu,
            Kind::LeakyRelu => Self::LeakyRelu(LeakyRelu::new(alpha)?),
            Kind::Prelu => Self::PRelu,
            Kind::Elu => Self::Elu(Elu::new(alpha)?),
        })
    }

    pub(crate) fn kind(&self) -> Kind {
        match self {
            Self::Relu => Kind::Relu,
            Self::LeakyRelu(_) => Kind::LeakyRelu,
            Self::PRelu => Kind::Prelu,
            Self::Elu(_) => Kind::Elu,
        }
    }

    /// The constant that it is made with: none for ReLU and PReLU.
    pub(crate) fn alpha(&self) -> Option<f32> {
        match self {
            Self::Relu | Self::PRelu => None,
            Self::LeakyRelu(rectifier) => Some(rectifier.alpha()),
            Self::Elu(rectifier) => Some(rectifier.alpha()),
        }
    }

    /// Reads pre-activations `[N, units]`, writes activations. `slopes` are PReLU's.
    pub(crate) fn forward(&self, slopes: &[f32], x: &[f32], y: &mut [f32]) {
        match self {
            Self::Relu => Relu.forward(x, y),
            Self::LeakyRelu(rectifier) => rectifier.forward(x, y),
            Self::PRelu => with_slopes(slopes, |rectifier| rectifier.forward(x, y)),
            Self::Elu(rectifier) => rectifier.forward(x, y),
        }
    }

    /// Turns the gradient of activations into that of the pre-activations `x`, and writes that of the
    /// slopes.
    pub(crate) fn backward(
        &self,
        slopes: &[f32],
        x: &[f32],
        gradient: &mut [f32],
        slope_gradient: &mut [f32],
    ) {
        match self {
            Self::Relu => Relu.backward_in_place(x, gradient),
            Self::LeakyRelu(rectifier) => rectifier.backward_in_place(x, gradient),
            Self::PRelu => with_slopes(slopes, |rectifier| {
                rectifier.backward_with_alpha_in_place(x, gradient, slope_gradient);
            }),
            Self::Elu(rectifier) => rectifier.backward_in_place(x, gradient),
        }
    }
}

/// A layer has a unit at least, so there are slopes.
fn with_slopes(slopes: &[f32], work: impl FnOnce(PRelu<f32>)) {
    if let Ok(rectifier) = PRelu::new(slopes, 1) {
        work(rectifier);
    }
}
