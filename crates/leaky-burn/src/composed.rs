//! The rectifiers and convolutions as compositions of Burn's own operations: the definition that the kernels are
//! held to, and what every backend without kernels runs.
//!
//! Each is built so that Burn's autodiff derives PyTorch's gradient from it, which at zero is the
//! slope below zero. (Burn's own Leaky ReLU selects on `x < 0`, and so has the gradient 1 there.)

use burn::backend::ops::{ConvOptions, ConvTransposeOptions};
use burn::backend::tensor::{BoolTensor, FloatTensor};
use burn::backend::{Backend, TensorMetadata, get_or_init_device_settings, read_sync};
use burn::tensor::Shape;
use leaky_relu::SignBits;

use crate::max_pool::MaxPool;
use crate::rectifier::Rectifier;
use crate::unit_counts;

/// `max(x, 0)`; NaN stays NaN.
pub(crate) fn relu<B: Backend>(input: FloatTensor<B>) -> FloatTensor<B> {
    if unit_counts::asked() {
        count::<B>(input.shape(), above_zero::<B>(&input));
    }
    B::relu(input)
}

/// `x` above zero, `negative_slope * x` elsewhere.
pub(crate) fn leaky_relu<B: Backend>(input: FloatTensor<B>, negative_slope: f64) -> FloatTensor<B> {
    let above_zero = counted::<B>(&input);
    let leaked = B::float_mul_scalar(input.clone(), negative_slope.into());
    B::float_mask_where(leaked, above_zero, input)
}

/// `x` above zero, `alpha * x` elsewhere, with slopes that broadcast to the input.
pub(crate) fn prelu<B: Backend>(input: FloatTensor<B>, alpha: FloatTensor<B>) -> FloatTensor<B> {
    let above_zero = counted::<B>(&input);
    let leaked = B::float_mul(input.clone(), alpha);
    B::float_mask_where(leaked, above_zero, input)
}

/// Which elements are above zero: not those that are NaN.
fn above_zero<B: Backend>(input: &FloatTensor<B>) -> BoolTensor<B> {
    let bool_dtype = get_or_init_device_settings::<B>(&input.device()).bool_dtype;
    B::float_greater_elem(input.clone(), 0.0.into(), bool_dtype)
}

/// As [`above_zero`], counted if somebody asked.
fn counted<B: Backend>(input: &FloatTensor<B>) -> BoolTensor<B> {
    let above_zero = above_zero::<B>(input);
    if unit_counts::asked() {
        count::<B>(input.shape(), above_zero.clone());
    }
    above_zero
}

/// Fetches the signs, and counts them.
fn count<B: Backend>(shape: Shape, above_zero: BoolTensor<B>) {
    let signs = read_sync(B::bool_into_data(above_zero))
        .unwrap_or_else(|error| panic!("the signs of a rectifier cannot be fetched: {error}"));
    let signs: SignBits = signs.iter::<bool>().collect();
    unit_counts::record(&shape, unit_counts::unit_axis(shape.len()), [&signs]);
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
        Some(Rectifier::Relu) => relu::<B>(input),
        Some(Rectifier::LeakyRelu { negative_slope }) => leaky_relu::<B>(input, negative_slope),
    }
}
