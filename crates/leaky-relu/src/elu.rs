//! The exponential linear unit.

use crate::arch::{Memory, Vector};
use crate::error::Error;
use crate::exponential::{exp, exp_m1};
use crate::float::Float;
use crate::kernel::{Function, Gradient};
use crate::number::{Alpha, Number};
use crate::rectifier::{Computed, Rectifier};
use crate::split::Everywhere;

/// The exponential linear unit: `f(x) = x` for `x > 0`, `alpha * (exp(x) - 1)` otherwise.
///
/// Source: Clevert, Unterthiner and Hochreiter (2016), "Fast and Accurate Deep Network Learning by
/// Exponential Linear Units (ELUs)". Its gradient is 1 for `x > 0` and `alpha * exp(x) = f(x) +
/// alpha` otherwise; its second derivative is 0 for `x > 0` and `alpha * exp(x)` otherwise. Its methods
/// are those of [`Rectifier`] except for those of sign bits: signs alone do not give the gradient.
///
/// Values and gradients agree with PyTorch's on the CPU within 2 units in the last place, which is
/// as far as PyTorch's own scalar and vector paths are apart. NaN stays NaN and so does its gradient.
///
/// ```
/// use leaky_relu::{Elu, Rectifier};
///
/// let f = Elu::new(1.0_f64)?;
/// let mut y = [0.0; 2];
/// f.forward(&[2.0, -1.0], &mut y);
/// assert_eq!(y, [2.0, (-1.0_f64).exp_m1()]);
/// # Ok::<(), leaky_relu::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Elu<A = f32> {
    alpha: A,
}

impl<A: Alpha> Elu<A> {
    /// An exponential linear unit that falls to `-alpha`.
    ///
    /// # Errors
    /// [`Error::NotFinite`] if `alpha` is NaN or infinite.
    pub fn new(alpha: A) -> Result<Self, Error> {
        alpha.finite_or("alpha")?;
        Ok(Elu { alpha })
    }

    /// How far below zero the function falls.
    pub const fn alpha(&self) -> A {
        self.alpha
    }
}

impl<A: Alpha> Default for Elu<A> {
    /// The `alpha` of 1, which is PyTorch's and ONNX's.
    fn default() -> Self {
        Elu { alpha: A::ONE }
    }
}

impl<T: Float> Rectifier<T> for Elu<T::Alpha> {}

impl<T: Float> Computed<T> for Elu<T::Alpha> {
    type Function = Self;
    type Gradient = FromInput<T::Alpha>;
    type GradientFromOutput = FromOutput<T::Alpha>;

    fn function(&self, _: usize) -> Self {
        *self
    }

    fn gradient(&self, _: usize) -> FromInput<T::Alpha> {
        FromInput(self.alpha)
    }

    fn gradient_from_output(&self, _: usize) -> Result<FromOutput<T::Alpha>, Error> {
        self.alpha.positive_or("alpha")?;
        Ok(FromOutput(self.alpha))
    }
}

impl<A: Alpha> Everywhere for Elu<A> {}

impl<T: Number> Function<T> for Elu<T::Alpha> {
    #[inline(always)]
    fn value<S: Memory<T>>(&self, s: S, _: usize, x: Vector<S, T>) -> Vector<S, T> {
        let below_zero = s.greater(s.splat(T::Alpha::ZERO), x);
        let leak = s.mul(exp_m1(s, x), s.splat(self.alpha));
        s.select(below_zero, leak, x)
    }
}

/// The gradient from the input.
#[derive(Clone, Copy)]
pub struct FromInput<A>(A);

impl<A: Alpha> Everywhere for FromInput<A> {}

impl<T: Number> Gradient<T> for FromInput<T::Alpha> {
    #[inline(always)]
    fn gradient<S: Memory<T>>(
        &self,
        s: S,
        _: usize,
        x: Vector<S, T>,
        dy: Vector<S, T>,
    ) -> Vector<S, T> {
        let above_zero = s.greater(x, s.splat(T::Alpha::ZERO));
        let leak = s.mul(s.mul(dy, s.splat(self.0)), exp(s, x));
        s.select(above_zero, dy, leak)
    }
}

/// The gradient from the output.
#[derive(Clone, Copy)]
pub struct FromOutput<A>(A);

impl<A: Alpha> Everywhere for FromOutput<A> {}

impl<T: Number> Gradient<T> for FromOutput<T::Alpha> {
    #[inline(always)]
    fn gradient<S: Memory<T>>(
        &self,
        s: S,
        _: usize,
        y: Vector<S, T>,
        dy: Vector<S, T>,
    ) -> Vector<S, T> {
        let above_zero = s.greater(y, s.splat(T::Alpha::ZERO));
        let leak = s.mul(dy, s.add(y, s.splat(self.0)));
        s.select(above_zero, dy, leak)
    }
}
