//! The element types, and the type each of them is computed in.

use core::fmt::Debug;
use core::ops::{Add, Div, Mul, Sub};

use crate::arch::Element;

/// An element type: `f32`, `f64`, and with the feature `half` also `half::f16` and `half::bf16`.
///
/// Half types are computed in `f32` and rounded once, to the nearest, ties to even. The trait is
/// sealed.
pub trait Float: Element + Send + Sync + 'static {
    /// The type of the slopes and of the arithmetic: `f64` for `f64`, `f32` for the others.
    type Alpha: Alpha;

    /// The number zero.
    const ZERO: Self;

    /// The element in the type of the arithmetic: exact.
    fn widen(self) -> Self::Alpha;

    /// The nearest element, ties to even.
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
    const ONE: Self;
    #[doc(hidden)]
    const HALF: Self;
    /// The nearest slope, ties to even.
    fn from_f64(value: f64) -> Self;
    #[doc(hidden)]
    fn finite(self) -> bool;
    #[doc(hidden)]
    fn power_of_two(rounded: Self) -> Self;

    /// Adding and subtracting this rounds to an integer.
    #[doc(hidden)]
    const ROUNDER: Self;
    #[doc(hidden)]
    const LOG2_E: Self;
    /// The natural logarithm of 2, with so few digits that small multiples of it are exact.
    #[doc(hidden)]
    const LN_2_HIGH: Self;
    /// The rest of the natural logarithm of 2.
    #[doc(hidden)]
    const LN_2_LOW: Self;
    /// Below this, `exp` is zero.
    #[doc(hidden)]
    const EXP_IS_ZERO: Self;
    /// Below this, `exp - 1` is -1.
    #[doc(hidden)]
    const EXP_M1_IS_MINUS_ONE: Self;
    /// `1/n!` from the highest power that matters down to the second.
    #[doc(hidden)]
    const TAYLOR: &'static [Self];
}

macro_rules! wide {
    (
        $float:ty, mantissa $mantissa:literal, bias $bias:literal, ln_2 $high:expr, $low:expr,
        zero below $zero:literal, minus one below $minus_one:literal, taylor $taylor:expr
    ) => {
        impl Float for $float {
            type Alpha = $float;
            const ZERO: Self = 0.0;
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
            const ONE: Self = 1.0;
            const HALF: Self = 0.5;
            const ROUNDER: Self = 1.5 * (1_u64 << $mantissa) as $float;
            const LOG2_E: Self = core::f64::consts::LOG2_E as $float;
            const LN_2_HIGH: Self = $high;
            const LN_2_LOW: Self = $low;
            const EXP_IS_ZERO: Self = $zero;
            const EXP_M1_IS_MINUS_ONE: Self = $minus_one;
            const TAYLOR: &'static [Self] = &$taylor;
            #[inline(always)]
            fn from_f64(value: f64) -> Self {
                value as $float
            }
            #[inline(always)]
            fn finite(self) -> bool {
                self.is_finite()
            }
            #[inline(always)]
            fn power_of_two(rounded: Self) -> Self {
                <$float>::from_bits(
                    (rounded.to_bits() << $mantissa).wrapping_add($bias << $mantissa),
                )
            }
        }
    };
}
wide!(
    f32, mantissa 23, bias 127, ln_2 0.693_359_4, -2.121_944_4e-4,
    zero below -104.0, minus one below -18.0,
    taylor [
        1.0 / 5040.0,
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        1.0 / 2.0,
    ]
);
wide!(
    f64, mantissa 52, bias 1023, ln_2 f64::from_bits(0x3fe6_2e42_fee0_0000), 1.908_214_929_270_587_7e-10,
    zero below -746.0, minus one below -40.0,
    taylor [
        1.0 / 6_227_020_800.0,
        1.0 / 479_001_600.0,
        1.0 / 39_916_800.0,
        1.0 / 3_628_800.0,
        1.0 / 362_880.0,
        1.0 / 40_320.0,
        1.0 / 5040.0,
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        1.0 / 2.0,
    ]
);

#[cfg(feature = "half")]
macro_rules! narrow {
    ($half:ty) => {
        impl Float for $half {
            type Alpha = f32;
            const ZERO: Self = <$half>::ZERO;
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
