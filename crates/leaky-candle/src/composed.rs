//! The rectifiers as compositions of candle's own operations: for devices without kernels, and for
//! gradients that are themselves differentiated.

use candle_core::{Result, Tensor};

/// `xs` above zero, `negative_slope * xs` elsewhere.
pub(crate) fn leaky_relu(xs: &Tensor, negative_slope: f64) -> Result<Tensor> {
    leak(xs, xs, &xs.affine(negative_slope, 0.0)?)
}

/// The gradient of [`leaky_relu`].
pub(crate) fn leaky_relu_gradient(
    xs: &Tensor,
    gradient: &Tensor,
    negative_slope: f64,
) -> Result<Tensor> {
    leak(xs, gradient, &gradient.affine(negative_slope, 0.0)?)
}

/// `xs` above zero, `weight * xs` elsewhere, with slopes that broadcast to `xs`.
pub(crate) fn prelu(xs: &Tensor, weight: &Tensor) -> Result<Tensor> {
    leak(xs, xs, &xs.broadcast_mul(weight)?)
}

/// The gradients of [`prelu`]: of `xs`, and of the slopes before they were broadcast.
pub(crate) fn prelu_gradients(
    xs: &Tensor,
    weight: &Tensor,
    gradient: &Tensor,
) -> Result<(Tensor, Tensor)> {
    let of_xs = leak(xs, gradient, &gradient.broadcast_mul(weight)?)?;
    let each = leak(xs, &xs.zeros_like()?, &(xs * gradient)?)?;
    let broadcast: Vec<usize> = (0..xs.rank())
        .filter(|&axis| weight.dims()[axis] == 1)
        .collect();
    Ok((of_xs, each.sum_keepdim(broadcast)?))
}

/// `above` where `xs` is above zero, `below` elsewhere.
fn leak(xs: &Tensor, above: &Tensor, below: &Tensor) -> Result<Tensor> {
    xs.detach().gt(0.0_f64)?.where_cond(above, below)
}
