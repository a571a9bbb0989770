//! The rectified linear unit.

use crate::arch::{Mask, Memory, Vector};
use crate::error::Error;
use crate::float::Float;
use crate::kernel::{Function, SlopeOf, TwoSlopes};
use crate::number::Number;
use crate::rectifier::{BySigns, Computed, Rectifier};
use crate::split::Everywhere;

/// The rectified linear unit: `f(x) = 0` for `x < 0`, `x` otherwise.
///
/// Its gradient is 0 for `x <= 0` and 1 otherwise; its second derivative is zero everywhere, at 0
/// by convention. As in PyTorch on the CPU, bit for bit: NaN stays NaN and lets the gradient pass
/// (the sign bits are set there), `-0.0` stays, and where the gradient stops it is `+0.0` whatever
/// arrives, also infinity and NaN. A Leaky ReLU with `alpha = 0` multiplies instead: `f(-inf)` is NaN
/// there and 0 here. Its methods are those of [`Rectifier`]; the gradient from the output is never
/// refused.
///
/// ```
/// use leaky_relu::{Rectifier, Relu};
///
/// let mut x = [1.5_f32, -2.0];
/// Relu.forward_in_place(&mut x);
/// assert_eq!(x, [1.5, 0.0]);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Relu;

impl Relu {
    /// The factor by which weights are drawn wider because of this function, `sqrt(2)`.
    pub const fn gain(&self) -> f64 {
        core::f64::consts::SQRT_2
    }
}

impl<T: Float> Rectifier<T> for Relu {}

impl<T: Float> BySigns<T> for Relu {}

impl<T: Float> Computed<T> for Relu {
    type Function = Self;
    type Gradient = SlopeOf<Self>;
    type GradientFromOutput = SlopeOf<Self>;

    fn function(&self, _: usize) -> Self::Function {
        *self
    }

    fn gradient(&self, _: usize) -> Self::Gradient {
        SlopeOf(*self)
    }

    fn gradient_from_output(&self, _: usize) -> Result<Self::GradientFromOutput, Error> {
        Ok(SlopeOf(*self))
    }
}

impl Everywhere for Relu {}

impl<T: Number> Function<T> for Relu {
    #[inline(always)]
    fn value<S: Memory<T>>(&self, s: S, _: usize, x: Vector<S, T>) -> Vector<S, T> {
        let zero = s.splat(T::Alpha::ZERO);
        s.select(s.greater(zero, x), zero, x)
    }
}

impl<T: Number> TwoSlopes<T> for Relu {
    #[inline(always)]
    fn passes<S: Memory<T>>(&self, s: S, x: Vector<S, T>) -> Mask<S, T> {
        s.not_at_most(x, s.splat(T::Alpha::ZERO))
    }

    #[inline(always)]
    fn slope<S: Memory<T>>(
        &self,
        s: S,
        _: usize,
        passes: Mask<S, T>,
        dy: Vector<S, T>,
    ) -> Vector<S, T> {
        s.select(passes, dy, s.splat(T::Alpha::ZERO))
    }
}
