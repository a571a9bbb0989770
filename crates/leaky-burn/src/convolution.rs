//! Convolutions over Burn's tensors, with the rectifier behind them in the same pass.

use burn::tensor::Tensor;
use burn::tensor::ops::{ConvOptions, ConvTransposeOptions};

use crate::{Rectifier, dispatch};

/// A convolution over the last axis and the rectifier behind it.
///
/// # Shapes
/// - input: `[batch, channels_in, length]`
/// - weight: `[channels_out, channels_in / groups, kernel_size]`
/// - bias: `[channels_out]`
/// - output: `[batch, channels_out, length_out]`
///
/// # Panics
/// If the shapes do not belong together.
pub fn conv1d(
    input: Tensor<3>,
    weight: Tensor<3>,
    bias: Option<Tensor<1>>,
    options: ConvOptions<1>,
    rectifier: Option<Rectifier>,
) -> Tensor<3> {
    Tensor::from_dispatch(dispatch::conv1d(
        input.into_dispatch(),
        weight.into_dispatch(),
        bias.map(Tensor::into_dispatch),
        options,
        rectifier,
    ))
}

/// A convolution over the last two axes and the rectifier behind it.
///
/// # Shapes
/// - input: `[batch, channels_in, height, width]`
/// - weight: `[channels_out, channels_in / groups, kernel_height, kernel_width]`
/// - bias: `[channels_out]`
/// - output: `[batch, channels_out, height_out, width_out]`
///
/// # Panics
/// If the shapes do not belong together.
pub fn conv2d(
    input: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    options: ConvOptions<2>,
    rectifier: Option<Rectifier>,
) -> Tensor<4> {
    Tensor::from_dispatch(dispatch::conv2d(
        input.into_dispatch(),
        weight.into_dispatch(),
        bias.map(Tensor::into_dispatch),
        options,
        rectifier,
    ))
}

/// A transposed convolution over the last axis and the rectifier behind it.
///
/// # Shapes
/// - input: `[batch, channels_in, length]`
/// - weight: `[channels_in, channels_out / groups, kernel_size]`
/// - bias: `[channels_out]`
/// - output: `[batch, channels_out, length_out]`
///
/// # Panics
/// If the shapes do not belong together.
pub fn conv_transpose1d(
    input: Tensor<3>,
    weight: Tensor<3>,
    bias: Option<Tensor<1>>,
    options: ConvTransposeOptions<1>,
    rectifier: Option<Rectifier>,
) -> Tensor<3> {
    Tensor::from_dispatch(dispatch::conv_transpose1d(
        input.into_dispatch(),
        weight.into_dispatch(),
        bias.map(Tensor::into_dispatch),
        options,
        rectifier,
    ))
}

/// A transposed convolution over the last two axes and the rectifier behind it.
///
/// # Shapes
/// - input: `[batch, channels_in, height, width]`
/// - weight: `[channels_in, channels_out / groups, kernel_height, kernel_width]`
/// - bias: `[channels_out]`
/// - output: `[batch, channels_out, height_out, width_out]`
///
/// # Panics
/// If the shapes do not belong together.
pub fn conv_transpose2d(
    input: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    options: ConvTransposeOptions<2>,
    rectifier: Option<Rectifier>,
) -> Tensor<4> {
    Tensor::from_dispatch(dispatch::conv_transpose2d(
        input.into_dispatch(),
        weight.into_dispatch(),
        bias.map(Tensor::into_dispatch),
        options,
        rectifier,
    ))
}
