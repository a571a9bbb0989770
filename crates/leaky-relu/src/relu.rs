//! The rectified linear unit.

use alloc::vec::Vec;

use crate::arch::{Mask, Memory, Pass, Vector, to_vec};
use crate::kernel::{
    BitReader, BitWriter, FromSigns, Gradient, Operand, Rectifier, Values, WithSigns, execute,
    same_length,
};
use crate::{Float, SignBits};

/// The rectified linear unit: `f(x) = 0` for `x < 0`, `x` otherwise.
///
/// Its gradient is 0 for `x <= 0` and 1 otherwise; its second derivative is zero everywhere, at 0
/// by convention. As in PyTorch on the CPU, bit for bit: NaN stays NaN and lets the gradient pass,
/// `-0.0` stays, and where the gradient stops it is `+0.0` whatever arrives, also infinity and NaN.
/// A Leaky ReLU with `alpha = 0` multiplies instead: `f(-inf)` is NaN there and 0 here.
///
/// ```
/// use leaky_relu::Relu;
///
/// let mut x = [1.5_f32, -2.0];
/// Relu.forward_in_place(&mut x);
/// assert_eq!(x, [1.5, 0.0]);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Relu;

impl Relu {
    /// The factor by which weights are drawn wider because of this function, `sqrt(2)`.
    pub fn gain(&self) -> f64 {
        core::f64::consts::SQRT_2
    }

    /// Reads `x`, writes `f(x)` to `y`.
    ///
    /// # Panics
    /// If the slices differ in length.
    pub fn forward<T: Float>(&self, x: &[T], y: &mut [T]) {
        execute(Pass::into(x, y), Values(*self));
    }

    /// Replaces `x` by `f(x)`.
    pub fn forward_in_place<T: Float>(&self, x: &mut [T]) {
        execute(Pass::in_place(x), Values(*self));
    }

    /// Reads `x`, gives `f(x)` in new memory. That takes less time than to fill a vector with zeros
    /// for [`forward`](Self::forward).
    pub fn forward_to_vec<T: Float>(&self, x: &[T]) -> Vec<T> {
        to_vec(x, |pass| execute(pass, Values(*self)))
    }

    /// Reads `x`, writes `f(x)` to `y`, and replaces `signs` by the record of where the gradient
    /// passes: the sign bits of `x`, but set at NaN.
    ///
    /// # Panics
    /// If the slices differ in length.
    pub fn forward_with_signs<T: Float>(&self, x: &[T], y: &mut [T], signs: &mut SignBits) {
        forward_and_signs(Pass::into(x, y), signs);
    }

    /// As [`forward_with_signs`](Self::forward_with_signs); `x` becomes `f(x)`.
    pub fn forward_in_place_with_signs<T: Float>(&self, x: &mut [T], signs: &mut SignBits) {
        forward_and_signs(Pass::in_place(x), signs);
    }

    /// As [`forward_with_signs`](Self::forward_with_signs); `f(x)` is given in new memory.
    pub fn forward_to_vec_with_signs<T: Float>(&self, x: &[T], signs: &mut SignBits) -> Vec<T> {
        to_vec(x, |pass| forward_and_signs(pass, signs))
    }

    /// Reads the input `x` and the gradient `dy` of the output, writes the gradient of the input
    /// to `dx`: 0 where `x <= 0`, `dy` elsewhere.
    ///
    /// # Panics
    /// If the slices differ in length.
    pub fn backward<T: Float>(&self, x: &[T], dy: &[T], dx: &mut [T]) {
        gradient_from_input(x, Pass::into(dy, dx));
    }

    /// As [`backward`](Self::backward); `dy` becomes the gradient of the input.
    ///
    /// # Panics
    /// If the slices differ in length.
    pub fn backward_in_place<T: Float>(&self, x: &[T], dy: &mut [T]) {
        gradient_from_input(x, Pass::in_place(dy));
    }

    /// As [`backward`](Self::backward), from the output `y`.
    ///
    /// # Panics
    /// If the slices differ in length.
    pub fn backward_from_output<T: Float>(&self, y: &[T], dy: &[T], dx: &mut [T]) {
        self.backward(y, dy, dx);
    }

    /// As [`backward_from_output`](Self::backward_from_output); `dy` becomes the gradient of the
    /// input.
    ///
    /// # Panics
    /// If the slices differ in length.
    pub fn backward_from_output_in_place<T: Float>(&self, y: &[T], dy: &mut [T]) {
        self.backward_in_place(y, dy);
    }

    /// As [`backward`](Self::backward), from the record that
    /// [`forward_with_signs`](Self::forward_with_signs) made.
    ///
    /// # Panics
    /// If there are not as many sign bits, elements of `dy` and elements of `dx`.
    pub fn backward_from_signs<T: Float>(&self, signs: &SignBits, dy: &[T], dx: &mut [T]) {
        gradient_from_signs(signs, Pass::into(dy, dx));
    }

    /// As [`backward_from_signs`](Self::backward_from_signs); `dy` becomes the gradient of the
    /// input.
    ///
    /// # Panics
    /// If there are not as many sign bits as elements of `dy`.
    pub fn backward_from_signs_in_place<T: Float>(&self, signs: &SignBits, dy: &mut [T]) {
        gradient_from_signs(signs, Pass::in_place(dy));
    }

    /// As [`backward_from_signs`](Self::backward_from_signs); the gradient of the input is given in
    /// new memory.
    ///
    /// # Panics
    /// If there are not as many sign bits as elements of `dy`.
    pub fn backward_from_signs_to_vec<T: Float>(&self, signs: &SignBits, dy: &[T]) -> Vec<T> {
        to_vec(dy, |pass| gradient_from_signs(signs, pass))
    }
}

fn forward_and_signs<T: Float>(pass: Pass<'_, T>, signs: &mut SignBits) {
    let signs = BitWriter::new(signs.words_for(pass.len()));
    let rectifier = Relu;
    execute(pass, WithSigns { rectifier, signs });
}

fn gradient_from_input<T: Float>(x: &[T], pass: Pass<'_, T>) {
    same_length(x.len(), pass.len());
    let (rectifier, kept) = (Relu, Operand::new(x));
    execute(pass, Gradient { rectifier, kept });
}

fn gradient_from_signs<T: Float>(signs: &SignBits, pass: Pass<'_, T>) {
    same_length(signs.len(), pass.len());
    let (rectifier, signs) = (Relu, BitReader::new(signs.words()));
    execute(pass, FromSigns { rectifier, signs });
}

impl<T: Float> Rectifier<T> for Relu {
    fn split_at(self, _: usize) -> (Self, Self) {
        (self, self)
    }

    #[inline(always)]
    fn passes<S: Memory<T>>(&self, s: S, x: Vector<S, T>) -> Mask<S, T> {
        s.not_at_most(x, s.splat(T::Alpha::ZERO))
    }

    #[inline(always)]
    fn value<S: Memory<T>>(&self, s: S, _: usize, x: Vector<S, T>) -> Vector<S, T> {
        let zero = s.splat(T::Alpha::ZERO);
        s.select(s.greater(zero, x), zero, x)
    }

    #[inline(always)]
    fn gradient<S: Memory<T>>(
        &self,
        s: S,
        _: usize,
        passes: Mask<S, T>,
        dy: Vector<S, T>,
    ) -> Vector<S, T> {
        s.select(passes, dy, s.splat(T::Alpha::ZERO))
    }
}
