//! Functions applied element by element, in the forms that every rectifier has.

use crate::Float;

/// Where a pass reads and writes.
pub(crate) enum Pass<'a, T> {
    /// From one slice into another.
    Into(&'a [T], &'a mut [T]),
    /// Within one slice.
    InPlace(&'a mut [T]),
}

impl<'a, T: Copy> Pass<'a, T> {
    /// A pass from `from` into `to`.
    #[track_caller]
    pub(crate) fn into(from: &'a [T], to: &'a mut [T]) -> Self {
        same_length(from.len(), to.len());
        Pass::Into(from, to)
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Pass::Into(from, _) => from.len(),
            Pass::InPlace(both) => both.len(),
        }
    }

    fn each(self, mut f: impl FnMut(usize, T) -> T) {
        match self {
            Pass::Into(from, to) => {
                for (i, (from, to)) in from.iter().zip(to).enumerate() {
                    *to = f(i, *from);
                }
            }
            Pass::InPlace(both) => {
                for (i, both) in both.iter_mut().enumerate() {
                    *both = f(i, *both);
                }
            }
        }
    }
}

/// Slices that are walked side by side must be equally long.
#[track_caller]
pub(crate) fn same_length(left: usize, right: usize) {
    assert!(
        left == right,
        "the slices differ in length: {left} and {right} elements"
    );
}

/// `y = f(x)`.
pub(crate) fn unary<T: Float>(pass: Pass<'_, T>, f: impl Fn(T::Alpha) -> T::Alpha) {
    pass.each(|_, x| T::narrow(f(x.widen())));
}

/// `y = f(x)`, and the bits `bit(x)`.
pub(crate) fn unary_with_bits<T: Float>(
    pass: Pass<'_, T>,
    words: &mut [u64],
    f: impl Fn(T::Alpha) -> T::Alpha,
    bit: impl Fn(T::Alpha) -> bool,
) {
    words.fill(0);
    pass.each(|i, x| {
        words[i / 64] |= u64::from(bit(x.widen())) << (i % 64);
        T::narrow(f(x.widen()))
    });
}

/// `dx = f(k, dy)`, where the pass leads from `dy` to `dx` and `k` is what was kept.
pub(crate) fn binary<T: Float>(
    kept: &[T],
    pass: Pass<'_, T>,
    f: impl Fn(T::Alpha, T::Alpha) -> T::Alpha,
) {
    same_length(kept.len(), pass.len());
    pass.each(|i, dy| T::narrow(f(kept[i].widen(), dy.widen())));
}

/// `dx = f(bit, dy)`.
pub(crate) fn from_bits<T: Float>(
    words: &[u64],
    pass: Pass<'_, T>,
    f: impl Fn(bool, T::Alpha) -> T::Alpha,
) {
    pass.each(|i, dy| T::narrow(f(words[i / 64] >> (i % 64) & 1 == 1, dy.widen())));
}

/// The sign bits of `x`.
pub(crate) fn signs<T: Float>(x: &[T], words: &mut [u64]) {
    for (word, x) in words.iter_mut().zip(x.chunks(64)) {
        *word = x.iter().enumerate().fold(0, |word, (i, x)| {
            word | u64::from(x.widen() > <T::Alpha as crate::Alpha>::ZERO) << i
        });
    }
}

/// `y = f(index, x)`.
pub(crate) fn indexed<T: Float>(pass: Pass<'_, T>, f: impl Fn(usize, T::Alpha) -> T::Alpha) {
    pass.each(|i, x| T::narrow(f(i, x.widen())));
}
