//! The numbers that elements are, and the type each of them is computed in.

use core::fmt::Debug;
use core::ops::{Add, Div, Mul, Sub};

use crate::error::Error;

/// A number, and how it is computed: what an element of [`Float`](crate::Float) is apart from vector
/// instructions. The trait is sealed.
pub trait Number: sealed::Sealed + Copy + Send + Sync + 'static {
    /// The type of the slopes and of the arithmetic: `f64` for `f64`, `f32` for the others.
    type Alpha: Alpha;

    /// The number zero.
    const ZERO: Self;

    /// The number in the type of the arithmetic: exact.
    fn widen(self) -> Self::Alpha;

    /// The nearest number, ties to even.
    fn narrow(wide: Self::Alpha) -> Self;

    /// The nearest number, ties to even, in one rounding.
    fn from_f64(value: f64) -> Self;
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

/// The type of a slope: `f32` or `f64`. The trait is sealed.
pub trait Alpha:
    Number<Alpha = Self>
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
    /// Refuses what is NaN or infinite, by the name of the parameter.
    #[doc(hidden)]
    fn finite_or(self, parameter: &'static str) -> Result<(), Error>;
    /// Refuses what is not above zero, by the name of the parameter.
    #[doc(hidden)]
    fn positive_or(self, parameter: &'static str) -> Result<(), Error> {
        let value = self.into();
        if self > Self::ZERO {
            return Ok(());
        }
        Err(Error::NotPositive { parameter, value })
    }
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
        impl Number for $float {
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
            #[inline(always)]
            fn from_f64(value: f64) -> $float {
                value as $float
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
            fn finite_or(self, parameter: &'static str) -> Result<(), Error> {
                let value = self.into();
                if self.is_finite() {
                    return Ok(());
                }
                Err(Error::NotFinite { parameter, value })
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
        impl Number for $half {
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
            fn from_f64(value: f64) -> $half {
                <$half>::from_f32(to_odd(value))
            }
        }
    };
}
#[cfg(feature = "half")]
narrow!(half::f16);
#[cfg(feature = "half")]
narrow!(half::bf16);

/// The number rounded to `f32` such that rounding it once more, to a half type, gives what one
/// rounding would have given: exact where `f32` holds it, and otherwise that of its two neighbours
/// whose last bit is set, so that it is never a tie of the half type.
///
/// Source: Boldo and Melquiond (2008), "Emulation of FMA and Correctly Rounded Sums: Proved Algorithms
/// Using Rounding to Odd".
#[cfg(feature = "half")]
fn to_odd(value: f64) -> f32 {
    let nearest = value as f32;
    let exact = f64::from(nearest) == value || nearest.is_nan();
    if exact || nearest.to_bits() & 1 == 1 {
        return nearest;
    }
    let below = f64::from(nearest.abs()) < value.abs();
    let bits = nearest.to_bits();
    f32::from_bits(if below { bits + 1 } else { bits - 1 })
}

#[cfg(all(test, feature = "half"))]
mod tests {
    use super::*;

    // (What `half` itself offers under this name rounds twice where the processor converts.)
    #[test]
    fn a_double_becomes_a_half_in_one_rounding() {
        // Just above the tie between 1 and its neighbour, by less than `f32` tells apart.
        let above_a_tie = 1.0 + 2_f64.powi(-11) + 2_f64.powi(-40);
        assert_eq!(half::f16::narrow(above_a_tie as f32), half::f16::ONE);
        assert_eq!(
            <half::f16 as Number>::from_f64(above_a_tie),
            half::f16::from_f32(1.0 + 2_f32.powi(-10))
        );
        let below_a_tie = -(1.0 + 3.0 * 2_f64.powi(-8) - 2_f64.powi(-40));
        assert_eq!(
            <half::bf16 as Number>::from_f64(below_a_tie),
            half::bf16::from_f32(-(1.0 + 2_f32.powi(-7)))
        );
    }

    /// Every finite half number, and for its upper neighbour the tie between them and what is a hair
    /// from it.
    macro_rules! rounds_once {
        ($name:ident, $half:ty) => {
            #[test]
            fn $name() {
                for bits in 0..<$half>::INFINITY.to_bits() - 1 {
                    let (low, high) = (<$half>::from_bits(bits), <$half>::from_bits(bits + 1));
                    let even = if bits & 1 == 0 { low } else { high };
                    let tie = (low.to_f64() + high.to_f64()) / 2.0;
                    for sign in [1.0, -1.0] {
                        let round = |value: f64| {
                            let found = <$half as Number>::from_f64(sign * value);
                            <$half as Number>::from_f64(sign * found.to_f64()).to_bits()
                        };
                        assert_eq!(round(low.to_f64()), low.to_bits());
                        assert_eq!(round(tie), even.to_bits(), "the tie above {low}");
                        assert_eq!(round(tie.next_down()), low.to_bits(), "below that tie");
                        assert_eq!(round(tie.next_up()), high.to_bits(), "above that tie");
                    }
                }
            }
        };
    }
    rounds_once!(every_tie_of_f16_goes_to_the_even, half::f16);
    rounds_once!(every_tie_of_bf16_goes_to_the_even, half::bf16);

    #[test]
    fn what_is_no_finite_number_stays_so() {
        assert_eq!(<half::f16 as Number>::from_f64(1e300), half::f16::INFINITY);
        assert_eq!(
            <half::f16 as Number>::from_f64(-65520.0),
            half::f16::NEG_INFINITY
        );
        assert_eq!(
            <half::bf16 as Number>::from_f64(f64::NEG_INFINITY),
            half::bf16::NEG_INFINITY
        );
        assert!(<half::f16 as Number>::from_f64(f64::NAN).is_nan());
        assert_eq!(<half::f16 as Number>::from_f64(-1e-300).to_bits(), 0x8000);
    }
}
