//! A rectifier with a slope for each channel.

use super::channels::Channels;
use super::function::{Function, Parameters, TwoSlopes};
use crate::arch::{BLOCK, Mask, Memory, Vector};
use crate::number::Number;
use crate::split::Split;

/// A rectifier with a slope for each channel.
#[derive(Clone)]
pub struct ChannelSlopes<'a, T: Number> {
    alpha: &'a [T],
    channels: Channels,
    /// The slopes of the block at hand.
    block: [T::Alpha; BLOCK],
    /// The channel that they all belong to, if it is one.
    filled: Option<usize>,
}

impl<'a, T: Number> ChannelSlopes<'a, T> {
    /// One of `alpha` for each run of `inner` elements.
    pub(crate) fn new(alpha: &'a [T], inner: usize) -> Self {
        ChannelSlopes {
            alpha,
            channels: Channels::new(alpha.len(), inner),
            block: [T::Alpha::ZERO; BLOCK],
            filled: None,
        }
    }
}

impl<T: Number> Split for ChannelSlopes<'_, T> {
    fn split_at(self, middle: usize) -> (Self, Self) {
        let (channels, rest_channels) = self.channels.split_at(middle);
        let rest = ChannelSlopes {
            channels: rest_channels,
            filled: None,
            ..self.clone()
        };
        (ChannelSlopes { channels, ..self }, rest)
    }
}

impl<T: Number> Parameters for ChannelSlopes<'_, T> {
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
}

impl<T: Number> Function<T> for ChannelSlopes<'_, T> {
    #[inline(always)]
    fn value<S: Memory<T>>(&self, s: S, lane: usize, x: Vector<S, T>) -> Vector<S, T> {
        self.slope(s, lane, self.passes(s, x), x)
    }
}

impl<T: Number> TwoSlopes<T> for ChannelSlopes<'_, T> {
    #[inline(always)]
    fn slope<S: Memory<T>>(
        &self,
        s: S,
        lane: usize,
        passes: Mask<S, T>,
        dy: Vector<S, T>,
    ) -> Vector<S, T> {
        s.select(passes, dy, s.mul(dy, s.read(&self.block, lane)))
    }
}
