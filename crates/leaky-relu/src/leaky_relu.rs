//! The Leaky ReLU.

use crate::arch::{Elements, Mask, Memory, Vector};
use crate::error::Error;
use crate::float::Float;
use crate::gain::kaiming;
use crate::kernel::{Applied, Function, SlopeOf, TwoSlopes, execute};
use crate::number::{Alpha, Number};
use crate::rectifier::{BySigns, Computed, Rectifier};
use crate::split::Everywhere;

/// The Leaky ReLU: `f(x) = x` for `x > 0`, `alpha * x` otherwise.
///
/// Source: Maas, Hannun and Ng (2013), "Rectifier Nonlinearities Improve Neural Network Acoustic
/// Models". Its gradient is 1 for `x > 0` and `alpha` otherwise (at 0 and at NaN: `alpha`, as in
/// PyTorch); its second derivative is zero everywhere, at 0 by convention, so that the gradient of
/// [`backward`](Rectifier::backward) with respect to `dy` is `backward` itself and with respect to
/// `x` is zero. Values and gradients equal PyTorch's on the CPU bit for bit, for any finite `alpha`,
/// also negative and above one. NaN stays NaN; `-0.0` keeps its sign where `alpha` is not negative.
///
/// One value serves every element type that is computed in the type of its slope: `f32`, `f16`
/// and `bf16` for a slope of `f32`, `f64` for one of `f64`. Its methods are those of [`Rectifier`] and
/// the [`inverse`](Self::inverse).
///
/// ```
/// use leaky_relu::{LeakyRelu, Rectifier, SignBits};
///
/// let f = LeakyRelu::new(0.1_f32)?;
/// let mut y = [0.0_f32; 3];
/// let mut signs = SignBits::new();
/// f.forward_with_signs(&[2.0, 0.0, -3.0], &mut y, &mut signs);
/// assert_eq!(y, [2.0, 0.0, -0.3]);
///
/// let mut dx = [0.0_f32; 3];
/// f.backward_from_signs(&signs, &[1.0, 1.0, 1.0], &mut dx);
/// assert_eq!(dx, [1.0, 0.1, 0.1]);
/// # Ok::<(), leaky_relu::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LeakyRelu<A = f32> {
    alpha: A,
}

impl<A: Alpha> LeakyRelu<A> {
    /// A Leaky ReLU with the slope `alpha` at and below zero.
    ///
    /// # Errors
    /// [`Error::NotFinite`] if `alpha` is NaN or infinite.
    pub fn new(alpha: A) -> Result<Self, Error> {
        alpha.finite_or("alpha")?;
        Ok(LeakyRelu { alpha })
    }

    /// The slope at and below zero.
    pub const fn alpha(&self) -> A {
        self.alpha
    }

    /// The factor by which weights are drawn wider because of this function, `sqrt(2 / (1 +
    /// alpha^2))`: He, Zhang, Ren and Sun (2015), "Delving Deep into Rectifiers", equation 14.
    pub fn gain(&self) -> f64 {
        kaiming(self.alpha.into())
    }

    /// Reads the output `y`, writes the input that gives it to `x`: `y` where `y > 0`, `y / alpha`
    /// elsewhere. Up to rounding: where `alpha * x` underflowed, `x` is lost.
    ///
    /// # Errors
    /// [`Error::NotPositive`] if `alpha` is not above zero; `x` is then left as it was.
    ///
    /// # Panics
    /// If the slices differ in length.
    #[track_caller]
    pub fn inverse<T: Float<Alpha = A>>(&self, y: &[T], x: &mut [T]) -> Result<(), Error> {
        self.alpha.positive_or("alpha")?;
        execute(Elements::into(y, x), Applied::values(Inverse(self.alpha)));
        Ok(())
    }

    /// As [`inverse`](Self::inverse); `y` becomes the input that gives it.
    ///
    /// # Errors
    /// [`Error::NotPositive`] if `alpha` is not above zero; `y` is then left as it was.
    pub fn inverse_in_place<T: Float<Alpha = A>>(&self, y: &mut [T]) -> Result<(), Error> {
        self.alpha.positive_or("alpha")?;
        execute(Elements::in_place(y), Applied::values(Inverse(self.alpha)));
        Ok(())
    }
}

impl<A: Alpha> Default for LeakyRelu<A> {
    /// The slope of 0.01, which is the paper's, PyTorch's and ONNX's.
    fn default() -> Self {
        LeakyRelu {
            alpha: A::from_f64(0.01),
        }
    }
}

impl<T: Float> Rectifier<T> for LeakyRelu<T::Alpha> {}

impl<T: Float> BySigns<T> for LeakyRelu<T::Alpha> {}

impl<T: Float> Computed<T> for LeakyRelu<T::Alpha> {
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
        self.alpha.positive_or("alpha")?;
        Ok(SlopeOf(*self))
    }
}

impl<A: Alpha> Everywhere for LeakyRelu<A> {}

impl<T: Number> Function<T> for LeakyRelu<T::Alpha> {
    #[inline(always)]
    fn value<S: Memory<T>>(&self, s: S, lane: usize, x: Vector<S, T>) -> Vector<S, T> {
        TwoSlopes::<T>::slope(self, s, lane, TwoSlopes::<T>::passes(self, s, x), x)
    }
}

impl<T: Number> TwoSlopes<T> for LeakyRelu<T::Alpha> {
    #[inline(always)]
    fn slope<S: Memory<T>>(
        &self,
        s: S,
        _: usize,
        passes: Mask<S, T>,
        dy: Vector<S, T>,
    ) -> Vector<S, T> {
        s.select(passes, dy, s.mul(dy, s.splat(self.alpha)))
    }
}

/// `x = y` for `y > 0`, `y / alpha` otherwise.
#[derive(Clone, Copy)]
struct Inverse<A>(A);

impl<A: Alpha> Everywhere for Inverse<A> {}

impl<T: Number> Function<T> for Inverse<T::Alpha> {
    #[inline(always)]
    fn value<S: Memory<T>>(&self, s: S, _: usize, y: Vector<S, T>) -> Vector<S, T> {
        let above_zero = s.greater(y, s.splat(T::Alpha::ZERO));
        s.select(above_zero, y, s.div(y, s.splat(self.0)))
    }
}
