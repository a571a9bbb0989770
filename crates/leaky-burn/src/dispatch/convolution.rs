//! Convolutions over rank-free tensors.

use burn::backend::ops::{ConvOptions, ConvTransposeOptions};
use burn::backend::{Dispatch, DispatchTensor, TensorMetadata};

use super::rows::{of_one_row, without_rows};
use crate::Rectifier;
use crate::backend::{Bias, Convolutions};

/// A convolution over the last axis of `[batch, channels_in, length]` and the rectifier behind it.
///
/// The weight has the shape `[channels_out, channels_in / groups, kernel_size]`, the bias
/// `[channels_out]`.
///
/// # Panics
/// If the shapes do not belong together.
pub fn conv1d(
    input: DispatchTensor,
    weight: DispatchTensor,
    bias: Option<DispatchTensor>,
    options: ConvOptions<1>,
    rectifier: Option<Rectifier>,
) -> DispatchTensor {
    let options = ConvOptions::new_with_padding(
        [1, options.stride[0]],
        [(0, 0), options.padding[0]],
        [1, options.dilation[0]],
        options.groups,
    );
    let output = conv2d(
        of_one_row(input),
        of_one_row(weight),
        bias,
        options,
        rectifier,
    );
    without_rows(output)
}

/// A convolution over the last two axes of `[batch, channels_in, height, width]` and the rectifier
/// behind it.
///
/// The weight has the shape `[channels_out, channels_in / groups, kernel_height, kernel_width]`, the
/// bias `[channels_out]`.
///
/// # Panics
/// If the shapes do not belong together.
pub fn conv2d(
    input: DispatchTensor,
    weight: DispatchTensor,
    bias: Option<DispatchTensor>,
    options: ConvOptions<2>,
    rectifier: Option<Rectifier>,
) -> DispatchTensor {
    let (x, w) = (shape(&input), shape(&weight));
    assert!(
        w[1] * options.groups == x[1] && w[0] % options.groups == 0,
        "an input of shape {x:?} does not fit a weight of shape {w:?} in {} groups",
        options.groups
    );
    let bias = checked_bias(bias, w[0]);
    Dispatch::convolve(input, weight, bias, options, rectifier)
}

/// A transposed convolution over the last axis of `[batch, channels_in, length]` and the rectifier
/// behind it.
///
/// The weight has the shape `[channels_in, channels_out / groups, kernel_size]`, the bias
/// `[channels_out]`.
///
/// # Panics
/// If the shapes do not belong together.
pub fn conv_transpose1d(
    input: DispatchTensor,
    weight: DispatchTensor,
    bias: Option<DispatchTensor>,
    options: ConvTransposeOptions<1>,
    rectifier: Option<Rectifier>,
) -> DispatchTensor {
    let options = ConvTransposeOptions::new(
        [1, options.stride[0]],
        [0, options.padding[0]],
        [0, options.padding_out[0]],
        [1, options.dilation[0]],
        options.groups,
    );
    let (input, weight) = (of_one_row(input), of_one_row(weight));
    without_rows(conv_transpose2d(input, weight, bias, options, rectifier))
}

/// A transposed convolution over the last two axes of `[batch, channels_in, height, width]` and the
/// rectifier behind it.
///
/// The weight has the shape `[channels_in, channels_out / groups, kernel_height, kernel_width]`, the
/// bias `[channels_out]`.
///
/// # Panics
/// If the shapes do not belong together.
pub fn conv_transpose2d(
    input: DispatchTensor,
    weight: DispatchTensor,
    bias: Option<DispatchTensor>,
    options: ConvTransposeOptions<2>,
    rectifier: Option<Rectifier>,
) -> DispatchTensor {
    let (x, w) = (shape(&input), shape(&weight));
    assert!(
        w[0] == x[1] && w[0] % options.groups == 0,
        "an input of shape {x:?} does not fit a transposed weight of shape {w:?} in {} groups",
        options.groups
    );
    let bias = checked_bias(bias, w[1] * options.groups);
    Dispatch::convolve_transposed(input, weight, bias, options, rectifier)
}

fn shape(tensor: &DispatchTensor) -> [usize; 4] {
    let shape = tensor.shape();
    let Ok(lengths) = shape.as_slice().try_into() else {
        panic!("a convolution takes a tensor with batch, channels and spatial axes, not {shape}");
    };
    lengths
}

fn checked_bias(bias: Option<DispatchTensor>, channels: usize) -> Bias<Dispatch> {
    let Some(bias) = bias else {
        return Bias::Absent;
    };
    let shape = bias.shape();
    assert!(
        shape.as_slice() == [channels],
        "a bias of shape {shape} does not fit {channels} output channels"
    );
    Bias::Present(bias)
}
