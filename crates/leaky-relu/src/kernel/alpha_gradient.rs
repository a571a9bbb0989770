//! The gradient of a PReLU's slopes, computed on the way past its elements.

use alloc::vec;

use super::execute::run_pass;
use super::{Channels, Operand, Rectifier, Slopes, execute_work};
use crate::arch::{BLOCK, Block, Memory, Pass, Step, Work, load};
use crate::{Alpha, Float};

/// The passes of the gradient of the input from `x`; writes the gradient of the slopes to `dalpha`.
pub(crate) fn with_alpha<T: Float>(
    alpha: &[T],
    inner: usize,
    x: &[T],
    pass: Pass<'_, T>,
    dalpha: &mut [T],
) {
    // Each stretch has sums of its own, so that the result does not depend on how many threads
    // there are. It is long enough that the sums take far less memory than the elements.
    let stretch = (1 << 16).max(alpha.len().next_multiple_of(BLOCK) * 16);
    let mut sums = vec![0.0; pass.len().div_ceil(stretch) * alpha.len()];
    let stream = pass.exceeds_caches();
    execute_work(Stretches {
        pass,
        x,
        slopes: Slopes::new(alpha, inner),
        channels: Channels::new(alpha.len(), inner),
        sums: &mut sums,
        stretch,
        stream,
    });
    for (channel, dalpha) in dalpha.iter_mut().enumerate() {
        let sum = sums.iter().skip(channel).step_by(alpha.len()).sum();
        *dalpha = T::narrow(T::Alpha::from_f64(sum));
    }
}

/// The array, cut in stretches.
struct Stretches<'a, T: Float> {
    pass: Pass<'a, T>,
    x: &'a [T],
    slopes: Slopes<'a, T>,
    channels: Channels,
    sums: &'a mut [f64],
    stretch: usize,
    stream: bool,
}

impl<T: Float> Work<T> for Stretches<'_, T> {
    fn len(&self) -> usize {
        self.pass.len()
    }

    fn grain(&self) -> usize {
        self.stretch
    }

    fn split_at(self, middle: usize) -> (Self, Self) {
        let (first_pass, rest_pass) = self.pass.split_at(middle);
        let (first_x, rest_x) = self.x.split_at(middle);
        let (first_slopes, rest_slopes) = self.slopes.split_at(middle);
        let rest_channels = self.channels.clone().skip(middle);
        let channels = self.channels.number();
        let (first_sums, rest_sums) = self.sums.split_at_mut(middle / self.stretch * channels);
        let first = Stretches {
            pass: first_pass,
            x: first_x,
            slopes: first_slopes,
            sums: first_sums,
            ..self
        };
        let rest = Stretches {
            pass: rest_pass,
            x: rest_x,
            slopes: rest_slopes,
            channels: rest_channels,
            sums: rest_sums,
            ..self
        };
        (first, rest)
    }

    #[inline(always)]
    fn run<S: Memory<T>>(self, s: S) {
        let mut pass = self.pass;
        let mut slopes = self.slopes;
        let mut channels = self.channels;
        let rows = self.sums.chunks_exact_mut(channels.number());
        for (x, sums) in self.x.chunks(self.stretch).zip(rows) {
            let (stretch, rest) = pass.split_at(x.len());
            pass = rest;
            let mut step = WithAlpha {
                slopes,
                channels,
                x: Operand::new(x),
                sums,
            };
            run_pass(s, stretch, &mut step, self.stream);
            slopes = step.slopes;
            channels = step.channels;
        }
    }
}

/// What is done with a block.
struct WithAlpha<'a, T: Float> {
    slopes: Slopes<'a, T>,
    channels: Channels,
    x: Operand<'a, T>,
    sums: &'a mut [f64],
}

impl<T: Float> Step<T> for WithAlpha<'_, T> {
    #[inline(always)]
    fn step<S: Memory<T>, const STREAM: bool>(
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
            block.store(s, self.slopes.gradient(s, lane, passes, dy));
        }
        let mut start = 0;
        while start < count {
            let run = self.channels.next(count - start);
            let terms = &terms[start..start + run.len];
            if run.shared {
                self.sums[run.channel] += sum(terms);
            } else {
                let sums = &mut self.sums[run.channel..run.channel + run.len];
                for (sum, term) in sums.iter_mut().zip(terms) {
                    *sum += (*term).into();
                }
            }
            start += run.len;
        }
    }
}

/// The sum in `f64`, in eight parts, which processors add side by side.
#[inline(always)]
fn sum<A: Alpha>(terms: &[A]) -> f64 {
    let (chunks, rest) = terms.as_chunks::<8>();
    let mut parts = [0.0; 8];
    for chunk in chunks {
        for (part, term) in parts.iter_mut().zip(chunk) {
            *part += (*term).into();
        }
    }
    let rest: f64 = rest.iter().map(|term| (*term).into()).sum();
    parts.iter().sum::<f64>() + rest
}
