//! A layer of 8-bit integers.
//!
//! Sums are whole numbers of 32 bits; what they come to is made an 8-bit number by a multiplication and a
//! shift (Jacob et al. 2018, "Quantization and Training of Neural Networks for Efficient
//! Integer-Arithmetic-Only Inference"). Weights have a scale for each unit and no zero point.

use leaky_relu::{Error, Quantization, QuantizedLeakyRelu};

use crate::geometry::Geometry;
use crate::layer::Layer;

/// A factor as a whole number: `multiplier / 2^shift`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rescale {
    /// Not below zero.
    pub multiplier: i32,
    /// From 1 to 62.
    pub shift: u8,
}

impl Rescale {
    /// The product of a sum and the factor, rounded to the nearest whole number, a half upwards.
    #[inline]
    pub fn of(self, sum: i32) -> i64 {
        let half = 1 << (self.shift - 1);
        (i64::from(sum) * i64::from(self.multiplier) + half) >> self.shift
    }
}

/// The parameters of a layer.
#[derive(Clone, Copy, Debug)]
pub struct QuantizedWeights<'a> {
    /// The integer of the layer's input that stands for zero.
    pub x_zero_point: i8,
    /// The kernels, one unit after the other.
    pub weight: &'a [i8],
    /// One a unit, in the steps of its sums.
    pub bias: &'a [i32],
    /// One a unit: from the steps of its sums to those of the pre-activations.
    pub rescale: &'a [Rescale],
    /// What the pre-activations stand for.
    pub before: Quantization<i8>,
    /// What the activations stand for.
    pub after: Quantization<i8>,
}

/// A layer of 8-bit integers.
#[derive(Clone, Debug)]
pub struct QuantizedLayer<'a> {
    geometry: Geometry,
    weights: QuantizedWeights<'a>,
    rectifier: Option<QuantizedLeakyRelu<i8>>,
}

impl<'a> QuantizedLayer<'a> {
    /// A layer with a rectifier: Leaky ReLU with the slope `alpha`, or ReLU, which is that with none.
    ///
    /// # Errors
    /// If the slope or a scale is not finite, or a scale not above zero.
    pub fn rectified(
        geometry: Geometry,
        weights: QuantizedWeights<'a>,
        alpha: Option<f32>,
    ) -> Result<Self, Error> {
        let alpha = alpha.unwrap_or(0.0);
        let rectifier = QuantizedLeakyRelu::new(alpha, weights.before, weights.after)?;
        Ok(QuantizedLayer {
            rectifier: Some(rectifier),
            ..QuantizedLayer::linear(geometry, weights)
        })
    }

    /// A layer without a rectifier.
    pub fn linear(geometry: Geometry, weights: QuantizedWeights<'a>) -> Self {
        QuantizedLayer {
            geometry,
            weights,
            rectifier: None,
        }
    }
}

impl Layer for QuantizedLayer<'_> {
    type Number = i8;

    fn geometry(&self) -> Geometry {
        self.geometry
    }

    fn sums(&self, x: &[i8], y: &mut [i8]) {
        let weights = &self.weights;
        let x_zero_point = i32::from(weights.x_zero_point);
        let zero_point = i64::from(weights.before.zero_point);
        let kernels = weights.weight.chunks_exact(self.geometry.weights());
        for (pixel, y) in y.chunks_exact_mut(self.geometry.units).enumerate() {
            let units = y.iter_mut().zip(kernels.clone());
            for ((y, kernel), (&bias, rescale)) in
                units.zip(weights.bias.iter().zip(weights.rescale))
            {
                let sum = self.geometry.runs(pixel).fold(bias, |sum, run| {
                    run.pairs(x, kernel).fold(sum, |sum, (&x, &weight)| {
                        sum + (i32::from(x) - x_zero_point) * i32::from(weight)
                    })
                });
                let number = rescale.of(sum) + zero_point;
                *y = number.clamp(i8::MIN.into(), i8::MAX.into()) as i8;
            }
        }
    }

    fn rectify(&self, y: &mut [i8]) {
        if let Some(rectifier) = &self.rectifier {
            rectifier.forward_in_place(y);
        }
    }

    fn pixel(pixel: u8) -> i8 {
        pixel as i8
    }

    fn bits(number: i8) -> u32 {
        u32::from(number as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_factor_rounds_to_the_nearest_and_a_half_upwards() {
        let half = Rescale {
            multiplier: 1 << 30,
            shift: 31,
        };
        let halves = [-3, -2, -1, 0, 1, 2, 3].map(|sum| half.of(sum));
        assert_eq!(halves, [-1, -1, 0, 0, 1, 1, 2]);
        let largest = Rescale {
            multiplier: i32::MAX,
            shift: 1,
        };
        assert_eq!(largest.of(i32::MIN), -(1_i64 << 61) + (1 << 30));
    }

    #[test]
    fn an_output_is_the_real_sum_to_the_nearest_step_and_saturates() {
        let geometry = Geometry {
            size: 2,
            channels: 1,
            kernel: 2,
            stride: 1,
            padding: 0,
            units: 1,
        };
        // x stands for (q + 5) / 10, weights for q / 20, sums for q / 200; outputs for (q - 3) / 4.
        let weights = QuantizedWeights {
            x_zero_point: -5,
            weight: &[127, -90, 3, 60],
            bias: &[40],
            rescale: &[Rescale {
                multiplier: ((1_u32 << 31) / 50) as i32,
                shift: 31,
            }],
            before: Quantization {
                scale: 0.25,
                zero_point: 3,
            },
            after: Quantization {
                scale: 0.25,
                zero_point: 3,
            },
        };
        let layer = QuantizedLayer::linear(geometry, weights);
        for (x, saturates) in [
            ([10, 20, 30, 40], false),
            ([-5; 4], false),
            ([127, -128, 127, 127], true),
            ([-128, 127, -128, -128], true),
        ] {
            let mut y = [0];
            layer.sums(&x, &mut y);
            let real: f64 = 0.2
                + x.iter()
                    .zip(weights.weight)
                    .map(|(&x, &w)| (f64::from(x) + 5.0) / 10.0 * f64::from(w) / 20.0)
                    .sum::<f64>();
            let steps = real * 4.0 + 3.0;
            let nearest = steps.clamp(-128.0, 127.0);
            assert!(
                (f64::from(y[0]) - nearest).abs() <= 0.5 + 1e-6,
                "{x:?}: {y:?} and {steps}"
            );
            assert_eq!(nearest != steps, saturates, "{x:?}: {steps}");
        }
    }
}
