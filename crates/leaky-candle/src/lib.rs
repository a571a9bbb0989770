//! Leaky ReLU and PReLU inside [candle](https://github.com/huggingface/candle): one pass forward,
//! one pass backward on the CPU.
//!
//! ```
//! use candle_core::{Device, Module, Tensor, Var};
//! use leaky_candle::LeakyRelu;
//!
//! let xs = Var::from_slice(&[-2.0_f32, 0.0, 3.0], 3, &Device::Cpu)?;
//! let ys = LeakyRelu::new(0.1).forward(&xs)?;
//! assert_eq!(ys.to_vec1::<f32>()?, [-0.2, 0.0, 3.0]);
//!
//! let gradients = ys.sum_all()?.backward()?;
//! let dx = gradients.get(&xs).expect("a variable has a gradient");
//! assert_eq!(dx.to_vec1::<f32>()?, [0.1, 0.1, 1.0]);
//! # Ok::<(), candle_core::Error>(())
//! ```
//!
//! # What happens inside
//!
//! On the CPU the kernels of [`leaky_relu`](https://docs.rs/leaky-relu) do the work, as candle
//! custom operations, for `f32`, `f64`, `f16` and `bf16`. Values and gradients are PyTorch's; at
//! zero and at NaN the gradient is the slope. A tensor that is not contiguous is made so within the
//! operation. On other devices, and where the gradient is itself recorded for a second derivative,
//! the same function is composed of candle's own operations.
//!
//! # What candle keeps
//!
//! candle's graph holds the argument and the result of every operation until the graph is dropped,
//! and hands both to the backward pass. So these operations keep nothing of their own: sign bits
//! beside an input that is held anyway would cost memory, not save it. candle's own Leaky ReLU is a
//! composition that holds five tensors of the input's size besides the input: the zeros, the two
//! halves, the scaled half and their sum; this one holds its result alone.

mod composed;
mod elements;
mod leaky_relu;
mod prelu;

pub use leaky_relu::{LeakyRelu, leaky_relu};
pub use prelu::{PRelu, prelu};
