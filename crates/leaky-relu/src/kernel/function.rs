//! Functions and gradients, vector by vector.

use crate::arch::{Mask, Memory, Vector};
use crate::number::Number;
use crate::split::{Everywhere, Split};

/// What a function or a gradient needs to know of the elements besides themselves.
pub trait Parameters: Split + Send {
    /// Is called before each block, with the number of its elements.
    #[inline(always)]
    fn prepare(&mut self, _count: usize) {}
}

impl<F: Everywhere + Send> Parameters for F {}

/// `y = f(x)`.
pub trait Function<T: Number>: Parameters {
    /// The values at `lane` of the block.
    fn value<S: Memory<T>>(&self, s: S, lane: usize, x: Vector<S, T>) -> Vector<S, T>;
}

/// `dx = g(kept, dy)`, where `kept` is what the forward pass read or wrote.
pub trait Gradient<T: Number>: Parameters {
    /// The gradients at `lane` of the block.
    fn gradient<S: Memory<T>>(
        &self,
        s: S,
        lane: usize,
        kept: Vector<S, T>,
        dy: Vector<S, T>,
    ) -> Vector<S, T>;
}

/// A function with one slope where its input passes and another where it does not, so that sign bits
/// tell its gradient.
pub trait TwoSlopes<T: Number>: Function<T> {
    /// Whether the input passes: what the sign bits record.
    #[inline(always)]
    fn passes<S: Memory<T>>(&self, s: S, x: Vector<S, T>) -> Mask<S, T> {
        s.greater(x, s.splat(T::Alpha::ZERO))
    }

    /// `dy` times the slope, at `lane` of the block.
    fn slope<S: Memory<T>>(
        &self,
        s: S,
        lane: usize,
        passes: Mask<S, T>,
        dy: Vector<S, T>,
    ) -> Vector<S, T>;
}

/// The gradient of a function with two slopes, from its input or from what has the signs of its input.
#[derive(Clone, Copy)]
pub struct SlopeOf<F>(pub(crate) F);

impl<F: Split> Split for SlopeOf<F> {
    fn split_at(self, middle: usize) -> (Self, Self) {
        let (first, rest) = self.0.split_at(middle);
        (SlopeOf(first), SlopeOf(rest))
    }
}

impl<F: Parameters> Parameters for SlopeOf<F> {
    #[inline(always)]
    fn prepare(&mut self, count: usize) {
        self.0.prepare(count);
    }
}

impl<T: Number, F: TwoSlopes<T>> Gradient<T> for SlopeOf<F> {
    #[inline(always)]
    fn gradient<S: Memory<T>>(
        &self,
        s: S,
        lane: usize,
        kept: Vector<S, T>,
        dy: Vector<S, T>,
    ) -> Vector<S, T> {
        self.0.slope(s, lane, self.0.passes(s, kept), dy)
    }
}
