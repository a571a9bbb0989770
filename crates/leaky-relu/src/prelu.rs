//! The parametric Leaky ReLU.

use alloc::vec::Vec;

use crate::arch::{Pass, to_vec};
use crate::kernel::{
    BitReader, BitWriter, FromSigns, Gradient, Operand, Slopes, Values, WithSigns, execute,
    same_length, with_alpha,
};
use crate::{Error, Float, SignBits};

/// The parametric Leaky ReLU, whose slopes are learned: `f(x) = x` for `x > 0`, `alpha[c] * x`
/// otherwise, over arrays of shape `[outer, channels, inner]`.
///
/// Source: He, Zhang, Ren and Sun (2015), "Delving Deep into Rectifiers". `alpha` holds one slope a
/// channel, or one for all; `inner` is the number of elements that stand together for one channel
/// (height times width after a convolution, 1 where the channels are the last axis); `outer`
/// follows from the length of the array. Slopes of any value are taken as they are.
///
/// The gradient with respect to `x` is 1 or `alpha[c]`, with respect to `alpha[c]` the sum of
/// `x * dy` over the elements of the channel that are not above zero. Second derivatives: zero in
/// `x` and in `alpha`, and the mixed one is 1 where `x` is not above zero.
///
/// ```
/// use leaky_relu::PRelu;
///
/// // Two channels of two positions.
/// let f = PRelu::new(&[0.1_f32, 0.5], 2)?;
/// let x = [1.0, -1.0, -2.0, 4.0];
/// let mut y = [0.0; 4];
/// f.forward(&x, &mut y);
/// assert_eq!(y, [1.0, -0.1, -1.0, 4.0]);
///
/// let (mut dx, mut dalpha) = ([0.0; 4], [0.0; 2]);
/// f.backward_with_alpha(&x, &[1.0; 4], &mut dx, &mut dalpha);
/// assert_eq!(dx, [1.0, 0.1, 0.5, 1.0]);
/// assert_eq!(dalpha, [-1.0, -2.0]);
/// # Ok::<(), leaky_relu::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PRelu<'a, T> {
    alpha: &'a [T],
    inner: usize,
}

impl<'a, T: Float> PRelu<'a, T> {
    /// A PReLU with the slopes `alpha`, one a channel, and `inner` elements together a channel.
    ///
    /// # Errors
    /// [`Error::NoChannels`] if `alpha` is empty or `inner` is zero.
    pub fn new(alpha: &'a [T], inner: usize) -> Result<Self, Error> {
        if alpha.is_empty() || inner == 0 {
            return Err(Error::NoChannels);
        }
        Ok(PRelu { alpha, inner })
    }

    /// The slopes, one a channel.
    pub fn alpha(&self) -> &'a [T] {
        self.alpha
    }

    /// Reads `x`, writes `f(x)` to `y`.
    ///
    /// # Panics
    /// If the slices differ in length, or do not hold whole samples of `channels * inner` elements.
    pub fn forward(&self, x: &[T], y: &mut [T]) {
        self.values(Pass::into(x, y));
    }

    /// Replaces `x` by `f(x)`.
    ///
    /// # Panics
    /// If `x` does not hold whole samples of `channels * inner` elements.
    pub fn forward_in_place(&self, x: &mut [T]) {
        self.values(Pass::in_place(x));
    }

    /// Reads `x`, gives `f(x)` in new memory. That takes less time than to fill a vector with zeros
    /// for [`forward`](Self::forward).
    ///
    /// # Panics
    /// As [`forward_in_place`](Self::forward_in_place).
    pub fn forward_to_vec(&self, x: &[T]) -> Vec<T> {
        to_vec(x, |pass| self.values(pass))
    }

    /// Reads `x`, writes `f(x)` to `y`, and replaces `signs` by the sign bits of `x`.
    ///
    /// # Panics
    /// As [`forward`](Self::forward).
    pub fn forward_with_signs(&self, x: &[T], y: &mut [T], signs: &mut SignBits) {
        self.values_and_signs(Pass::into(x, y), signs);
    }

    /// Replaces `x` by `f(x)`, and `signs` by the sign bits of `x`.
    ///
    /// # Panics
    /// As [`forward_in_place`](Self::forward_in_place).
    pub fn forward_in_place_with_signs(&self, x: &mut [T], signs: &mut SignBits) {
        self.values_and_signs(Pass::in_place(x), signs);
    }

    /// Reads `x`, gives `f(x)` in new memory, and replaces `signs` by the sign bits of `x`.
    ///
    /// # Panics
    /// As [`forward_in_place`](Self::forward_in_place).
    pub fn forward_to_vec_with_signs(&self, x: &[T], signs: &mut SignBits) -> Vec<T> {
        to_vec(x, |pass| self.values_and_signs(pass, signs))
    }

    /// Reads the input `x` and the gradient `dy` of the output, writes the gradient of the input
    /// to `dx`: `dy` where `x > 0`, `alpha[c] * dy` elsewhere.
    ///
    /// # Panics
    /// If the slices differ in length, or do not hold whole samples of `channels * inner` elements.
    pub fn backward(&self, x: &[T], dy: &[T], dx: &mut [T]) {
        self.gradients(x, Pass::into(dy, dx));
    }

    /// As [`backward`](Self::backward); `dy` becomes the gradient of the input.
    ///
    /// # Panics
    /// As [`backward`](Self::backward).
    pub fn backward_in_place(&self, x: &[T], dy: &mut [T]) {
        self.gradients(x, Pass::in_place(dy));
    }

    /// As [`backward`](Self::backward); the gradient of the input is given in new memory.
    ///
    /// # Panics
    /// As [`backward`](Self::backward).
    pub fn backward_to_vec(&self, x: &[T], dy: &[T]) -> Vec<T> {
        to_vec(dy, |pass| self.gradients(x, pass))
    }

    /// As [`backward`](Self::backward), from the sign bits of the input.
    ///
    /// # Panics
    /// If there are not as many sign bits, elements of `dy` and elements of `dx`, or they are not
    /// whole samples of `channels * inner` elements.
    pub fn backward_from_signs(&self, signs: &SignBits, dy: &[T], dx: &mut [T]) {
        self.gradients_from_signs(signs, Pass::into(dy, dx));
    }

    /// As [`backward_from_signs`](Self::backward_from_signs); `dy` becomes the gradient of the
    /// input.
    ///
    /// # Panics
    /// As [`backward_from_signs`](Self::backward_from_signs).
    pub fn backward_from_signs_in_place(&self, signs: &SignBits, dy: &mut [T]) {
        self.gradients_from_signs(signs, Pass::in_place(dy));
    }

    /// As [`backward_from_signs`](Self::backward_from_signs); the gradient of the input is given in
    /// new memory.
    ///
    /// # Panics
    /// As [`backward_from_signs`](Self::backward_from_signs).
    pub fn backward_from_signs_to_vec(&self, signs: &SignBits, dy: &[T]) -> Vec<T> {
        to_vec(dy, |pass| self.gradients_from_signs(signs, pass))
    }

    /// As [`backward`](Self::backward), and writes the gradient of the slopes to `dalpha`: for each
    /// channel the sum of `x * dy` where `x` is not above zero, summed in `f64` and rounded once.
    ///
    /// # Panics
    /// As [`backward`](Self::backward), and if there are not as many `dalpha` as slopes.
    pub fn backward_with_alpha(&self, x: &[T], dy: &[T], dx: &mut [T], dalpha: &mut [T]) {
        self.all_gradients(x, Pass::into(dy, dx), dalpha);
    }

    /// As [`backward_with_alpha`](Self::backward_with_alpha); `dy` becomes the gradient of the
    /// input.
    ///
    /// # Panics
    /// As [`backward_with_alpha`](Self::backward_with_alpha).
    pub fn backward_with_alpha_in_place(&self, x: &[T], dy: &mut [T], dalpha: &mut [T]) {
        self.all_gradients(x, Pass::in_place(dy), dalpha);
    }

    /// As [`backward_with_alpha`](Self::backward_with_alpha); the gradient of the input is given in
    /// new memory.
    ///
    /// # Panics
    /// As [`backward_with_alpha`](Self::backward_with_alpha).
    pub fn backward_with_alpha_to_vec(&self, x: &[T], dy: &[T], dalpha: &mut [T]) -> Vec<T> {
        to_vec(dy, |pass| self.all_gradients(x, pass, dalpha))
    }

    fn values(&self, pass: Pass<'_, T>) {
        self.check(pass.len());
        execute(pass, Values(self.slopes()));
    }

    fn values_and_signs(&self, pass: Pass<'_, T>, signs: &mut SignBits) {
        self.check(pass.len());
        let signs = BitWriter::new(signs.words_for(pass.len()));
        let rectifier = self.slopes();
        execute(pass, WithSigns { rectifier, signs });
    }

    fn gradients(&self, x: &[T], pass: Pass<'_, T>) {
        self.check(x.len());
        same_length(x.len(), pass.len());
        let (rectifier, kept) = (self.slopes(), Operand::new(x));
        execute(pass, Gradient { rectifier, kept });
    }

    fn gradients_from_signs(&self, signs: &SignBits, pass: Pass<'_, T>) {
        self.check(signs.len());
        same_length(signs.len(), pass.len());
        let (rectifier, signs) = (self.slopes(), BitReader::new(signs.words()));
        execute(pass, FromSigns { rectifier, signs });
    }

    fn all_gradients(&self, x: &[T], pass: Pass<'_, T>, dalpha: &mut [T]) {
        self.check(x.len());
        same_length(x.len(), pass.len());
        same_length(self.alpha.len(), dalpha.len());
        with_alpha(self.alpha, self.inner, x, pass, dalpha);
    }

    fn slopes(&self) -> Slopes<'a, T> {
        Slopes::new(self.alpha, self.inner)
    }

    #[track_caller]
    fn check(&self, len: usize) {
        let sample = self.alpha.len().saturating_mul(self.inner);
        assert!(
            len.is_multiple_of(sample),
            "{len} elements are not whole samples of {} channels of {} elements",
            self.alpha.len(),
            self.inner,
        );
    }
}
