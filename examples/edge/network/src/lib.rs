//! A small network of convolutions for a microcontroller, in `f32` and in 8 bits.
//!
//! ```text
//! geometry   where a kernel lies over an image
//! layer      layers one behind the other, whatever they compute with
//! float      a layer of f32 numbers
//! quantized  a layer of 8-bit integers
//! ```
//!
//! The same lines of code run on the desktop and on the microcontroller, where there is neither an
//! operating system nor a heap: nothing here allocates. They add in one order and contract nothing, so
//! that both give the same bits. The rectifiers are those of `leaky-relu`.
//!
//! Images lie in memory pixel by pixel, the channels of a pixel together; kernels likewise, one unit
//! after the other.
#![no_std]

mod float;
mod geometry;
mod layer;
mod quantized;

pub use float::{FloatLayer, FloatWeights};
pub use geometry::{Geometry, Run};
pub use layer::{BRIGHTEST, Layer, Memory, Pass, forward};
pub use leaky_relu::{Error, Quantization};
pub use quantized::{QuantizedLayer, QuantizedWeights, Rescale};

/// The layers of the network that reads handwritten digits of 8 by 8 pixels: two convolutions, and a
/// product with a matrix, which is a convolution whose kernel is as large as the image.
pub const LAYERS: [Geometry; 3] = [
    Geometry {
        size: 8,
        channels: 1,
        kernel: 3,
        stride: 1,
        padding: 1,
        units: 8,
    },
    Geometry {
        size: 8,
        channels: 8,
        kernel: 3,
        stride: 2,
        padding: 1,
        units: 16,
    },
    Geometry {
        size: 4,
        channels: 16,
        kernel: 4,
        stride: 1,
        padding: 0,
        units: 10,
    },
];

/// The network in `f32`, from its weights. `alpha` is the slope below zero of the rectifier behind each
/// layer but the last; none is a ReLU.
///
/// # Errors
/// If the slope is not finite.
pub fn float_layers<'a>(
    weights: &[FloatWeights<'a>; LAYERS.len()],
    alpha: Option<f32>,
) -> Result<[FloatLayer<'a>; LAYERS.len()], Error> {
    let [first, second, last] = LAYERS;
    let [a, b, c] = *weights;
    Ok([
        FloatLayer::rectified(first, a, alpha)?,
        FloatLayer::rectified(second, b, alpha)?,
        FloatLayer::linear(last, c),
    ])
}

/// The network in 8 bits, as [`float_layers`].
///
/// # Errors
/// If the slope or a scale is not finite, or a scale not above zero.
pub fn quantized_layers<'a>(
    weights: &[QuantizedWeights<'a>; LAYERS.len()],
    alpha: Option<f32>,
) -> Result<[QuantizedLayer<'a>; LAYERS.len()], Error> {
    let [first, second, last] = LAYERS;
    let [a, b, c] = *weights;
    Ok([
        QuantizedLayer::rectified(first, a, alpha)?,
        QuantizedLayer::rectified(second, b, alpha)?,
        QuantizedLayer::linear(last, c),
    ])
}
