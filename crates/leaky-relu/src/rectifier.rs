//! What all rectifiers offer.

use alloc::vec::Vec;

use crate::arch::{Elements, to_vec};
use crate::error::Error;
use crate::float::Float;
use crate::kernel::{Applied, Function, Gradient, TwoSlopes, execute};
use crate::length::same_length;
use crate::sign_bits::SignBits;

/// The methods of all rectifiers, from slices of `T` to slices of the same length.
///
/// ```
/// use leaky_relu::{Elu, LeakyRelu, Rectifier};
///
/// fn layer<R: Rectifier<f32>>(f: &R, x: &[f32], bias: f32) -> Vec<f32> {
///     let mut y: Vec<f32> = x.iter().map(|x| x + bias).collect();
///     f.forward_in_place(&mut y);
///     y
/// }
///
/// assert_eq!(layer(&LeakyRelu::new(0.5)?, &[1.0, -3.0], 1.0), [2.0, -1.0]);
/// assert_eq!(layer(&Elu::new(1.0)?, &[1.0, -1.0], 1.0), [2.0, 0.0]);
/// # Ok::<(), leaky_relu::Error>(())
/// ```
///
/// `x` is the input, `y` the output, `dy` the gradient of the output and `dx` that of the input. What
/// is computed stands at each rectifier; the [`RRelu`](crate::RRelu) is its function in inference
/// here. The methods of sign bits are there for those rectifiers that are [`BySigns`]: all but the
/// [`Elu`](crate::Elu), whose gradient needs more. The trait is sealed.
///
/// # Panics
/// Every method panics if what it is given differs in length, and those of a
/// [`PRelu`](crate::PRelu) if that does not hold whole samples of `channels * inner` elements.
pub trait Rectifier<T: Float>: Computed<T> {
    /// Reads `x`, writes `f(x)` to `y`.
    #[track_caller]
    fn forward(&self, x: &[T], y: &mut [T]) {
        values(self, Elements::into(x, y));
    }

    /// Replaces `x` by `f(x)`.
    #[track_caller]
    fn forward_in_place(&self, x: &mut [T]) {
        values(self, Elements::in_place(x));
    }

    /// Reads `x`, gives `f(x)` in new memory. That takes less time than to fill a vector with zeros
    /// for [`forward`](Self::forward).
    fn forward_to_vec(&self, x: &[T]) -> Vec<T> {
        to_vec(x, |x| values(self, x))
    }

    /// Reads `x`, writes `f(x)` to `y`, and replaces `signs` by the sign bits of `x`.
    #[track_caller]
    fn forward_with_signs(&self, x: &[T], y: &mut [T], signs: &mut SignBits)
    where
        Self: BySigns<T>,
    {
        values_and_signs(self, Elements::into(x, y), signs);
    }

    /// Replaces `x` by `f(x)`, and `signs` by the sign bits of `x`.
    #[track_caller]
    fn forward_in_place_with_signs(&self, x: &mut [T], signs: &mut SignBits)
    where
        Self: BySigns<T>,
    {
        values_and_signs(self, Elements::in_place(x), signs);
    }

    /// Reads `x`, gives `f(x)` in new memory, and replaces `signs` by the sign bits of `x`.
    fn forward_to_vec_with_signs(&self, x: &[T], signs: &mut SignBits) -> Vec<T>
    where
        Self: BySigns<T>,
    {
        to_vec(x, |x| values_and_signs(self, x, signs))
    }

    /// Reads the input `x` and the gradient `dy` of the output, writes that of the input to `dx`:
    /// `f'(x) * dy`.
    #[track_caller]
    fn backward(&self, x: &[T], dy: &[T], dx: &mut [T]) {
        gradients(self, x, Elements::into(dy, dx));
    }

    /// As [`backward`](Self::backward); `dy` becomes the gradient of the input.
    #[track_caller]
    fn backward_in_place(&self, x: &[T], dy: &mut [T]) {
        gradients(self, x, Elements::in_place(dy));
    }

    /// As [`backward`](Self::backward); the gradient of the input is given in new memory.
    fn backward_to_vec(&self, x: &[T], dy: &[T]) -> Vec<T> {
        to_vec(dy, |dy| gradients(self, x, dy))
    }

    /// As [`backward`](Self::backward), from the sign bits of the input.
    #[track_caller]
    fn backward_from_signs(&self, signs: &SignBits, dy: &[T], dx: &mut [T])
    where
        Self: BySigns<T>,
    {
        gradients_from_signs(self, signs, Elements::into(dy, dx));
    }

    /// As [`backward_from_signs`](Self::backward_from_signs); `dy` becomes the gradient of the
    /// input.
    #[track_caller]
    fn backward_from_signs_in_place(&self, signs: &SignBits, dy: &mut [T])
    where
        Self: BySigns<T>,
    {
        gradients_from_signs(self, signs, Elements::in_place(dy));
    }

    /// As [`backward_from_signs`](Self::backward_from_signs); the gradient of the input is given in
    /// new memory.
    fn backward_from_signs_to_vec(&self, signs: &SignBits, dy: &[T]) -> Vec<T>
    where
        Self: BySigns<T>,
    {
        to_vec(dy, |dy| gradients_from_signs(self, signs, dy))
    }

    /// As [`backward`](Self::backward), from the output `y`, where that tells what the gradient needs.
    ///
    /// # Errors
    /// [`Error::NotPositive`] if a slope of a [`LeakyRelu`](crate::LeakyRelu), a
    /// [`PRelu`](crate::PRelu) or an [`RRelu`](crate::RRelu), or the `alpha` of an
    /// [`Elu`](crate::Elu), is not above zero; `dx` is then left as it was.
    #[track_caller]
    fn backward_from_output(&self, y: &[T], dy: &[T], dx: &mut [T]) -> Result<(), Error> {
        gradients_from_output(self, y, Elements::into(dy, dx))
    }

    /// As [`backward_from_output`](Self::backward_from_output); `dy` becomes the gradient of the
    /// input.
    ///
    /// # Errors
    /// As [`backward_from_output`](Self::backward_from_output); `dy` is then left as it was.
    #[track_caller]
    fn backward_from_output_in_place(&self, y: &[T], dy: &mut [T]) -> Result<(), Error> {
        gradients_from_output(self, y, Elements::in_place(dy))
    }
}

/// A [`Rectifier`] whose gradient needs nothing but the sign bits of its input: one slope above zero,
/// another elsewhere. The trait is sealed.
pub trait BySigns<T: Float>: Computed<T, Function: TwoSlopes<T>> {}

/// What the kernels compute for a rectifier, over an array of `len` elements.
pub trait Computed<T: Float> {
    type Function: Function<T>;
    type Gradient: Gradient<T>;
    type GradientFromOutput: Gradient<T>;

    /// # Panics
    /// If the elements are not whole samples.
    #[track_caller]
    fn function(&self, len: usize) -> Self::Function;

    /// # Panics
    /// If the elements are not whole samples.
    #[track_caller]
    fn gradient(&self, len: usize) -> Self::Gradient;

    /// # Panics
    /// If the elements are not whole samples.
    #[track_caller]
    fn gradient_from_output(&self, len: usize) -> Result<Self::GradientFromOutput, Error>;
}

#[track_caller]
fn values<T: Float>(f: &(impl Computed<T> + ?Sized), x: Elements<'_, T>) {
    let function = f.function(x.len());
    execute(x, Applied::values(function));
}

#[track_caller]
fn values_and_signs<T: Float>(
    f: &(impl BySigns<T> + ?Sized),
    x: Elements<'_, T>,
    signs: &mut SignBits,
) {
    let function = f.function(x.len());
    let words = signs.words_for(x.len());
    execute(x, Applied::values_and_signs(function, words));
}

#[track_caller]
fn gradients<T: Float>(f: &(impl Computed<T> + ?Sized), x: &[T], dy: Elements<'_, T>) {
    same_length(x.len(), dy.len());
    let gradient = f.gradient(dy.len());
    execute(dy, Applied::gradient(gradient, x));
}

#[track_caller]
fn gradients_from_signs<T: Float>(
    f: &(impl BySigns<T> + ?Sized),
    signs: &SignBits,
    dy: Elements<'_, T>,
) {
    same_length(signs.len(), dy.len());
    let function = f.function(dy.len());
    execute(dy, Applied::gradient_from_signs(function, signs.words()));
}

#[track_caller]
fn gradients_from_output<T: Float>(
    f: &(impl Computed<T> + ?Sized),
    y: &[T],
    dy: Elements<'_, T>,
) -> Result<(), Error> {
    same_length(y.len(), dy.len());
    let gradient = f.gradient_from_output(dy.len())?;
    execute(dy, Applied::gradient(gradient, y));
    Ok(())
}
