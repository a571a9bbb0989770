//! The exponential linear unit.

use crate::arch::{Arithmetic, Pass};
use crate::exponential::{exp, exp_m1};
use crate::kernel::{Binary, Map1, Map2, Operand, Unary, execute, same_length};
use crate::{Alpha, Error, Float};

/// The exponential linear unit: `f(x) = x` for `x > 0`, `alpha * (exp(x) - 1)` otherwise.
///
/// Source: Clevert, Unterthiner and Hochreiter (2016), "Fast and Accurate Deep Network Learning by
/// Exponential Linear Units (ELUs)". Its gradient is 1 for `x > 0` and `alpha * exp(x) = f(x) +
/// alpha` otherwise; its second derivative is 0 for `x > 0` and `alpha * exp(x)` otherwise. Signs
/// alone do not give the gradient, so there is no backward from sign bits.
///
/// Values and gradients agree with PyTorch's on the CPU within 2 units in the last place, which is
/// as far as PyTorch's own scalar and vector paths are apart. NaN stays NaN and so does its gradient.
///
/// ```
/// use leaky_relu::Elu;
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
        if !alpha.finite() {
            return Err(Error::NotFinite {
                parameter: "alpha",
                value: alpha.into(),
            });
        }
        Ok(Elu { alpha })
    }

    /// How far below zero the function falls.
    pub fn alpha(&self) -> A {
        self.alpha
    }

    /// Reads `x`, writes `f(x)` to `y`.
    ///
    /// # Panics
    /// If the slices differ in length.
    pub fn forward<T: Float<Alpha = A>>(&self, x: &[T], y: &mut [T]) {
        execute(Pass::into(x, y), Map1(*self));
    }

    /// Replaces `x` by `f(x)`.
    pub fn forward_in_place<T: Float<Alpha = A>>(&self, x: &mut [T]) {
        execute(Pass::in_place(x), Map1(*self));
    }

    /// Reads the input `x` and the gradient `dy` of the output, writes the gradient of the input
    /// to `dx`: `dy` where `x > 0`, `dy * alpha * exp(x)` elsewhere.
    ///
    /// # Panics
    /// If the slices differ in length.
    pub fn backward<T: Float<Alpha = A>>(&self, x: &[T], dy: &[T], dx: &mut [T]) {
        gradient(FromInput(self.alpha), x, Pass::into(dy, dx));
    }

    /// As [`backward`](Self::backward); `dy` becomes the gradient of the input.
    ///
    /// # Panics
    /// If the slices differ in length.
    pub fn backward_in_place<T: Float<Alpha = A>>(&self, x: &[T], dy: &mut [T]) {
        gradient(FromInput(self.alpha), x, Pass::in_place(dy));
    }

    /// As [`backward`](Self::backward), from the output `y`: `dy * (y + alpha)` at and below zero.
    ///
    /// # Errors
    /// [`Error::NotPositive`] if `alpha` is not above zero; `dx` is then left as it was.
    ///
    /// # Panics
    /// If the slices differ in length.
    pub fn backward_from_output<T: Float<Alpha = A>>(
        &self,
        y: &[T],
        dy: &[T],
        dx: &mut [T],
    ) -> Result<(), Error> {
        self.positive()?;
        gradient(FromOutput(self.alpha), y, Pass::into(dy, dx));
        Ok(())
    }

    /// As [`backward_from_output`](Self::backward_from_output); `dy` becomes the gradient of the
    /// input.
    ///
    /// # Errors
    /// [`Error::NotPositive`] if `alpha` is not above zero; `dy` is then left as it was.
    ///
    /// # Panics
    /// If the slices differ in length.
    pub fn backward_from_output_in_place<T: Float<Alpha = A>>(
        &self,
        y: &[T],
        dy: &mut [T],
    ) -> Result<(), Error> {
        self.positive()?;
        gradient(FromOutput(self.alpha), y, Pass::in_place(dy));
        Ok(())
    }

    fn positive(&self) -> Result<(), Error> {
        if self.alpha > A::ZERO {
            return Ok(());
        }
        Err(Error::NotPositive {
            parameter: "alpha",
            value: self.alpha.into(),
        })
    }
}

fn gradient<T: Float>(function: impl Binary<T::Alpha>, kept: &[T], pass: Pass<'_, T>) {
    same_length(kept.len(), pass.len());
    let kept = Operand::new(kept);
    execute(pass, Map2 { function, kept });
}

impl<A: Alpha> Unary<A> for Elu<A> {
    #[inline(always)]
    fn value<S: Arithmetic<A>>(self, s: S, x: S::Vector) -> S::Vector {
        let below_zero = s.greater(s.splat(A::ZERO), x);
        let leak = s.mul(exp_m1(s, x), s.splat(self.alpha));
        s.select(below_zero, leak, x)
    }
}

/// The gradient from the input.
#[derive(Clone, Copy)]
struct FromInput<A>(A);

impl<A: Alpha> Binary<A> for FromInput<A> {
    #[inline(always)]
    fn value<S: Arithmetic<A>>(self, s: S, x: S::Vector, dy: S::Vector) -> S::Vector {
        let above_zero = s.greater(x, s.splat(A::ZERO));
        let leak = s.mul(s.mul(dy, s.splat(self.0)), exp(s, x));
        s.select(above_zero, dy, leak)
    }
}

/// The gradient from the output.
#[derive(Clone, Copy)]
struct FromOutput<A>(A);

impl<A: Alpha> Binary<A> for FromOutput<A> {
    #[inline(always)]
    fn value<S: Arithmetic<A>>(self, s: S, y: S::Vector, dy: S::Vector) -> S::Vector {
        let above_zero = s.greater(y, s.splat(A::ZERO));
        let leak = s.mul(dy, s.add(y, s.splat(self.0)));
        s.select(above_zero, dy, leak)
    }
}
