//! Leaky ReLU and its family inside [Burn](https://burn.dev): one pass forward, one pass backward,
//! one bit kept an element.
//!
//! Swap the import and nothing else changes: `leaky_burn::LeakyRelu` in the place of
//! `burn::nn::LeakyRelu`, `leaky_burn::leaky_relu` in that of
//! `burn::tensor::activation::leaky_relu`, and so for ReLU, PReLU and RReLU.
//!
//! ```
//! use burn::tensor::{Device, Tensor};
//! use leaky_burn::LeakyReluConfig;
//!
//! let device = Device::flex().autodiff();
//! let x = Tensor::<1>::from_floats([-2.0, 0.0, 3.0], &device).require_grad();
//! let y = LeakyReluConfig::new().with_negative_slope(0.1).init().forward(x.clone());
//! assert_eq!(y.to_data().try_to_vec::<f32>().unwrap(), [-0.2, 0.0, 3.0]);
//!
//! let dx = x.grad(&y.sum().backward()).unwrap();
//! assert_eq!(dx.to_data().try_to_vec::<f32>().unwrap(), [0.1, 0.1, 1.0]);
//! ```
//!
//! # What happens inside
//!
//! On the flex backend the kernels of [`leaky_relu`](https://docs.rs/leaky-relu) do the work, for
//! `f32`, `f64`, `f16` and `bf16`. Forward writes into the input's memory where no other tensor
//! holds it, as after a layer whose output only the rectifier takes; it keeps the signs of the
//! input, one bit an element, and backward writes into the memory of the incoming gradient. Burn's
//! own Leaky ReLU keeps a byte an element and makes several passes. A permuted view is worked on
//! as it lies; a view with gaps, repeats or reversed axes is made contiguous once. A PReLU whose
//! slopes are learned keeps its input as well, since their gradient is a sum over it.
//!
//! [`conv1d`], [`conv2d`] and their transposes apply a ReLU or a Leaky ReLU to each part of the output
//! while it is in the cache, and keep its signs alone. In single precision they are matrix products
//! over blocks of the inputs under the kernel, packed from a padded copy; the gradient of the weights
//! is one over blocks of positions. What adds to a sum is decided by the shapes: any number of
//! threads gives the same bits. Other types, and three axes, run through Burn's own.
//!
//! [`count_units`] counts on those sign bits which units are dead or dormant, while a network trains.
//!
//! On every other backend that Burn dispatches to, and under gradient checkpointing, which computes
//! activations anew from inputs that must then still be there, the same function is composed of
//! Burn's own operations.
//!
//! # Where it differs from Burn's own
//!
//! At zero the gradient is the slope below zero, as in PyTorch, where Burn's is 1; the same holds
//! at NaN.
//!
//! # Features
//!
//! One for each backend, with Burn's names; `flex` is on by default. `train` adds a metric of dead and
//! dormant units for the dashboard that Burn shows while it trains.

mod backend;
mod composed;
mod convolution;
pub mod dispatch;
#[cfg(feature = "flex")]
mod flex;
mod functions;
mod max_pool;
mod modules;
mod rectifier;
#[cfg(feature = "train")]
pub mod train;
mod unit_counts;

pub use convolution::{conv_transpose1d, conv_transpose2d, conv1d, conv2d};
pub use functions::{leaky_relu, prelu, relu, rrelu};
pub use modules::{LeakyRelu, LeakyReluConfig, PRelu, PReluConfig, RRelu, RReluConfig, Relu};
pub use rectifier::Rectifier;
pub use unit_counts::{UnitCounts, count_units};
