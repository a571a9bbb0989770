//! Sign bits alone.

use super::{BitWriter, Operand};
use crate::Float;
use crate::arch::{BLOCK, Memory, Work, load};

/// Records where `x` is above zero.
pub(crate) struct Signs<'a, T> {
    pub(crate) x: Operand<'a, T>,
    pub(crate) signs: BitWriter<'a>,
}

impl<T: Float> Work<T> for Signs<'_, T> {
    fn len(&self) -> usize {
        self.x.len()
    }

    fn split_at(self, middle: usize) -> (Self, Self) {
        let (first_x, rest_x) = self.x.split_at(middle);
        let (first_signs, rest_signs) = self.signs.split_at(middle);
        let part = |x, signs| Signs { x, signs };
        (part(first_x, first_signs), part(rest_x, rest_signs))
    }

    #[inline(always)]
    fn run<S: Memory<T>>(mut self, s: S) {
        while self.x.len() > 0 {
            let count = self.x.len().min(BLOCK);
            let x = self.x.next(count);
            let mut word = 0;
            let mut lane = 0;
            while lane < BLOCK {
                let above_zero = s.greater(load(s, x, lane), s.splat(T::Alpha::ZERO));
                word |= s.bits(above_zero) << lane;
                lane += S::LANES;
            }
            self.signs.push(word, count);
        }
        self.signs.finish();
    }
}
