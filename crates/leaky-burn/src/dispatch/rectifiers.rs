//! The rectifiers over rank-free tensors.

use burn::backend::{Dispatch, DispatchTensor, TensorMetadata, ops::FloatTensorOps};
use burn::tensor::Shape;

use crate::backend::Rectifiers;

/// The ReLU, `max(x, 0)`, of a float tensor of any shape. NaN stays NaN.
///
/// The gradient is 1 above zero and 0 elsewhere.
pub fn relu(input: DispatchTensor) -> DispatchTensor {
    Dispatch::rectify(input)
}

/// The Leaky ReLU of a float tensor of any shape: `x` above zero, `negative_slope * x` elsewhere.
///
/// The gradient is 1 above zero and `negative_slope` elsewhere, also at zero and at NaN.
pub fn leaky_relu(input: DispatchTensor, negative_slope: f64) -> DispatchTensor {
    Dispatch::rectify_leaky(input, negative_slope)
}

/// The PReLU of a float tensor of any shape: `x` above zero, `alpha * x` elsewhere.
///
/// `alpha` broadcasts to the shape of `input` as in NumPy and ONNX: its axes are aligned at the
/// last, and each is 1 or as long as the input's. (For slopes of shape `[channels]` over axis 1,
/// as PyTorch has them, reshape them to `[channels, 1, …]`.)
///
/// The gradient of `input` is 1 above zero and `alpha` elsewhere; that of `alpha` sums `x * dy` over
/// the elements of a slope that are not above zero.
///
/// # Panics
/// If `alpha` does not broadcast to the shape of `input`.
pub fn prelu(input: DispatchTensor, alpha: DispatchTensor) -> DispatchTensor {
    let (shape, slopes) = (input.shape(), alpha.shape());
    let missing = input.rank().checked_sub(alpha.rank());
    let fits = |missing: usize| {
        let lengths = shape.iter().skip(missing).zip(slopes.iter());
        lengths
            .into_iter()
            .all(|(&length, &own)| own == 1 || own == length)
    };
    let Some(missing) = missing.filter(|&missing| fits(missing)) else {
        panic!("slopes of shape {slopes} do not broadcast to a tensor of shape {shape}");
    };
    let alpha = if missing == 0 {
        alpha
    } else {
        let lengths = vec![1; missing].into_iter().chain(slopes.iter().copied());
        Dispatch::float_reshape(alpha, Shape::from(lengths.collect::<Vec<_>>()))
    };
    Dispatch::rectify_parametric(input, alpha)
}
