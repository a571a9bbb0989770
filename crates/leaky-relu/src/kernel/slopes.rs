//! A rectifier with a slope for each channel.

use super::{Channels, Rectifier};
use crate::Float;
use crate::arch::{BLOCK, Mask, Memory, Vector};

/// A rectifier with a slope for each channel.
#[derive(Clone)]
pub(crate) struct Slopes<'a, T: Float> {
    alpha: &'a [T],
    channels: Channels,
    /// The slopes of the block at hand.
    block: [T::Alpha; BLOCK],
    /// The channel that they all belong to, if it is one.
    filled: Option<usize>,
}

impl<'a, T: Float> Slopes<'a, T> {
    /// One of `alpha` for each run of `inner` elements.
    pub(crate) fn new(alpha: &'a [T], inner: usize) -> Self {
        // With one slope for all, the runs have no end.
        let inner = if alpha.len() == 1 { usize::MAX } else { inner };
        Slopes {
            alpha,
            channels: Channels::new(alpha.len(), inner),
            block: [T::Alpha::ZERO; BLOCK],
            filled: None,
        }
    }
}

impl<T: Float> Rectifier<T> for Slopes<'_, T> {
    fn split_at(self, middle: usize) -> (Self, Self) {
        let mut rest = self.clone();
        rest.channels = rest.channels.skip(middle);
        rest.filled = None;
        (self, rest)
    }

    #[inline(always)]
    fn prepare(&mut self, count: usize) {
        let mut start = 0;
        while start < count {
            let run = self.channels.next(count - start);
            if run.shared && run.len == BLOCK {
                if self.filled != Some(run.channel) {
                    self.block = [self.alpha[run.channel].widen(); BLOCK];
                    self.filled = Some(run.channel);
                }
                return;
            }
            self.filled = None;
            let block = &mut self.block[start..start + run.len];
            if run.shared {
                block.fill(self.alpha[run.channel].widen());
            } else {
                let alpha = &self.alpha[run.channel..run.channel + run.len];
                for (slope, alpha) in block.iter_mut().zip(alpha) {
                    *slope = alpha.widen();
                }
            }
            start += run.len;
        }
    }

    #[inline(always)]
    fn value<S: Memory<T>>(&self, s: S, lane: usize, x: Vector<S, T>) -> Vector<S, T> {
        self.gradient(s, lane, self.passes(s, x), x)
    }

    #[inline(always)]
    fn gradient<S: Memory<T>>(
        &self,
        s: S,
        lane: usize,
        passes: Mask<S, T>,
        dy: Vector<S, T>,
    ) -> Vector<S, T> {
        s.select(passes, dy, s.mul(dy, s.read(&self.block, lane)))
    }
}
