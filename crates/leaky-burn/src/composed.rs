//! The rectifiers and convolutions as compositions of Burn's own operations: the definition that the kernels are
//! held to, and what every backend without kernels runs.
//!
//! Each is built so that Burn's autodiff derives PyTorch's gradient from it, which at zero is the
//! slope below zero. (Burn's own Leaky ReLU selects on `x < 0`, and so has the gradient 1 there.)

use burn::backend::ops::{ConvOptions, ConvTransposeOptions};
use burn::backend::tensor::{BoolTensor, FloatTensor};
use burn::backend::{Backend, TensorMetadata, get_or_init_device_settings};

use crate::max_pool::MaxPool;
use crate::rectifier::Rectifier;

/// `x` above zero, `negative_slope * x` elsewhere.
pub(crate) fn leaky_relu<B: Backend>(input: FloatTensor<B>, negative_slope: f64) -> FloatTensor<B> {
    let above_zero = above_zero::<B>(&input);
    let leaked = B::float_mul_scalar(input.clone(), negative_slope.into());
    B::float_mask_where(leaked, above_zero, input)
}

/// `x` above zero, `alpha * x` elsewhere, with slopes that broadcast to the input.
pub(crate) fn prelu<B: Backend>(input: FloatTensor<B>, alpha: FloatTensor<B>) -> FloatTensor<B> {
    let above_zero = above_zero::<B>(&input);
    let leaked = B::float_mul(input.clone(), alpha);
    B::float_mask_where(leaked, above_zero, input)
}

/// Which elements are above zero: not those that are NaN.
fn above_zero<B: Backend>(input: &FloatTensor<B>) -> BoolTensor<B> {
    let bool_dtype = get_or_init_device_settings::<B>(&input.device()).bool_dtype;
    B::float_greater_elem(input.clone(), 0.0.into(), bool_dtype)
}

/// A convolution, then the rectifier.
pub(crate) fn convolve<B: Backend>(
    input: FloatTensor<B>,
    weight: FloatTensor<B>,
    bias: Option<FloatTensor<B>>,
    options: ConvOptions<2>,
    rectifier: Option<Rectifier>,
) -> FloatTensor<B> {
    rectified::<B>(B::conv2d(input, weight, bias, options), rectifier)
}

/// A transposed convolution, then the rectifier.
pub(crate) fn convolve_transposed<B: Backend>(
    input: FloatTensor<B>,
    weight: FloatTensor<B>,
    bias: Option<FloatTensor<B>>,
    options: ConvTransposeOptions<2>,
    rectifier: Option<Rectifier>,
) -> FloatTensor<B> {
    rectified::<B>(B::conv_transpose2d(input, weight, bias, options), rectifier)
}

/// The largest number of each window.
pub(crate) fn pool_max<B: Backend>(input: FloatTensor<B>, pool: MaxPool) -> FloatTensor<B> {
    let MaxPool {
        kernel,
        stride,
        padding,
        dilation,
        ceil_mode,
    } = pool;
    B::max_pool2d(input, kernel, stride, padding, dilation, ceil_mode)
}

fn rectified<B: Backend>(input: FloatTensor<B>, rectifier: Option<Rectifier>) -> FloatTensor<B> {
    match rectifier {
        None => input,
        Some(Rectifier::Relu) => B::relu(input),
        Some(Rectifier::LeakyRelu { negative_slope }) => leaky_relu::<B>(input, negative_slope),
    }
}
