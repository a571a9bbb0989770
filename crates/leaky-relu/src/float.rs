//! The element types, and the type each of them is computed in.

use core::fmt::Debug;
use core::ops::{Add, Div, Mul, Sub};

use crate::exponential;

/// An element type: `f32`, `f64`, and with the feature `half` also `half::f16` and `half::bf16`.
///
/// Half types are computed in `f32` and rounded once, to the nearest, ties to even. The trait is
/// sealed.
pub trait Float: sealed::Sealed + Copy + Send + Sync + 'static {
    /// The type of the slopes and of the arithmetic: `f64` for `f64`, `f32` for the others.
    type Alpha: Alpha;

    /// The element in the type of the arithmetic: exact.
    #[doc(hidden)]
    fn widen(self) -> Self::Alpha;

    /// The nearest element, ties to even.
    #[doc(hidden)]
    fn narrow(wide: Self::Alpha) -> Self;
}

/// The type of a slope: `f32` or `f64`. The trait is sealed.
pub trait Alpha:
    Float<Alpha = Self>
    + Debug
    + PartialOrd
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Into<f64>
{
    #[doc(hidden)]
    const ZERO: Self;
    #[doc(hidden)]
    const ONE: Self;
    #[doc(hidden)]
    const HALF: Self;
    #[doc(hidden)]
    fn from_f64(value: f64) -> Self;
    #[doc(hidden)]
    fn finite(self) -> bool;
    #[doc(hidden)]
    fn exp(self) -> Self;
    #[doc(hidden)]
    fn exp_m1(self) -> Self;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for f32 {}
    impl Sealed for f64 {}
    #[cfg(feature = "half")]
    impl Sealed for half::f16 {}
    #[cfg(feature = "half")]
    impl Sealed for half::bf16 {}
}

macro_rules! wide {
    ($float:ty) => {
        impl Float for $float {
            type Alpha = $float;
            #[inline(always)]
            fn widen(self) -> $float {
                self
            }
            #[inline(always)]
            fn narrow(wide: $float) -> $float {
                wide
            }
        }
        impl Alpha for $float {
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;
            const HALF: Self = 0.5;
            #[inline(always)]
            fn from_f64(value: f64) -> Self {
                value as $float
            }
            #[inline(always)]
            fn finite(self) -> bool {
                self.is_finite()
            }
            #[inline(always)]
            fn exp(self) -> Self {
                exponential::exp(self.into()) as $float
            }
            #[inline(always)]
            fn exp_m1(self) -> Self {
                exponential::exp_m1(self.into()) as $float
            }
        }
    };
}
wide!(f32);
wide!(f64);

#[cfg(feature = "half")]
macro_rules! narrow {
    ($half:ty) => {
        impl Float for $half {
            type Alpha = f32;
            #[inline(always)]
            fn widen(self) -> f32 {
                self.to_f32()
            }
            #[inline(always)]
            fn narrow(wide: f32) -> $half {
                <$half>::from_f32(wide)
            }
        }
    };
}
#[cfg(feature = "half")]
narrow!(half::f16);
#[cfg(feature = "half")]
narrow!(half::bf16);
