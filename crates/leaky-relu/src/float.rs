//! The element types.

use crate::arch::Element;

/// An element type: `f32`, `f64`, and with the feature `half` also `half::f16` and `half::bf16`.
///
/// Half types are computed in `f32` and rounded once, to the nearest, ties to even. The trait is
/// sealed.
pub trait Float: Element {}

impl Float for f32 {}
impl Float for f64 {}
#[cfg(feature = "half")]
impl Float for half::f16 {}
#[cfg(feature = "half")]
impl Float for half::bf16 {}
