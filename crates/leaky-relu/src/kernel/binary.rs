//! `dx = f(kept, dy)` for gradients that need numbers and not only signs.

use super::Operand;
use super::execute::Stage;
use crate::Float;
use crate::arch::{Arithmetic, Block, Memory, Step, load};

/// A function of two numbers.
pub(crate) trait Binary<A: Copy>: Copy + Send {
    /// Its value; `kept` comes from the slice that is only read.
    fn value<S: Arithmetic<A>>(self, s: S, kept: S::Vector, dy: S::Vector) -> S::Vector;
}

/// Applies a function to every element of the pass and the element of `kept` beside it.
pub(crate) struct Map2<'a, T, F> {
    pub(crate) function: F,
    pub(crate) kept: Operand<'a, T>,
}

impl<T: Float, F: Binary<T::Alpha>> Stage<T> for Map2<'_, T, F> {
    fn split_at(self, middle: usize) -> (Self, Self) {
        let (first, rest) = self.kept.split_at(middle);
        let part = |kept| Map2 {
            function: self.function,
            kept,
        };
        (part(first), part(rest))
    }
}

impl<T: Float, F: Binary<T::Alpha>> Step<T> for Map2<'_, T, F> {
    #[inline(always)]
    fn step<S: Memory<T>, const STREAM: bool>(
        &mut self,
        s: S,
        count: usize,
        block: &mut Block<'_, T, STREAM>,
    ) {
        let kept = self.kept.next(count);
        while let Some(lane) = block.lane() {
            let dy = block.load(s);
            let value = self.function.value(s, load(s, kept, lane), dy);
            block.store(s, value);
        }
    }
}
