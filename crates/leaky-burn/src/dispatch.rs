//! The rectifiers over Burn's rank-free tensors, for interpreters and backend extensions.
//!
//! A [`DispatchTensor`] carries its rank, its backend and its autodiff state at run time; get one
//! with [`Tensor::into_dispatch`](burn::tensor::Tensor::into_dispatch) and turn it back with
//! [`Tensor::from_dispatch`](burn::tensor::Tensor::from_dispatch).

use burn::backend::{Dispatch, DispatchTensor};

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
