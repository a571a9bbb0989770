//! Runs a pass: with the widest instructions, past the caches where the output is larger than they
//! are, and on the caller's threads where that pays.

use crate::Float;
use crate::arch::{BLOCK, Level, Memory, Pass, Step, Work};

/// What is done with the elements of a pass, block by block.
pub(crate) trait Stage<T: Float>: Step<T> + Send + Sized {
    /// What is done with the first `middle` elements, a multiple of a block, and with the others.
    fn split_at(self, middle: usize) -> (Self, Self);
}

/// Does `stage` for every element of `pass`.
pub(crate) fn execute<T: Float, G: Stage<T>>(pass: Pass<'_, T>, stage: G) {
    let stream = pass.exceeds_caches();
    execute_work(Pipeline {
        pass,
        stage,
        stream,
    });
}

/// Does `work`.
pub(crate) fn execute_work<T: Float, W: Work<T>>(work: W) {
    let level = Level::widest();
    #[cfg(feature = "rayon")]
    super::threads::share_out(level, work);
    #[cfg(not(feature = "rayon"))]
    T::run_at(level, work);
}

/// From this many bytes on, blocks are made to start at a line of the output, since a vector that
/// straddles two lines takes longer to write. Shorter passes lose more by the part of a block that
/// this leaves at their start.
const ALIGNED_FROM: usize = 16 << 10;

/// Does `step` for every block of `pass`; where `stream` says so, past the caches.
#[inline(always)]
pub(crate) fn run_pass<T: Float, S: Memory<T>>(
    s: S,
    pass: Pass<'_, T>,
    step: &mut impl Step<T>,
    stream: bool,
) {
    let before_line = pass.before_line();
    // Tests go through it at any length.
    let aligned = stream || cfg!(test) || pass.len() * size_of::<T>() >= ALIGNED_FROM;
    if !aligned || before_line >= BLOCK {
        pass.blocks::<S, false>(s, 0, step);
    } else if stream {
        pass.blocks::<S, true>(s, before_line, step);
    } else {
        pass.blocks::<S, false>(s, before_line, step);
    }
    step.finish();
}

/// A pass over memory and what is done with its elements.
struct Pipeline<'a, T, G> {
    pass: Pass<'a, T>,
    stage: G,
    stream: bool,
}

impl<T: Float, G: Stage<T>> Work<T> for Pipeline<'_, T, G> {
    fn len(&self) -> usize {
        self.pass.len()
    }

    fn split_at(self, middle: usize) -> (Self, Self) {
        let (first_pass, rest_pass) = self.pass.split_at(middle);
        let (first_stage, rest_stage) = self.stage.split_at(middle);
        let part = |pass, stage| Pipeline {
            pass,
            stage,
            stream: self.stream,
        };
        (part(first_pass, first_stage), part(rest_pass, rest_stage))
    }

    #[inline(always)]
    fn run<S: Memory<T>>(mut self, s: S) {
        run_pass(s, self.pass, &mut self.stage, self.stream);
    }
}
