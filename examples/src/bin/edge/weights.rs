//! The weights of a trained network as the microcontroller has them: in `f32`, and in 8 bits.

use burn::tensor::Tensor;
use edge_network::{
    FloatWeights, Geometry, LAYERS, Layer, Memory, Pass, Quantization, QuantizedWeights, Rescale,
    forward,
};

use examples::Result;

use crate::network::Reader;

/// How many layers there are.
const COUNT: usize = LAYERS.len();
/// What a pixel stands for: a part of the brightest.
const PIXELS: Quantization<i8> = Quantization {
    scale: 1.0 / edge_network::BRIGHTEST as f32,
    zero_point: 0,
};

/// The parameters of a layer in `f32`.
#[derive(Debug, Clone)]
pub struct Float {
    pub weight: Vec<f32>,
    pub bias: Vec<f32>,
}

/// The parameters of a layer in 8 bits.
#[derive(Debug, Clone)]
pub struct Quantized {
    pub x_zero_point: i8,
    pub weight: Vec<i8>,
    pub bias: Vec<i32>,
    pub rescale: Vec<Rescale>,
    pub before: Quantization<i8>,
    pub after: Quantization<i8>,
}

/// Both forms of a network.
#[derive(Debug, Clone)]
pub struct Weights {
    /// The slope below zero; none is a ReLU.
    pub alpha: Option<f32>,
    pub float: [Float; COUNT],
    pub quantized: [Quantized; COUNT],
}

impl Weights {
    /// Of a trained network. `digits` show how large its numbers become.
    ///
    /// # Errors
    /// If a weight or a number between two layers is not finite.
    pub fn new(network: &Reader, alpha: Option<f32>, digits: &[Vec<u8>]) -> Result<Self> {
        let [first, second, last] = LAYERS;
        let float = [
            together(
                network.look[0].weight.val(),
                network.look[0].bias.val(),
                first,
            ),
            together(
                network.look[1].weight.val(),
                network.look[1].bias.val(),
                second,
            ),
            // A product over the features of an image is a convolution with a kernel of its size.
            together(
                network.digit.weight.val().transpose().reshape([
                    last.units,
                    last.channels,
                    last.kernel,
                    last.kernel,
                ]),
                network.digit.bias.val(),
                last,
            ),
        ];
        let numbers = || {
            float
                .iter()
                .flat_map(|layer| layer.weight.iter().chain(&layer.bias))
        };
        if numbers().any(|number| !number.is_finite()) {
            return Err("the training went astray, and left weights that are not finite: try a smaller --learning-rate".into());
        }
        let quantized = quantized(&float, alpha, digits)?;
        Ok(Weights {
            alpha,
            float,
            quantized,
        })
    }

    /// What the microcontroller computes in `f32` for each digit, computed here.
    ///
    /// # Errors
    /// If the slope is not finite.
    pub fn float_outputs(&self, digits: &[Vec<u8>]) -> Result<Vec<Vec<f32>>> {
        let layers = edge_network::float_layers(&floats(&self.float), self.alpha)?;
        Ok(outputs(&layers, digits))
    }

    /// What it computes in 8 bits.
    ///
    /// # Errors
    /// If the slope or a scale is none.
    pub fn quantized_outputs(&self, digits: &[Vec<u8>]) -> Result<Vec<Vec<i8>>> {
        let layers = self.quantized.each_ref().map(Quantized::lent);
        let layers = edge_network::quantized_layers(&layers, self.alpha)?;
        Ok(outputs(&layers, digits))
    }

    /// How many bytes the parameters take in `f32`.
    pub fn float_bytes(&self) -> usize {
        let numbers = self
            .float
            .iter()
            .map(|layer| layer.weight.len() + layer.bias.len());
        numbers.sum::<usize>() * size_of::<f32>()
    }

    /// How many bytes they take in 8 bits, with biases and factors.
    pub fn quantized_bytes(&self) -> usize {
        let bytes = self.quantized.iter().map(|layer| {
            layer.weight.len()
                + layer.bias.len() * size_of::<i32>()
                + size_of_val(&layer.rescale[..])
        });
        bytes.sum()
    }
}

impl Quantized {
    fn lent(&self) -> QuantizedWeights<'_> {
        QuantizedWeights {
            x_zero_point: self.x_zero_point,
            weight: &self.weight,
            bias: &self.bias,
            rescale: &self.rescale,
            before: self.before,
            after: self.after,
        }
    }
}

fn floats(layers: &[Float; COUNT]) -> [FloatWeights<'_>; COUNT] {
    layers.each_ref().map(|layer| FloatWeights {
        weight: &layer.weight,
        bias: &layer.bias,
    })
}

fn outputs<L: Layer>(layers: &[L], digits: &[Vec<u8>]) -> Vec<Vec<L::Number>> {
    let mut memory = Memory::filled(L::Number::default());
    let digits = digits.iter();
    digits
        .map(|digit| forward(layers, digit, &mut memory, |_, _| ()).to_vec())
        .collect()
}

/// Weights `[units, channels, rows, columns]` with the channels of a pixel together.
fn together(weight: Tensor<4>, bias: Tensor<1>, layer: Geometry) -> Float {
    let Geometry {
        units,
        channels,
        kernel,
        ..
    } = layer;
    debug_assert_eq!(weight.dims(), [units, channels, kernel, kernel]);
    Float {
        weight: weight.permute([0, 2, 3, 1]).to_data().iter().collect(),
        bias: bias.to_data().iter().collect(),
    }
}

/// The range of numbers, which always holds zero.
#[derive(Debug, Clone, Copy, Default)]
struct Range {
    lowest: f32,
    highest: f32,
}

impl Range {
    fn add(&mut self, numbers: &[f32]) {
        for &number in numbers {
            self.lowest = self.lowest.min(number);
            self.highest = self.highest.max(number);
        }
    }

    /// The 256 steps that span the range, one of them at zero.
    fn quantization(self) -> Result<Quantization<i8>> {
        let scale = (self.highest - self.lowest) / 255.0;
        if !scale.is_finite() {
            return Err(
                "the network gives numbers that are not finite: it cannot be put in 8 bits".into(),
            );
        }
        // A layer that gives nothing but zero.
        let scale = if scale > 0.0 { scale } else { 1.0 };
        let zero_point = (-128.0 - self.lowest / scale).round().clamp(-128.0, 127.0) as i8;
        Ok(Quantization { scale, zero_point })
    }
}

fn quantized(
    float: &[Float; COUNT],
    alpha: Option<f32>,
    digits: &[Vec<u8>],
) -> Result<[Quantized; COUNT]> {
    let layers = edge_network::float_layers(&floats(float), alpha)?;
    let mut ranges = [[Range::default(); 2]; COUNT];
    let mut memory = Memory::filled(0.0);
    for digit in digits {
        let mut layers_passed = 0;
        forward(&layers, digit, &mut memory, |pass, numbers| match pass {
            Pass::Sums => ranges[layers_passed][0].add(numbers),
            Pass::Rectified => {
                ranges[layers_passed][1].add(numbers);
                layers_passed += 1;
            }
        });
    }
    let mut x = PIXELS;
    let mut quantized = Vec::new();
    for (layer, (float, ranges)) in LAYERS.iter().zip(float.iter().zip(ranges)) {
        let [before, after] = ranges.map(Range::quantization);
        let made = quantized_layer(layer, float, x, before?, after?)?;
        x = made.after;
        quantized.push(made);
    }
    quantized
        .try_into()
        .map_err(|_| "a layer is missing".into())
}

fn quantized_layer(
    layer: &Geometry,
    float: &Float,
    x: Quantization<i8>,
    before: Quantization<i8>,
    after: Quantization<i8>,
) -> Result<Quantized> {
    let mut weight = Vec::new();
    let mut bias = Vec::new();
    let mut rescale = Vec::new();
    for (kernel, &own_bias) in float.weight.chunks_exact(layer.weights()).zip(&float.bias) {
        let largest = kernel
            .iter()
            .fold(0.0_f32, |most, weight| most.max(weight.abs()));
        let scale = if largest > 0.0 { largest / 127.0 } else { 1.0 };
        weight.extend(kernel.iter().map(|weight| (weight / scale).round() as i8));
        let step = f64::from(x.scale) * f64::from(scale);
        bias.push((f64::from(own_bias) / step).round() as i32);
        rescale.push(factor(step / f64::from(before.scale))?);
    }
    Ok(Quantized {
        x_zero_point: x.zero_point,
        weight,
        bias,
        rescale,
        before,
        after,
    })
}

/// A factor as a whole number of 31 bits and a shift.
fn factor(real: f64) -> Result<Rescale> {
    let mut shift = 31_i32;
    let mut part = real;
    while part < 0.5 && shift < 62 {
        part *= 2.0;
        shift += 1;
    }
    while part >= 1.0 && shift > 1 {
        part /= 2.0;
        shift -= 1;
    }
    const WHOLE: f64 = (1_u32 << 31) as f64;
    let mut multiplier = (part * WHOLE).round();
    if multiplier == WHOLE {
        (multiplier, shift) = (WHOLE / 2.0, shift - 1);
    }
    if !(0.0..WHOLE).contains(&multiplier) {
        return Err(format!(
            "a layer's sums cannot be put in 8 bits: they are {real} times too large"
        )
        .into());
    }
    Ok(Rescale {
        multiplier: multiplier as i32,
        shift: shift as u8,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_factor_is_kept_to_nine_digits_however_small_or_large() -> Result {
        for real in [1e-6, 0.0123, 0.5, 0.999_999_999_9, 1.0, 3.7, 1000.0] {
            let Rescale { multiplier, shift } = factor(real)?;
            let kept = f64::from(multiplier) / 2_f64.powi(shift.into());
            assert!((kept / real - 1.0).abs() < 1e-9, "{real}: {kept}");
        }
        assert!(factor(f64::INFINITY).is_err());
        assert!(factor(f64::NAN).is_err());
        Ok(())
    }

    #[test]
    fn a_range_has_zero_on_a_step_and_its_ends_within_one() -> Result {
        for (lowest, highest) in [(-1.0, 3.0), (0.0, 0.5), (-7.0, 0.0), (0.0, 0.0)] {
            let Quantization { scale, zero_point } = Range { lowest, highest }.quantization()?;
            let real = |step: i8| (f32::from(step) - f32::from(zero_point)) * scale;
            assert!(real(-128) <= lowest + scale && real(127) >= highest - scale);
        }
        assert!(
            Range {
                lowest: 0.0,
                highest: f32::INFINITY
            }
            .quantization()
            .is_err()
        );
        Ok(())
    }
}
