//! The processor's vector instructions, behind safe traits: the only place with `unsafe` code.
//!
//! [`Arithmetic`] and [`Memory`] say what is needed of a vector; each module of an architecture
//! implements them for one set of instructions, on a token that exists only where the processor has
//! them. Five words describe the work:
//!
//! * [`Elements`]: where elements are read and where they are written, two slices or one;
//! * [`Block`]: 64 of them at hand, read and written vector by vector;
//! * [`Kernel`]: what is done with each block;
//! * [`Pass`]: one walk over memory, with a kernel or without, which can be cut in two;
//! * [`Level`]: the set of instructions that a pass is made with. [`Element::run_at`] compiles each
//!   pass for each of them.

mod block;
mod cache;
mod elements;
#[cfg(feature = "rayon")]
mod helpers;
mod level;
mod new;
mod portable;
mod simd;

#[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
mod aarch64;
#[cfg(any(
    all(target_arch = "aarch64", target_feature = "neon"),
    all(target_arch = "wasm32", target_feature = "simd128"),
))]
mod baseline;
#[allow(dead_code, reason = "for processors without a module of their own")]
mod plain;
#[cfg(all(target_arch = "wasm32", target_feature = "simd128"))]
mod wasm32;
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
mod x86_64;

pub(crate) use block::{Block, Kernel, load};
pub(crate) use cache::last_level_cache;
pub(crate) use elements::Elements;
#[cfg(feature = "rayon")]
pub(crate) use helpers::with_helpers;
pub(crate) use level::{Element, Level};
pub(crate) use new::to_vec;
pub(crate) use simd::{Arithmetic, BLOCK, Mask, Memory, Pass, Vector};
