//! A layer of `f32` numbers.

use leaky_relu::{Error, LeakyRelu, Rectifier, Relu};

use crate::geometry::Geometry;
use crate::layer::{BRIGHTEST, Layer};

/// The parameters of a layer.
#[derive(Clone, Copy, Debug)]
pub struct FloatWeights<'a> {
    /// The kernels, one unit after the other.
    pub weight: &'a [f32],
    /// One a unit.
    pub bias: &'a [f32],
}

/// A layer of `f32` numbers.
#[derive(Clone, Debug)]
pub struct FloatLayer<'a> {
    geometry: Geometry,
    weights: FloatWeights<'a>,
    rectifier: Option<Activation>,
}

#[derive(Clone, Debug)]
enum Activation {
    Relu,
    LeakyRelu(LeakyRelu<f32>),
}

impl<'a> FloatLayer<'a> {
    /// A layer with a rectifier: Leaky ReLU with the slope `alpha`, or ReLU.
    ///
    /// # Errors
    /// If the slope is not finite.
    pub fn rectified(
        geometry: Geometry,
        weights: FloatWeights<'a>,
        alpha: Option<f32>,
    ) -> Result<Self, Error> {
        let rectifier = match alpha {
            None => Activation::Relu,
            Some(alpha) => Activation::LeakyRelu(LeakyRelu::new(alpha)?),
        };
        Ok(FloatLayer {
            rectifier: Some(rectifier),
            ..FloatLayer::linear(geometry, weights)
        })
    }

    /// A layer without a rectifier.
    pub fn linear(geometry: Geometry, weights: FloatWeights<'a>) -> Self {
        FloatLayer {
            geometry,
            weights,
            rectifier: None,
        }
    }
}

impl Layer for FloatLayer<'_> {
    type Number = f32;

    fn geometry(&self) -> Geometry {
        self.geometry
    }

    fn sums(&self, x: &[f32], y: &mut [f32]) {
        let kernels = self.weights.weight.chunks_exact(self.geometry.weights());
        for (pixel, y) in y.chunks_exact_mut(self.geometry.units).enumerate() {
            let units = y.iter_mut().zip(kernels.clone()).zip(self.weights.bias);
            for ((y, kernel), &bias) in units {
                *y = self.geometry.runs(pixel).fold(bias, |sum, run| {
                    run.pairs(x, kernel)
                        .fold(sum, |sum, (x, weight)| sum + x * weight)
                });
            }
        }
    }

    fn rectify(&self, y: &mut [f32]) {
        match &self.rectifier {
            None => {}
            Some(Activation::Relu) => Relu.forward_in_place(y),
            Some(Activation::LeakyRelu(rectifier)) => rectifier.forward_in_place(y),
        }
    }

    fn pixel(pixel: u8) -> f32 {
        f32::from(pixel) / f32::from(BRIGHTEST)
    }

    fn bits(number: f32) -> u32 {
        number.to_bits()
    }
}
