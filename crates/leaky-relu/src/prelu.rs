//! The parametric Leaky ReLU.

use alloc::vec::Vec;

use crate::arch::{Elements, to_vec};
use crate::error::Error;
use crate::float::Float;
use crate::kernel::{ChannelSlopes, SlopeOf, with_alpha};
use crate::length::same_length;
use crate::number::Alpha;
use crate::rectifier::{BySigns, Computed, Rectifier};

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
/// `x` and in `alpha`, and the mixed one is 1 where `x` is not above zero. Its methods are those of
/// [`Rectifier`], and `backward_with_alpha` for the gradient of the slopes.
///
/// ```
/// use leaky_relu::{PRelu, Rectifier};
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
    pub const fn new(alpha: &'a [T], inner: usize) -> Result<Self, Error> {
        if alpha.is_empty() || inner == 0 {
            return Err(Error::NoChannels);
        }
        Ok(PRelu { alpha, inner })
    }

    /// The slopes, one a channel.
    pub const fn alpha(&self) -> &'a [T] {
        self.alpha
    }

    /// As [`backward`](Rectifier::backward), and writes the gradient of the slopes to `dalpha`: for each
    /// channel the sum of `x * dy` where `x` is not above zero, summed in `f64` and rounded once.
    ///
    /// # Panics
    /// As [`backward`](Rectifier::backward), and if there are not as many `dalpha` as slopes.
    #[track_caller]
    pub fn backward_with_alpha(&self, x: &[T], dy: &[T], dx: &mut [T], dalpha: &mut [T]) {
        self.all_gradients(x, Elements::into(dy, dx), dalpha);
    }

    /// As [`backward_with_alpha`](Self::backward_with_alpha); `dy` becomes the gradient of the
    /// input.
    ///
    /// # Panics
    /// As [`backward_with_alpha`](Self::backward_with_alpha).
    #[track_caller]
    pub fn backward_with_alpha_in_place(&self, x: &[T], dy: &mut [T], dalpha: &mut [T]) {
        self.all_gradients(x, Elements::in_place(dy), dalpha);
    }

    /// As [`backward_with_alpha`](Self::backward_with_alpha); the gradient of the input is given in
    /// new memory.
    ///
    /// # Panics
    /// As [`backward_with_alpha`](Self::backward_with_alpha).
    pub fn backward_with_alpha_to_vec(&self, x: &[T], dy: &[T], dalpha: &mut [T]) -> Vec<T> {
        to_vec(dy, |dy| self.all_gradients(x, dy, dalpha))
    }

    #[track_caller]
    fn all_gradients(&self, x: &[T], dy: Elements<'_, T>, dalpha: &mut [T]) {
        self.check(x.len());
        same_length(x.len(), dy.len());
        same_length(self.alpha.len(), dalpha.len());
        with_alpha(self.alpha, self.inner, x, dy, dalpha);
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

impl<T: Float> Rectifier<T> for PRelu<'_, T> {}

impl<T: Float> BySigns<T> for PRelu<'_, T> {}

impl<'a, T: Float> Computed<T> for PRelu<'a, T> {
    type Function = ChannelSlopes<'a, T>;
    type Gradient = SlopeOf<ChannelSlopes<'a, T>>;
    type GradientFromOutput = SlopeOf<ChannelSlopes<'a, T>>;

    fn function(&self, len: usize) -> Self::Function {
        self.check(len);
        ChannelSlopes::new(self.alpha, self.inner)
    }

    fn gradient(&self, len: usize) -> Self::Gradient {
        SlopeOf(self.function(len))
    }

    fn gradient_from_output(&self, len: usize) -> Result<Self::GradientFromOutput, Error> {
        for alpha in self.alpha {
            alpha.widen().positive_or("alpha")?;
        }
        Ok(self.gradient(len))
    }
}
