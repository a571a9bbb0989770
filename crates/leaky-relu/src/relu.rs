//! The rectified linear unit.

use crate::map::{self, Pass, same_length};
use crate::{Alpha, Float, SignBits};

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
        map::unary(Pass::into(x, y), value);
    }

    /// Replaces `x` by `f(x)`.
    pub fn forward_in_place<T: Float>(&self, x: &mut [T]) {
        map::unary(Pass::InPlace(x), value);
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
        forward_and_signs(Pass::InPlace(x), signs);
    }

    /// Reads the input `x` and the gradient `dy` of the output, writes the gradient of the input
    /// to `dx`: 0 where `x <= 0`, `dy` elsewhere.
    ///
    /// # Panics
    /// If the slices differ in length.
    pub fn backward<T: Float>(&self, x: &[T], dy: &[T], dx: &mut [T]) {
        map::binary(x, Pass::into(dy, dx), |x, dy| gradient(passes(x), dy));
    }

    /// As [`backward`](Self::backward); `dy` becomes the gradient of the input.
    ///
    /// # Panics
    /// If the slices differ in length.
    pub fn backward_in_place<T: Float>(&self, x: &[T], dy: &mut [T]) {
        map::binary(x, Pass::InPlace(dy), |x, dy| gradient(passes(x), dy));
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
        gradient_from_signs(signs, Pass::InPlace(dy));
    }
}

fn value<A: Alpha>(x: A) -> A {
    if x < A::ZERO { A::ZERO } else { x }
}

/// Whether the gradient passes: also at NaN, as in PyTorch.
#[expect(
    clippy::neg_cmp_op_on_partial_ord,
    reason = "NaN is not at or below zero"
)]
fn passes<A: Alpha>(x: A) -> bool {
    !(x <= A::ZERO)
}

fn gradient<A: Alpha>(passes: bool, dy: A) -> A {
    if passes { dy } else { A::ZERO }
}

fn forward_and_signs<T: Float>(pass: Pass<'_, T>, signs: &mut SignBits) {
    let words = signs.words_for(pass.len());
    map::unary_with_bits(pass, words, value, passes);
}

fn gradient_from_signs<T: Float>(signs: &SignBits, pass: Pass<'_, T>) {
    same_length(signs.len(), pass.len());
    map::from_bits(signs.words(), pass, gradient);
}
