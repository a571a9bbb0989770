//! `y = f(x)` for functions of which nothing is kept.

use super::execute::Stage;
use crate::Float;
use crate::arch::{Arithmetic, Block, Memory, Step};

/// A function of one number.
pub(crate) trait Unary<A: Copy>: Copy + Send {
    /// Its value.
    fn value<S: Arithmetic<A>>(self, s: S, x: S::Vector) -> S::Vector;
}

/// Applies a function to every element.
pub(crate) struct Map1<F>(pub(crate) F);

impl<T: Float, F: Unary<T::Alpha>> Stage<T> for Map1<F> {
    fn split_at(self, _: usize) -> (Self, Self) {
        (Map1(self.0), Map1(self.0))
    }
}

impl<T: Float, F: Unary<T::Alpha>> Step<T> for Map1<F> {
    #[inline(always)]
    fn step<S: Memory<T>, const STREAM: bool>(
        &mut self,
        s: S,
        _: usize,
        block: &mut Block<'_, T, STREAM>,
    ) {
        while block.lane().is_some() {
            let x = block.load(s);
            block.store(s, self.0.value(s, x));
        }
    }
}
