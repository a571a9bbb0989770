//! The Leaky ReLU.

use alloc::vec::Vec;

use crate::arch::{Arithmetic, Mask, Memory, Pass, Vector, to_vec};
use crate::gain::kaiming;
use crate::kernel::{
    BitReader, BitWriter, FromSigns, Gradient, Map1, Operand, Rectifier, Unary, Values, WithSigns,
    execute, same_length,
};
use crate::{Alpha, Error, Float, SignBits};

/// The Leaky ReLU: `f(x) = x` for `x > 0`, `alpha * x` otherwise.
///
/// Source: Maas, Hannun and Ng (2013), "Rectifier Nonlinearities Improve Neural Network Acoustic
/// Models". Its gradient is 1 for `x > 0` and `alpha` otherwise (at 0 and at NaN: `alpha`, as in
/// PyTorch); its second derivative is zero everywhere, at 0 by convention, so that the gradient of
/// [`backward`](Self::backward) with respect to `dy` is `backward` itself and with respect to `x`
/// is zero. Values and gradients equal PyTorch's on the CPU bit for bit, for any finite `alpha`,
/// also negative and above one. NaN stays NaN; `-0.0` keeps its sign where `alpha` is not negative.
///
/// One value serves every element type that is computed in the type of its slope: `f32`, `f16`
/// and `bf16` for a slope of `f32`, `f64` for one of `f64`.
///
/// ```
/// use leaky_relu::{LeakyRelu, SignBits};
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
        if !alpha.finite() {
            return Err(Error::NotFinite {
                parameter: "alpha",
                value: alpha.into(),
            });
        }
        Ok(LeakyRelu { alpha })
    }

    /// The slope at and below zero.
    pub fn alpha(&self) -> A {
        self.alpha
    }

    /// The factor by which weights are drawn wider because of this function, `sqrt(2 / (1 +
    /// alpha^2))`: He, Zhang, Ren and Sun (2015), "Delving Deep into Rectifiers", equation 14.
    pub fn gain(&self) -> f64 {
        kaiming(self.alpha.into())
    }

    /// Reads `x`, writes `f(x)` to `y`.
    ///
    /// # Panics
    /// If the slices differ in length.
    pub fn forward<T: Float<Alpha = A>>(&self, x: &[T], y: &mut [T]) {
        execute(Pass::into(x, y), Values(*self));
    }

    /// Replaces `x` by `f(x)`.
    pub fn forward_in_place<T: Float<Alpha = A>>(&self, x: &mut [T]) {
        execute(Pass::in_place(x), Values(*self));
    }

    /// Reads `x`, gives `f(x)` in new memory. That takes less time than to fill a vector with zeros
    /// for [`forward`](Self::forward).
    pub fn forward_to_vec<T: Float<Alpha = A>>(&self, x: &[T]) -> Vec<T> {
        to_vec(x, |pass| execute(pass, Values(*self)))
    }

    /// Reads `x`, writes `f(x)` to `y`, and replaces `signs` by the sign bits of `x`.
    ///
    /// # Panics
    /// If the slices differ in length.
    pub fn forward_with_signs<T: Float<Alpha = A>>(
        &self,
        x: &[T],
        y: &mut [T],
        signs: &mut SignBits,
    ) {
        self.forward_and_signs(Pass::into(x, y), signs);
    }

    /// Replaces `x` by `f(x)`, and `signs` by the sign bits of `x`.
    pub fn forward_in_place_with_signs<T: Float<Alpha = A>>(
        &self,
        x: &mut [T],
        signs: &mut SignBits,
    ) {
        self.forward_and_signs(Pass::in_place(x), signs);
    }

    /// Reads `x`, gives `f(x)` in new memory, and replaces `signs` by the sign bits of `x`.
    pub fn forward_to_vec_with_signs<T: Float<Alpha = A>>(
        &self,
        x: &[T],
        signs: &mut SignBits,
    ) -> Vec<T> {
        to_vec(x, |pass| self.forward_and_signs(pass, signs))
    }

    /// Reads the input `x` and the gradient `dy` of the output, writes the gradient of the input
    /// to `dx`: `dy` where `x > 0`, `alpha * dy` elsewhere.
    ///
    /// # Panics
    /// If the slices differ in length.
    pub fn backward<T: Float<Alpha = A>>(&self, x: &[T], dy: &[T], dx: &mut [T]) {
        self.gradient_from_input(x, Pass::into(dy, dx));
    }

    /// As [`backward`](Self::backward); `dy` becomes the gradient of the input.
    ///
    /// # Panics
    /// If the slices differ in length.
    pub fn backward_in_place<T: Float<Alpha = A>>(&self, x: &[T], dy: &mut [T]) {
        self.gradient_from_input(x, Pass::in_place(dy));
    }

    /// As [`backward`](Self::backward); the gradient of the input is given in new memory.
    ///
    /// # Panics
    /// If the slices differ in length.
    pub fn backward_to_vec<T: Float<Alpha = A>>(&self, x: &[T], dy: &[T]) -> Vec<T> {
        to_vec(dy, |pass| self.gradient_from_input(x, pass))
    }

    /// As [`backward`](Self::backward), from the sign bits of the input.
    ///
    /// # Panics
    /// If there are not as many sign bits, elements of `dy` and elements of `dx`.
    pub fn backward_from_signs<T: Float<Alpha = A>>(
        &self,
        signs: &SignBits,
        dy: &[T],
        dx: &mut [T],
    ) {
        self.gradient_from_signs(signs, Pass::into(dy, dx));
    }

    /// As [`backward_from_signs`](Self::backward_from_signs); `dy` becomes the gradient of the
    /// input.
    ///
    /// # Panics
    /// If there are not as many sign bits as elements of `dy`.
    pub fn backward_from_signs_in_place<T: Float<Alpha = A>>(
        &self,
        signs: &SignBits,
        dy: &mut [T],
    ) {
        self.gradient_from_signs(signs, Pass::in_place(dy));
    }

    /// As [`backward_from_signs`](Self::backward_from_signs); the gradient of the input is given in
    /// new memory.
    ///
    /// # Panics
    /// If there are not as many sign bits as elements of `dy`.
    pub fn backward_from_signs_to_vec<T: Float<Alpha = A>>(
        &self,
        signs: &SignBits,
        dy: &[T],
    ) -> Vec<T> {
        to_vec(dy, |pass| self.gradient_from_signs(signs, pass))
    }

    /// As [`backward`](Self::backward), from the output `y`, which has the signs of the input
    /// while `alpha > 0`.
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
        self.backward(y, dy, dx);
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
        self.backward_in_place(y, dy);
        Ok(())
    }

    /// Reads the output `y`, writes the input that gives it to `x`: `y` where `y > 0`, `y / alpha`
    /// elsewhere. Up to rounding: where `alpha * x` underflowed, `x` is lost.
    ///
    /// # Errors
    /// [`Error::NotPositive`] if `alpha` is not above zero; `x` is then left as it was.
    ///
    /// # Panics
    /// If the slices differ in length.
    pub fn inverse<T: Float<Alpha = A>>(&self, y: &[T], x: &mut [T]) -> Result<(), Error> {
        self.positive()?;
        execute(Pass::into(y, x), Map1(Inverse { alpha: self.alpha }));
        Ok(())
    }

    /// As [`inverse`](Self::inverse); `y` becomes the input that gives it.
    ///
    /// # Errors
    /// [`Error::NotPositive`] if `alpha` is not above zero; `y` is then left as it was.
    pub fn inverse_in_place<T: Float<Alpha = A>>(&self, y: &mut [T]) -> Result<(), Error> {
        self.positive()?;
        execute(Pass::in_place(y), Map1(Inverse { alpha: self.alpha }));
        Ok(())
    }

    fn forward_and_signs<T: Float<Alpha = A>>(&self, pass: Pass<'_, T>, signs: &mut SignBits) {
        let signs = BitWriter::new(signs.words_for(pass.len()));
        let rectifier = *self;
        execute(pass, WithSigns { rectifier, signs });
    }

    fn gradient_from_input<T: Float<Alpha = A>>(&self, x: &[T], pass: Pass<'_, T>) {
        same_length(x.len(), pass.len());
        let (rectifier, kept) = (*self, Operand::new(x));
        execute(pass, Gradient { rectifier, kept });
    }

    fn gradient_from_signs<T: Float<Alpha = A>>(&self, signs: &SignBits, pass: Pass<'_, T>) {
        same_length(signs.len(), pass.len());
        let (rectifier, signs) = (*self, BitReader::new(signs.words()));
        execute(pass, FromSigns { rectifier, signs });
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

impl<T: Float> Rectifier<T> for LeakyRelu<T::Alpha> {
    fn split_at(self, _: usize) -> (Self, Self) {
        (self, self)
    }

    #[inline(always)]
    fn value<S: Memory<T>>(&self, s: S, lane: usize, x: Vector<S, T>) -> Vector<S, T> {
        Rectifier::<T>::gradient(self, s, lane, Rectifier::<T>::passes(self, s, x), x)
    }

    #[inline(always)]
    fn gradient<S: Memory<T>>(
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
struct Inverse<A> {
    alpha: A,
}

impl<A: Alpha> Unary<A> for Inverse<A> {
    #[inline(always)]
    fn value<S: Arithmetic<A>>(self, s: S, y: S::Vector) -> S::Vector {
        let above_zero = s.greater(y, s.splat(A::ZERO));
        s.select(above_zero, y, s.div(y, s.splat(self.alpha)))
    }
}
