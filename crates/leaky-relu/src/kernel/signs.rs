//! Sign bits alone.

use super::execute::run;
use super::operand::Operand;
use super::plan::Plan;
use crate::arch::{BLOCK, Memory, Pass, load};
use crate::bits::BitWriter;
use crate::float::Float;
use crate::number::Number;
use crate::split::Split;

/// Writes the sign bits of `x` to `words`, all of which are replaced.
pub(crate) fn record<T: Float>(x: &[T], words: &mut [u64]) {
    let pass = Signs {
        x: Operand::new(x),
        signs: BitWriter::new(words),
    };
    run(Plan::reading(size_of_val(x)), pass);
}

/// The pass that records where `x` is above zero.
struct Signs<'a, T> {
    x: Operand<'a, T>,
    signs: BitWriter<'a>,
}

impl<T: Number> Split for Signs<'_, T> {
    fn split_at(self, middle: usize) -> (Self, Self) {
        let (first_x, rest_x) = self.x.split_at(middle);
        let (first_signs, rest_signs) = self.signs.split_at(middle);
        let part = |x, signs| Signs { x, signs };
        (part(first_x, first_signs), part(rest_x, rest_signs))
    }
}

impl<T: Number> Pass<T> for Signs<'_, T> {
    fn len(&self) -> usize {
        self.x.len()
    }

    #[inline(always)]
    fn run<S: Memory<T>>(mut self, s: S) {
        while self.x.len() > 0 {
            let count = self.x.len().min(BLOCK);
            let x = self.x.next(count);
            let mut word = 0;
            let mut lane = 0;
            while lane < BLOCK {
                let mut above_zero = s.four_masks(0);
                for (i, above_zero) in above_zero.iter_mut().enumerate() {
                    let x = load(s, x, lane + i * S::LANES);
                    *above_zero = s.greater(x, s.splat(T::Alpha::ZERO));
                }
                word |= s.bits_of_four(above_zero) << lane;
                lane += 4 * S::LANES;
            }
            self.signs.push(word, count);
        }
        self.signs.finish();
    }
}
