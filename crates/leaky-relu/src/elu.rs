//! The exponential linear unit.

use crate::map::{self, Pass};
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
        map::unary(Pass::into(x, y), |x| self.value(x));
    }

    /// Replaces `x` by `f(x)`.
    pub fn forward_in_place<T: Float<Alpha = A>>(&self, x: &mut [T]) {
        map::unary(Pass::InPlace(x), |x| self.value(x));
    }

    /// Reads the input `x` and the gradient `dy` of the output, writes the gradient of the input
    /// to `dx`: `dy` where `x > 0`, `dy * alpha * exp(x)` elsewhere.
    ///
    /// # Panics
    /// If the slices differ in length.
    pub fn backward<T: Float<Alpha = A>>(&self, x: &[T], dy: &[T], dx: &mut [T]) {
        map::binary(x, Pass::into(dy, dx), |x, dy| self.gradient(x, dy));
    }

    /// As [`backward`](Self::backward); `dy` becomes the gradient of the input.
    ///
    /// # Panics
    /// If the slices differ in length.
    pub fn backward_in_place<T: Float<Alpha = A>>(&self, x: &[T], dy: &mut [T]) {
        map::binary(x, Pass::InPlace(dy), |x, dy| self.gradient(x, dy));
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
        map::binary(y, Pass::into(dy, dx), |y, dy| {
            self.gradient_from_output(y, dy)
        });
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
        map::binary(y, Pass::InPlace(dy), |y, dy| {
            self.gradient_from_output(y, dy)
        });
        Ok(())
    }

    fn value(&self, x: A) -> A {
        if x < A::ZERO {
            x.exp_m1() * self.alpha
        } else {
            x
        }
    }

    fn gradient(&self, x: A, dy: A) -> A {
        if x > A::ZERO {
            dy
        } else {
            dy * self.alpha * x.exp()
        }
    }

    fn gradient_from_output(&self, y: A, dy: A) -> A {
        if y > A::ZERO {
            dy
        } else {
            dy * (y + self.alpha)
        }
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
