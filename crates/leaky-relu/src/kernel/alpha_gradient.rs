//! The gradient of a PReLU's slopes, computed on the way past its elements.

use alloc::vec;

use super::channels::Channels;
use super::execute::execute;
use super::function::{Parameters, TwoSlopes};
use super::operand::Operand;
use super::slopes::ChannelSlopes;
use super::sums::Sums;
use crate::arch::{BLOCK, Block, Elements, Kernel, Memory, load};
use crate::float::Float;
use crate::number::Number;
use crate::split::Split;

/// Reads `x` and `dy`, writes the gradient of the input, and that of the slopes to `dalpha`.
pub(crate) fn with_alpha<T: Float>(
    alpha: &[T],
    inner: usize,
    x: &[T],
    dy: Elements<'_, T>,
    dalpha: &mut [T],
) {
    // Each stretch has sums of its own, so that the result does not depend on how many threads
    // there are. It is long enough that the sums take far less memory than the elements.
    let stretch = (1 << 16).max(alpha.len().next_multiple_of(BLOCK) * 16);
    let mut sums = vec![0.0; x.len().div_ceil(stretch) * alpha.len()];
    let channels = Channels::new(alpha.len(), inner);
    execute(
        dy,
        WithAlpha {
            slopes: ChannelSlopes::new(alpha, inner),
            x: Operand::new(x),
            sums: Sums::new(&mut sums, channels, alpha.len(), stretch),
        },
    );
    for (channel, dalpha) in dalpha.iter_mut().enumerate() {
        *dalpha = T::from_f64(sums.iter().skip(channel).step_by(alpha.len()).sum());
    }
}

/// The gradient of the input, and the sums that make that of the slopes.
struct WithAlpha<'a, T: Number> {
    slopes: ChannelSlopes<'a, T>,
    x: Operand<'a, T>,
    sums: Sums<'a>,
}

impl<T: Number> Split for WithAlpha<'_, T> {
    fn split_at(self, middle: usize) -> (Self, Self) {
        let (first_slopes, rest_slopes) = self.slopes.split_at(middle);
        let (first_x, rest_x) = self.x.split_at(middle);
        let (first_sums, rest_sums) = self.sums.split_at(middle);
        let part = |slopes, x, sums| WithAlpha { slopes, x, sums };
        (
            part(first_slopes, first_x, first_sums),
            part(rest_slopes, rest_x, rest_sums),
        )
    }
}

impl<T: Number> Kernel<T> for WithAlpha<'_, T> {
    #[inline(always)]
    fn block<S: Memory<T>, const STREAM: bool>(
        &mut self,
        s: S,
        count: usize,
        block: &mut Block<'_, T, STREAM>,
    ) {
        self.slopes.prepare(count);
        let x = self.x.next(count);
        let mut terms = [T::Alpha::ZERO; BLOCK];
        while let Some(lane) = block.lane() {
            let x = load(s, x, lane);
            let passes = self.slopes.passes(s, x);
            let dy = block.load(s);
            let term = s.select(passes, s.splat(T::Alpha::ZERO), s.mul(x, dy));
            s.write(&mut terms, lane, term);
            block.store(s, self.slopes.slope(s, lane, passes, dy));
        }
        self.sums.add(&terms[..count]);
    }

    #[inline(always)]
    fn finish(&mut self) {
        self.sums.finish();
    }

    fn grain(&self) -> usize {
        self.sums.stretch()
    }
}
