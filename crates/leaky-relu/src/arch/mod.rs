//! The processor's vector instructions, behind safe traits: the only place with `unsafe` code.
//!
//! [`Arithmetic`] and [`Memory`] say what the kernels need of a vector; each module implements them
//! for one set of instructions on a token that exists only where the processor has them. A kernel
//! is written once, as a [`Work`] over any token, and [`Element::dispatch`] compiles it for each of
//! them and runs the widest.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod block;
mod cache;
#[cfg(test)]
pub(crate) mod forced;
mod level;
#[cfg(target_arch = "aarch64")]
mod neon;
mod new;
mod portable;
mod simd;
#[cfg(target_arch = "x86_64")]
mod sse2;

pub(crate) use block::{BLOCK, Block, Pass, Step, load};
pub(crate) use level::{Element, Level};
pub(crate) use new::to_vec;
pub(crate) use simd::{Arithmetic, Mask, Memory, Vector, Work};
