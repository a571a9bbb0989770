//! The rectifiers and convolutions over Burn's rank-free tensors, for interpreters and backend
//! extensions.
//!
//! A [`DispatchTensor`](burn::backend::DispatchTensor) carries its rank, its backend and its autodiff
//! state at run time; get one with [`Tensor::into_dispatch`](burn::tensor::Tensor::into_dispatch) and
//! turn it back with [`Tensor::from_dispatch`](burn::tensor::Tensor::from_dispatch).

mod convolution;
mod rectifiers;

pub use convolution::{conv_transpose1d, conv_transpose2d, conv1d, conv2d};
pub use rectifiers::{leaky_relu, prelu, relu};
