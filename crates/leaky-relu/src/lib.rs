//! Leaky ReLU and its family over slices: values, gradients and sign bits at the speed of memory.
//!
//! ```
//! use leaky_relu::{LeakyRelu, Rectifier, SignBits};
//!
//! let f = LeakyRelu::new(0.01_f32)?;
//!
//! // Forward; what the gradient needs of `x` is kept as one bit an element.
//! let x = [-2.0, -0.5, 0.0, 3.0];
//! let mut y = [0.0_f32; 4];
//! let mut signs = SignBits::new();
//! f.forward_with_signs(&x, &mut y, &mut signs);
//! assert_eq!(y, [-0.02, -0.005, 0.0, 3.0]);
//!
//! // Backward; `x` and `y` may be gone by now.
//! let dy = [1.0; 4];
//! let mut dx = [0.0_f32; 4];
//! f.backward_from_signs(&signs, &dy, &mut dx);
//! assert_eq!(dx, [0.01, 0.01, 0.01, 1.0]);
//! # Ok::<(), leaky_relu::Error>(())
//! ```
//!
//! # What there is
//!
//! [`LeakyRelu`], [`Relu`], [`PRelu`], [`RRelu`] and [`Elu`] share the methods of one trait,
//! [`Rectifier`], from slices of [`Float`]s to slices of the same length: `forward` and `backward` into
//! another slice, `…_in_place` within one, `…_to_vec` into new memory; `…_with_signs` also records the
//! [`SignBits`] of the input, from which `backward_from_signs` computes the gradient, and
//! `backward_from_output` needs nothing but the output. [`QuantizedLeakyRelu`] is the function on 8-bit
//! integers. Slices that differ in length are refused with a panic, like in `copy_from_slice`;
//! parameters that make no sense are refused with an [`Error`] when the value is made. Empty slices are
//! fine.
//!
//! # How it computes
//!
//! Each pass reads and writes memory once, with the widest vector instructions that the processor
//! has: AVX-512, AVX2 or SSE2 on x86-64, chosen at run time, NEON on 64-bit Arm, those of WebAssembly
//! where the program is compiled for them, and elsewhere (also on targets without floating-point
//! registers) what the compiler makes of plain loops. All of them give the same bits. An output that is
//! as large as the last-level cache or larger is written past it. With the feature `rayon`, the threads
//! of the pool that the call is made from help with slices of two megabytes and more: the calling thread
//! begins at once, whoever is free takes the next part, and nobody waits for a thread that is busy or
//! asleep.
//!
//! # Features
//!
//! * `std` (on by default): detects vector instructions at run time. Without it the crate needs
//!   only `alloc`, and uses the instructions that it is compiled for.
//! * `half`: [`half::f16`](https://docs.rs/half) and `half::bf16` as elements. They are computed in
//!   `f32` and rounded once at the end.
//! * `rayon`: threads.
//!
//! # Where the standards differ
//!
//! Values and gradients of the inputs are what PyTorch computes on the CPU, bit for bit, with these
//! exceptions: the payload of a NaN; [`Elu`], within 2 units in the last place; and the gradient of the
//! slopes of a [`PRelu`], a sum that PyTorch adds up in the type of the elements and in an order of its
//! own, and this crate in `f64` (with any number of threads the same). Others choose otherwise where
//! mathematics leaves a choice:
//!
//! | | PyTorch | JAX | TensorFlow | ONNX | this crate |
//! |---|---|---|---|---|---|
//! | Leaky ReLU, gradient at 0 | `alpha` | 1 | `alpha` | not defined | `alpha` |
//! | Leaky ReLU, gradient at NaN | `alpha` | `alpha` | `alpha` | not defined | `alpha` |
//! | Leaky ReLU at `-0.0`, `alpha < 0` | `+0.0` | `-0.0` | `+0.0` | `-0.0` | `+0.0` |
//! | Leaky ReLU at `-inf`, `alpha = 0` | NaN | NaN | NaN | NaN | NaN |
//! | ReLU at `-inf` | 0 | 0 | 0 | 0 | 0 |
//! | ReLU at `-0.0` | `-0.0` | `+0.0` | not fixed | not fixed | `-0.0` |
//! | ReLU, gradient at 0 | 0 | 0 | 0 | not defined | 0 |
//! | ReLU, gradient at NaN | 1 | 0 | 0 | not defined | 1 |
//! | ReLU where the gradient stops, `dy = inf` | 0 | 0 | NaN | not defined | 0 |
//! | ELU, gradient at 0 | `alpha` | `alpha` | 1 | not defined | `alpha` |
//!
//! PyTorch 2.15, JAX 0.10 and ONNX Runtime 1.31 were tried out; TensorFlow's column is read from
//! its source (`relu_op_functor.h`), whose ELU has no `alpha`.
#![no_std]
#[cfg(any(test, feature = "std"))]
extern crate std;

extern crate alloc;

mod arch;
mod bits;
mod count;
mod elu;
mod error;
mod exponential;
mod float;
mod gain;
mod kernel;
mod leaky_relu;
mod length;
mod number;
mod prelu;
mod quantized;
mod rectifier;
mod relu;
mod rrelu;
mod sign_bits;
mod split;
#[cfg(test)]
mod tests;
#[cfg(feature = "half")]
mod with_float;

pub use elu::Elu;
pub use error::Error;
pub use float::Float;
#[cfg(feature = "half")]
pub use half;
pub use leaky_relu::LeakyRelu;
pub use number::{Alpha, Number};
pub use prelu::PRelu;
pub use quantized::{Quantization, Quantized, QuantizedLeakyRelu};
pub use rectifier::{BySigns, Rectifier};
pub use relu::Relu;
pub use rrelu::RRelu;
pub use sign_bits::{SignBits, SignBitsIter};
