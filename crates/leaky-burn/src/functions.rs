//! The rectifiers over Burn's tensors.

use burn::tensor::{DType, Distribution, Tensor};

use crate::dispatch;

/// The ReLU, `max(x, 0)`. NaN stays NaN.
///
/// The gradient is 1 above zero and 0 elsewhere.
///
/// # Shapes
/// - input: `[..., any]`
/// - output: `[..., any]`
pub fn relu<const D: usize>(tensor: Tensor<D>) -> Tensor<D> {
    Tensor::from_dispatch(dispatch::relu(float(tensor).into_dispatch()))
}

/// The Leaky ReLU: `x` above zero, `negative_slope * x` elsewhere.
///
/// The gradient is 1 above zero and `negative_slope` elsewhere, also at zero and at NaN.
///
/// # Shapes
/// - input: `[..., any]`
/// - output: `[..., any]`
pub fn leaky_relu<const D: usize>(tensor: Tensor<D>, negative_slope: f64) -> Tensor<D> {
    let output = dispatch::leaky_relu(float(tensor).into_dispatch(), negative_slope);
    Tensor::from_dispatch(output)
}

/// The PReLU: `x` above zero, `alpha * x` elsewhere, with learned slopes.
///
/// The gradient of the tensor is 1 above zero and `alpha` elsewhere; that of `alpha` sums `x * dy`
/// over the elements of a slope that are not above zero.
///
/// # Shapes
/// - input: `[batch, channels, ...]`, or any shape where there is one slope
/// - alpha: `[1]` or `[channels]`
/// - output: as the input
///
/// # Panics
/// If there is more than one slope and the tensor has not as many channels.
pub fn prelu<const D: usize>(tensor: Tensor<D>, alpha: Tensor<1>) -> Tensor<D> {
    let [slopes] = alpha.dims();
    let mut shape = [1; D];
    if slopes != 1 {
        assert!(
            D >= 2 && tensor.dims()[1] == slopes,
            "{slopes} slopes for a tensor of shape {}, whose axis 1 is not of that length: give one slope, or one a channel",
            tensor.shape()
        );
        shape[1] = slopes;
    }
    let alpha = float(alpha).reshape(shape);
    let output = dispatch::prelu(float(tensor).into_dispatch(), alpha.into_dispatch());
    Tensor::from_dispatch(output)
}

/// The randomised Leaky ReLU: in training `x` above zero and `a * x` elsewhere, with a slope `a`
/// drawn for each element between `lower` and `upper`; in inference the Leaky ReLU with their mean.
///
/// The slopes come from the device's generator, which
/// [`Device::seed`](burn::tensor::Device::seed) seeds, and are those that Burn's own module draws.
/// The gradient is 1 above zero and `a` elsewhere.
///
/// # Shapes
/// - input: `[..., any]`
/// - output: `[..., any]`
///
/// # Panics
/// If `lower` is above `upper`, or one of them is not finite.
pub fn rrelu<const D: usize>(
    tensor: Tensor<D>,
    lower: f64,
    upper: f64,
    training: bool,
) -> Tensor<D> {
    assert!(
        lower <= upper && lower.is_finite() && upper.is_finite(),
        "slopes are drawn from {lower} to {upper}, which is no range of finite numbers"
    );
    if !training || lower == upper {
        return leaky_relu(tensor, lower / 2.0 + upper / 2.0);
    }
    let tensor = float(tensor);
    let slopes = tensor.random_like(Distribution::Uniform(lower, upper));
    let output = dispatch::prelu(tensor.into_dispatch(), slopes.into_dispatch());
    Tensor::from_dispatch(output)
}

/// The tensor itself, out of its quantisation where it has one, as Burn's own activations take it.
fn float<const D: usize>(tensor: Tensor<D>) -> Tensor<D> {
    match tensor.dtype() {
        DType::QFloat(_) => tensor.dequantize(),
        _ => tensor,
    }
}
