//! 64 elements, as many as a word of sign bits holds, read and written vector by vector.

use core::marker::PhantomData;

use super::simd::{BLOCK, Memory, Vector};
use crate::number::Number;

/// What is done with the elements of a pass, block by block.
pub trait Kernel<T: Number> {
    /// Does it for every vector of the block; only the first `count` elements count, the others are
    /// zero and lost.
    fn block<S: Memory<T>, const STREAM: bool>(
        &mut self,
        s: S,
        count: usize,
        block: &mut Block<'_, T, STREAM>,
    );

    /// Is called behind the last block.
    #[inline(always)]
    fn finish(&mut self) {}

    /// Where the work may be cut: after any multiple of this, itself a multiple of [`BLOCK`].
    fn grain(&self) -> usize {
        BLOCK
    }
}

/// 64 elements to read and 64 to write, which are the same or do not overlap, vector by vector.
pub struct Block<'a, T, const STREAM: bool> {
    from: *const T,
    to: *mut T,
    /// How many elements have been written, from the first on.
    written: usize,
    elements: PhantomData<&'a mut [T; BLOCK]>,
}

impl<T: Number, const STREAM: bool> Block<'_, T, STREAM> {
    /// A block of which nothing has been written.
    ///
    /// # Safety
    /// While the block lives, `BLOCK` elements must be readable at `from` and writable at `to`, and
    /// nobody else may write the former or use the latter. Both must be aligned for a `T`; with
    /// `STREAM`, `to` must be aligned to a line of the cache, and [`Memory::fence`] must follow before
    /// another thread reads what was written.
    #[inline(always)]
    pub(super) unsafe fn new(from: *const T, to: *mut T) -> Self {
        Block {
            from,
            to,
            written: 0,
            elements: PhantomData,
        }
    }

    /// The lane at which the vector at hand starts, until all have been replaced.
    #[inline(always)]
    pub(crate) fn lane(&self) -> Option<usize> {
        (self.written < BLOCK).then_some(self.written)
    }

    /// The vector at hand.
    #[inline(always)]
    pub(crate) fn load<S: Memory<T>>(&self, s: S) -> Vector<S, T> {
        assert!(self.written + S::LANES <= BLOCK);
        // SAFETY: a block has `BLOCK` elements to read, aligned for a `T`.
        unsafe { s.load(self.from.add(self.written)) }
    }

    /// Replaces the vector at hand, and goes on to the next.
    #[inline(always)]
    pub(crate) fn store<S: Memory<T>>(&mut self, s: S, value: Vector<S, T>) {
        let lane = self.written;
        assert!(lane.is_multiple_of(S::LANES) && lane + S::LANES <= BLOCK);
        // SAFETY: a block has `BLOCK` elements to write, aligned for a `T`. When streaming, it starts
        // at a line, and so a whole number of vectors behind its start is aligned to a vector; whoever
        // made the block ends with the fence.
        unsafe {
            if STREAM {
                s.stream(self.to.add(lane), value);
            } else {
                s.store(self.to.add(lane), value);
            }
        }
        self.written = lane + S::LANES;
    }
}

/// The elements of a block that is only read, from `lane` on.
#[inline(always)]
pub(crate) fn load<T: Number, S: Memory<T>>(s: S, from: &[T; BLOCK], lane: usize) -> Vector<S, T> {
    assert!(lane + S::LANES <= BLOCK);
    // SAFETY: there are `BLOCK` elements to read, in a slice of `T`.
    unsafe { s.load(from.as_ptr().add(lane)) }
}
