//! Leaky ReLU and its family over slices.
//!
//! ```
//! use leaky_relu::LeakyRelu;
//!
//! let f = LeakyRelu::new(0.01_f32)?;
//! let x = [-2.0, -0.5, 0.0, 3.0];
//! let mut y = [0.0_f32; 4];
//! f.forward(&x, &mut y);
//! assert_eq!(y, [-0.02, -0.005, 0.0, 3.0]);
//! # Ok::<(), leaky_relu::Error>(())
//! ```
#![no_std]
#[cfg(any(test, feature = "std"))]
extern crate std;

extern crate alloc;

mod arch;
mod count;
mod elu;
mod error;
mod exponential;
mod float;
mod gain;
mod kernel;
mod leaky_relu;
mod prelu;
mod quantized;
mod relu;
mod rrelu;
mod sign_bits;

pub use elu::Elu;
pub use error::Error;
pub use float::{Alpha, Float};
pub use leaky_relu::LeakyRelu;
pub use prelu::PRelu;
pub use quantized::{Quantization, Quantized, QuantizedLeakyRelu};
pub use relu::Relu;
pub use rrelu::RRelu;
pub use sign_bits::SignBits;
