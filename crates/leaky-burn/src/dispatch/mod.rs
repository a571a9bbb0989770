//! The rectifiers, convolutions and pooling over Burn's rank-free tensors, for interpreters and backend
//! extensions.
//!
//! A [`DispatchTensor`](burn::backend::DispatchTensor) carries its rank, its backend and its autodiff
//! state at run time; get one with [`Tensor::into_dispatch`](burn::tensor::Tensor::into_dispatch) and
//! turn it back with [`Tensor::from_dispatch`](burn::tensor::Tensor::from_dispatch).

mod convolution;
mod pooling;
mod rectifiers;
mod rows;

pub use convolution::{conv_transpose1d, conv_transpose2d, conv1d, conv2d};
pub use pooling::{max_pool1d, max_pool2d};
pub use rectifiers::{leaky_relu, prelu, relu};
