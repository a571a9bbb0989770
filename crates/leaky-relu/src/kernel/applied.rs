//! The kernels that most passes are made of.

use super::function::{Function, Gradient, TwoSlopes};
use super::operand::Operand;
use crate::arch::{Block, Kernel, Memory, load};
use crate::bits::{BitReader, BitWriter};
use crate::number::Number;
use crate::split::Split;

/// A function or a gradient applied to each block, and what is read or written beside it.
pub(crate) struct Applied<F, B> {
    function: F,
    beside: B,
}

impl<F> Applied<F, ()> {
    /// `y = f(x)`.
    pub(crate) fn values(function: F) -> Self {
        Applied {
            function,
            beside: (),
        }
    }
}

impl<'a, F> Applied<F, BitWriter<'a>> {
    /// `y = f(x)`, and the sign bits of `x` written to `words`, all of which are replaced.
    pub(crate) fn values_and_signs(function: F, words: &'a mut [u64]) -> Self {
        Applied {
            function,
            beside: BitWriter::new(words),
        }
    }
}

impl<'a, T: Number, F> Applied<F, Operand<'a, T>> {
    /// `dx = g(kept, dy)`.
    pub(crate) fn gradient(function: F, kept: &'a [T]) -> Self {
        Applied {
            function,
            beside: Operand::new(kept),
        }
    }
}

impl<'a, F> Applied<F, BitReader<'a>> {
    /// `dx = f'(x) dy`, from the sign bits of `x`.
    pub(crate) fn gradient_from_signs(function: F, words: &'a [u64]) -> Self {
        Applied {
            function,
            beside: BitReader::new(words),
        }
    }
}

impl<F: Split, B: Split> Split for Applied<F, B> {
    fn split_at(self, middle: usize) -> (Self, Self) {
        let (first_function, rest_function) = self.function.split_at(middle);
        let (first_beside, rest_beside) = self.beside.split_at(middle);
        let part = |function, beside| Applied { function, beside };
        (
            part(first_function, first_beside),
            part(rest_function, rest_beside),
        )
    }
}

impl<T: Number, F: Function<T>> Kernel<T> for Applied<F, ()> {
    #[inline(always)]
    fn block<S: Memory<T>, const STREAM: bool>(
        &mut self,
        s: S,
        count: usize,
        block: &mut Block<'_, T, STREAM>,
    ) {
        self.function.prepare(count);
        while let Some(lane) = block.lane() {
            let x = block.load(s);
            block.store(s, self.function.value(s, lane, x));
        }
    }
}

impl<T: Number, F: TwoSlopes<T>> Kernel<T> for Applied<F, BitWriter<'_>> {
    #[inline(always)]
    fn block<S: Memory<T>, const STREAM: bool>(
        &mut self,
        s: S,
        count: usize,
        block: &mut Block<'_, T, STREAM>,
    ) {
        self.function.prepare(count);
        let mut word = 0;
        while let Some(first_lane) = block.lane() {
            let mut passes = s.four_masks(0);
            for (i, passes) in passes.iter_mut().enumerate() {
                let x = block.load(s);
                *passes = self.function.passes(s, x);
                block.store(s, self.function.value(s, first_lane + i * S::LANES, x));
            }
            word |= s.bits_of_four(passes) << first_lane;
        }
        self.beside.push(word, count);
    }

    #[inline(always)]
    fn finish(&mut self) {
        self.beside.finish();
    }
}

impl<T: Number, F: Gradient<T>> Kernel<T> for Applied<F, Operand<'_, T>> {
    #[inline(always)]
    fn block<S: Memory<T>, const STREAM: bool>(
        &mut self,
        s: S,
        count: usize,
        block: &mut Block<'_, T, STREAM>,
    ) {
        self.function.prepare(count);
        let kept = self.beside.next(count);
        while let Some(lane) = block.lane() {
            let dy = block.load(s);
            let gradient = self.function.gradient(s, lane, load(s, kept, lane), dy);
            block.store(s, gradient);
        }
    }
}

impl<T: Number, F: TwoSlopes<T>> Kernel<T> for Applied<F, BitReader<'_>> {
    #[inline(always)]
    fn block<S: Memory<T>, const STREAM: bool>(
        &mut self,
        s: S,
        count: usize,
        block: &mut Block<'_, T, STREAM>,
    ) {
        self.function.prepare(count);
        let word = self.beside.next(count);
        while let Some(first_lane) = block.lane() {
            let passes = s.four_masks(word >> first_lane);
            for (i, passes) in passes.into_iter().enumerate() {
                let dy = block.load(s);
                let lane = first_lane + i * S::LANES;
                block.store(s, self.function.slope(s, lane, passes, dy));
            }
        }
    }
}
