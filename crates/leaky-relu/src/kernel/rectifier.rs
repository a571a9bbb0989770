//! The passes of rectifiers whose gradient needs only signs.

use super::execute::Stage;
use super::{BitReader, BitWriter, Operand};
use crate::Float;
use crate::arch::{Block, Mask, Memory, Step, Vector, load};

/// A function with one slope where its input passes and another where it does not.
pub(crate) trait Rectifier<T: Float>: Send + Sized {
    /// The function on the first `middle` elements, and on the others.
    fn split_at(self, middle: usize) -> (Self, Self);

    /// Is called before each block, with the number of its elements.
    #[inline(always)]
    fn prepare(&mut self, _count: usize) {}

    /// Whether the input passes: what the sign bits record.
    #[inline(always)]
    fn passes<S: Memory<T>>(&self, s: S, x: Vector<S, T>) -> Mask<S, T> {
        s.greater(x, s.splat(T::Alpha::ZERO))
    }

    /// The values at `lane` of the block.
    fn value<S: Memory<T>>(&self, s: S, lane: usize, x: Vector<S, T>) -> Vector<S, T>;

    /// The gradients of the inputs at `lane` of the block.
    fn gradient<S: Memory<T>>(
        &self,
        s: S,
        lane: usize,
        passes: Mask<S, T>,
        dy: Vector<S, T>,
    ) -> Vector<S, T>;
}

/// `y = f(x)`.
pub(crate) struct Values<R>(pub(crate) R);

impl<T: Float, R: Rectifier<T>> Stage<T> for Values<R> {
    fn split_at(self, middle: usize) -> (Self, Self) {
        let (first, rest) = self.0.split_at(middle);
        (Values(first), Values(rest))
    }
}

impl<T: Float, R: Rectifier<T>> Step<T> for Values<R> {
    #[inline(always)]
    fn step<S: Memory<T>, const STREAM: bool>(
        &mut self,
        s: S,
        count: usize,
        block: &mut Block<'_, T, STREAM>,
    ) {
        self.0.prepare(count);
        while let Some(lane) = block.lane() {
            let x = block.load(s);
            block.store(s, self.0.value(s, lane, x));
        }
    }
}

/// `y = f(x)`, and the sign bits of `x`.
pub(crate) struct WithSigns<'a, R> {
    pub(crate) rectifier: R,
    pub(crate) signs: BitWriter<'a>,
}

impl<T: Float, R: Rectifier<T>> Stage<T> for WithSigns<'_, R> {
    fn split_at(self, middle: usize) -> (Self, Self) {
        let (first, rest) = self.rectifier.split_at(middle);
        let (first_signs, rest_signs) = self.signs.split_at(middle);
        let part = |rectifier, signs| WithSigns { rectifier, signs };
        (part(first, first_signs), part(rest, rest_signs))
    }
}

impl<T: Float, R: Rectifier<T>> Step<T> for WithSigns<'_, R> {
    #[inline(always)]
    fn step<S: Memory<T>, const STREAM: bool>(
        &mut self,
        s: S,
        count: usize,
        block: &mut Block<'_, T, STREAM>,
    ) {
        self.rectifier.prepare(count);
        let mut word = 0;
        while let Some(lane) = block.lane() {
            let x = block.load(s);
            word |= s.bits(self.rectifier.passes(s, x)) << lane;
            block.store(s, self.rectifier.value(s, lane, x));
        }
        self.signs.push(word, count);
    }

    #[inline(always)]
    fn finish(&mut self) {
        self.signs.finish();
    }
}

/// `dx = f'(x) dy`, from the input or an output of the same signs.
pub(crate) struct Gradient<'a, T, R> {
    pub(crate) rectifier: R,
    pub(crate) kept: Operand<'a, T>,
}

impl<T: Float, R: Rectifier<T>> Stage<T> for Gradient<'_, T, R> {
    fn split_at(self, middle: usize) -> (Self, Self) {
        let (first, rest) = self.rectifier.split_at(middle);
        let (first_kept, rest_kept) = self.kept.split_at(middle);
        let part = |rectifier, kept| Gradient { rectifier, kept };
        (part(first, first_kept), part(rest, rest_kept))
    }
}

impl<T: Float, R: Rectifier<T>> Step<T> for Gradient<'_, T, R> {
    #[inline(always)]
    fn step<S: Memory<T>, const STREAM: bool>(
        &mut self,
        s: S,
        count: usize,
        block: &mut Block<'_, T, STREAM>,
    ) {
        self.rectifier.prepare(count);
        let kept = self.kept.next(count);
        while let Some(lane) = block.lane() {
            let passes = self.rectifier.passes(s, load(s, kept, lane));
            let dy = block.load(s);
            block.store(s, self.rectifier.gradient(s, lane, passes, dy));
        }
    }
}

/// `dx = f'(x) dy`, from the sign bits of the input.
pub(crate) struct FromSigns<'a, R> {
    pub(crate) rectifier: R,
    pub(crate) signs: BitReader<'a>,
}

impl<T: Float, R: Rectifier<T>> Stage<T> for FromSigns<'_, R> {
    fn split_at(self, middle: usize) -> (Self, Self) {
        let (first, rest) = self.rectifier.split_at(middle);
        let (first_signs, rest_signs) = self.signs.split_at(middle);
        let part = |rectifier, signs| FromSigns { rectifier, signs };
        (part(first, first_signs), part(rest, rest_signs))
    }
}

impl<T: Float, R: Rectifier<T>> Step<T> for FromSigns<'_, R> {
    #[inline(always)]
    fn step<S: Memory<T>, const STREAM: bool>(
        &mut self,
        s: S,
        count: usize,
        block: &mut Block<'_, T, STREAM>,
    ) {
        self.rectifier.prepare(count);
        let word = self.signs.next(count);
        while let Some(lane) = block.lane() {
            let passes = s.mask(word >> lane);
            let dy = block.load(s);
            block.store(s, self.rectifier.gradient(s, lane, passes, dy));
        }
    }
}
