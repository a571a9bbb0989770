//! The Leaky ReLU on 8-bit quantised numbers.

use crate::error::Error;
use crate::length::same_length;
use crate::number::Alpha;

/// An 8-bit integer that stands for a real number: `u8` or `i8`. The trait is sealed.
pub trait Quantized: sealed::Sealed + Copy + Send + Sync + 'static {
    #[doc(hidden)]
    const MIN: i32;
    #[doc(hidden)]
    fn to_i32(self) -> i32;
    #[doc(hidden)]
    fn from_i32(value: i32) -> Self;
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for u8 {}
    impl Sealed for i8 {}
}

macro_rules! quantized {
    ($integer:ty) => {
        impl Quantized for $integer {
            const MIN: i32 = <$integer>::MIN as i32;
            fn to_i32(self) -> i32 {
                self.into()
            }
            fn from_i32(value: i32) -> Self {
                value as $integer
            }
        }
    };
}
quantized!(u8);
quantized!(i8);

/// Which real number an integer `q` stands for: `(q - zero_point) * scale`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantization<Q> {
    /// The distance between neighbouring numbers.
    pub scale: f32,
    /// The integer that stands for zero.
    pub zero_point: Q,
}

/// The Leaky ReLU on 8-bit quantised numbers, as ONNX Runtime's `QLinearLeakyRelu` computes it: the
/// result is rounded to the nearest, ties to even, and saturates.
///
/// The 256 results are computed once, when the value is made.
///
/// ```
/// use leaky_relu::{Quantization, QuantizedLeakyRelu};
///
/// let tenths = Quantization { scale: 0.1, zero_point: 128_u8 };
/// let f = QuantizedLeakyRelu::new(0.1, tenths, tenths)?;
/// let mut y = [0; 3];
/// f.forward(&[138, 128, 28], &mut y); // 1, 0 and -10
/// assert_eq!(y, [138, 128, 118]); // 1, 0 and -1
/// # Ok::<(), leaky_relu::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct QuantizedLeakyRelu<Q> {
    /// The result for each input, counted from the smallest.
    results: [Q; 256],
}

/// As `f32::clamp`, which prints its bounds where these make no sense: that would add the printing of
/// numbers, some twelve kilobytes, to a microcontroller's program.
fn within(x: f32, lowest: f32, highest: f32) -> f32 {
    if x < lowest {
        lowest
    } else if x > highest {
        highest
    } else {
        x
    }
}

impl<Q: Quantized> QuantizedLeakyRelu<Q> {
    /// A Leaky ReLU with the slope `alpha` from integers that stand for numbers as `x` says to
    /// integers that stand for numbers as `y` says.
    ///
    /// # Errors
    /// [`Error::NotFinite`] if `alpha` or a scale is NaN or infinite, [`Error::NotPositive`] if a
    /// scale is not above zero.
    pub fn new(alpha: f32, x: Quantization<Q>, y: Quantization<Q>) -> Result<Self, Error> {
        for (parameter, value) in [("alpha", alpha), ("scale", x.scale), ("scale", y.scale)] {
            value.finite_or(parameter)?;
        }
        for scale in [x.scale, y.scale] {
            scale.positive_or("scale")?;
        }
        let result = |index: usize| {
            let real = (Q::MIN + index as i32 - x.zero_point.to_i32()) as f32 * x.scale;
            let value = if real >= 0.0 { real } else { alpha * real };
            let zero = y.zero_point.to_i32();
            let (lowest, highest) = (Q::MIN - zero, Q::MIN + 255 - zero);
            let steps = within(value / y.scale, lowest as f32, highest as f32);
            let nearest = (steps + f32::ROUNDER) - f32::ROUNDER;
            Q::from_i32(nearest as i32 + zero)
        };
        Ok(QuantizedLeakyRelu {
            results: core::array::from_fn(result),
        })
    }

    /// Reads `x`, writes `f(x)` to `y`.
    ///
    /// # Panics
    /// If the slices differ in length.
    pub fn forward(&self, x: &[Q], y: &mut [Q]) {
        same_length(x.len(), y.len());
        for (x, y) in x.iter().zip(y) {
            *y = self.result(*x);
        }
    }

    /// Replaces `x` by `f(x)`.
    pub fn forward_in_place(&self, x: &mut [Q]) {
        for x in x {
            *x = self.result(*x);
        }
    }

    fn result(&self, x: Q) -> Q {
        self.results[(x.to_i32() - Q::MIN) as u8 as usize]
    }
}
