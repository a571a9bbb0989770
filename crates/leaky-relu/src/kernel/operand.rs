//! A slice that is only read, block by block.

use crate::arch::BLOCK;
use crate::number::Number;
use crate::split::Split;

/// Hands out a slice in order.
pub(crate) struct Operand<'a, T> {
    rest: &'a [T],
    /// Holds a block that is not whole, padded with zeros.
    padded: [T; BLOCK],
}

impl<'a, T: Number> Operand<'a, T> {
    pub(crate) fn new(slice: &'a [T]) -> Self {
        Operand {
            rest: slice,
            padded: [T::ZERO; BLOCK],
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.rest.len()
    }

    /// The next `count` elements, at most a block, and zeros behind them.
    ///
    /// # Panics
    /// If there are fewer.
    #[inline(always)]
    pub(crate) fn next(&mut self, count: usize) -> &[T; BLOCK] {
        if count == BLOCK {
            let (block, rest) = self
                .rest
                .split_first_chunk()
                .expect("as many elements as the pass");
            self.rest = rest;
            return block;
        }
        let (part, rest) = self.rest.split_at(count);
        self.rest = rest;
        self.padded[..count].copy_from_slice(part);
        self.padded[count..].fill(T::ZERO);
        &self.padded
    }
}

impl<T: Number> Split for Operand<'_, T> {
    fn split_at(self, middle: usize) -> (Self, Self) {
        let (first, rest) = self.rest.split_at(middle);
        (Operand::new(first), Operand::new(rest))
    }
}
