//! Walking over memory in blocks of 64 elements, as many as a word of sign bits holds.

use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicUsize, Ordering};

use super::cache::last_level_cache;
use super::{Memory, Vector};
use crate::Float;

/// The elements in a block.
pub(crate) const BLOCK: usize = u64::BITS as usize;

/// Streamed writes fill whole lines of this many bytes.
const LINE: usize = 64;

/// Where elements are read and where they are written: two slices, or one.
pub(crate) struct Pass<'a, T> {
    from: *const T,
    to: *mut T,
    len: usize,
    /// Counts the elements that have been written, where somebody needs to know.
    written: Option<&'a AtomicUsize>,
    slices: PhantomData<(&'a [T], &'a mut [T])>,
}

// SAFETY: a pass is a shared and an exclusive slice, or an exclusive one, and both may be sent, as
// may the counter.
unsafe impl<T: Sync + Send> Send for Pass<'_, T> {}

impl<'a, T: Float> Pass<'a, T> {
    /// From one slice into another.
    ///
    /// # Panics
    /// If they differ in length.
    #[track_caller]
    pub(crate) fn into(from: &'a [T], to: &'a mut [T]) -> Self {
        crate::kernel::same_length(from.len(), to.len());
        Pass {
            from: from.as_ptr(),
            to: to.as_mut_ptr(),
            len: to.len(),
            written: None,
            slices: PhantomData,
        }
    }

    /// From a slice into memory that nothing has been written to, as much of it as the slice is
    /// long. `written` is increased by the number of elements that have been written there.
    ///
    /// # Panics
    /// If there is less memory.
    pub(super) fn into_new(
        from: &'a [T],
        to: &'a mut [MaybeUninit<T>],
        written: &'a AtomicUsize,
    ) -> Self {
        let to = &mut to[..from.len()];
        Pass {
            from: from.as_ptr(),
            to: to.as_mut_ptr().cast(),
            len: to.len(),
            written: Some(written),
            slices: PhantomData,
        }
    }

    /// Within one slice.
    pub(crate) fn in_place(both: &'a mut [T]) -> Self {
        let to = both.as_mut_ptr();
        Pass {
            from: to,
            to,
            len: both.len(),
            written: None,
            slices: PhantomData,
        }
    }

    /// The number of elements.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Whether what is written is best written past the caches: it is more than they hold, and was
    /// not just read.
    pub(crate) fn exceeds_caches(&self) -> bool {
        #[cfg(test)]
        if super::forced::streams() {
            return !core::ptr::eq(self.from, self.to);
        }
        !core::ptr::eq(self.from, self.to) && self.len * size_of::<T>() > last_level_cache()
    }

    /// The first `count` elements, and the others.
    ///
    /// # Panics
    /// If there are fewer.
    #[inline(always)]
    pub(crate) fn split_at(self, count: usize) -> (Self, Self) {
        assert!(count <= self.len);
        let first = Pass { len: count, ..self };
        let rest = Pass {
            // SAFETY: `count` is at most the number of elements behind both pointers.
            from: unsafe { self.from.add(count) },
            // SAFETY: as above.
            to: unsafe { self.to.add(count) },
            len: self.len - count,
            ..self
        };
        (first, rest)
    }

    /// How many elements stand before the first that is written to the start of a line; all, if
    /// there is none.
    pub(crate) fn before_line(&self) -> usize {
        self.to.align_offset(LINE).min(self.len)
    }

    /// Does `step` for every block: first `head` elements, at most a block, then whole blocks, then
    /// the rest. Blocks of fewer than 64 elements go through a buffer that is padded with zeros.
    ///
    /// # Panics
    /// If `head` is more than a block or more than the elements, if `STREAM` is asked for and the
    /// whole blocks do not start at a line, or if a step leaves elements of a block unwritten.
    #[inline(always)]
    pub(crate) fn blocks<S: Memory<T>, const STREAM: bool>(
        self,
        s: S,
        head: usize,
        step: &mut impl Step<T>,
    ) {
        let (len, written) = (self.len, self.written);
        let (first, mut rest) = self.split_at(head);
        first.partial(s, step);
        if STREAM {
            assert!(rest.len < BLOCK || rest.before_line() == 0);
        }
        while rest.len >= BLOCK {
            let mut block = Block::<T, STREAM> {
                from: rest.from,
                to: rest.to,
                written: 0,
                elements: PhantomData,
            };
            step.step(s, BLOCK, &mut block);
            assert!(block.written == BLOCK);
            (_, rest) = rest.split_at(BLOCK);
        }
        if STREAM {
            s.fence();
        }
        rest.partial(s, step);
        if let Some(written) = written {
            // Whoever reads the counter has waited for this thread, and by that sees its writes.
            written.fetch_add(len, Ordering::Relaxed);
        }
    }

    /// One block of fewer than 64 elements.
    #[inline(always)]
    fn partial<S: Memory<T>>(self, s: S, step: &mut impl Step<T>) {
        if self.len == 0 {
            return;
        }
        assert!(self.len <= BLOCK);
        let mut buffer = [T::ZERO; BLOCK];
        // SAFETY: `len` elements are readable at `from`, and the buffer, which is none of them, has
        // room for `BLOCK`.
        unsafe { core::ptr::copy_nonoverlapping(self.from, buffer.as_mut_ptr(), self.len) };
        let mut block = Block::<T, false> {
            from: buffer.as_ptr(),
            to: buffer.as_mut_ptr(),
            written: 0,
            elements: PhantomData,
        };
        step.step(s, self.len, &mut block);
        // SAFETY: `len` elements are writable at `to`, and the buffer is none of them.
        unsafe { core::ptr::copy_nonoverlapping(buffer.as_ptr(), self.to, self.len) };
    }
}

/// What is done with one block.
pub(crate) trait Step<T: Float> {
    /// Does it for every vector of the block; only the first `count` elements count, the others are
    /// zero and lost.
    fn step<S: Memory<T>, const STREAM: bool>(
        &mut self,
        s: S,
        count: usize,
        block: &mut Block<'_, T, STREAM>,
    );

    /// Is called behind the last block.
    #[inline(always)]
    fn finish(&mut self) {}
}

/// 64 elements to read and 64 to write, which are the same or do not overlap, vector by vector.
pub(crate) struct Block<'a, T, const STREAM: bool> {
    from: *const T,
    to: *mut T,
    /// How many elements have been written, from the first on.
    written: usize,
    elements: PhantomData<&'a mut [T; BLOCK]>,
}

impl<T: Float, const STREAM: bool> Block<'_, T, STREAM> {
    /// The lane at which the vector at hand starts, until all have been replaced.
    #[inline(always)]
    pub(crate) fn lane(&self) -> Option<usize> {
        (self.written < BLOCK).then_some(self.written)
    }

    /// The vector at hand.
    #[inline(always)]
    pub(crate) fn load<S: Memory<T>>(&self, s: S) -> Vector<S, T> {
        assert!(self.written + S::LANES <= BLOCK);
        // SAFETY: a block has `BLOCK` elements to read.
        unsafe { s.load(self.from.add(self.written)) }
    }

    /// Replaces the vector at hand, and goes on to the next.
    #[inline(always)]
    pub(crate) fn store<S: Memory<T>>(&mut self, s: S, value: Vector<S, T>) {
        let lane = self.written;
        assert!(lane.is_multiple_of(S::LANES) && lane + S::LANES <= BLOCK);
        // SAFETY: a block has `BLOCK` elements to write. When streaming, it starts at a line, as
        // `Pass::blocks` sees to, and so a whole number of vectors behind it is aligned to a
        // vector; `Pass::blocks` also ends with the fence.
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
pub(crate) fn load<T: Float, S: Memory<T>>(s: S, from: &[T; BLOCK], lane: usize) -> Vector<S, T> {
    assert!(lane + S::LANES <= BLOCK);
    // SAFETY: there are `BLOCK` elements to read.
    unsafe { s.load(from.as_ptr().add(lane)) }
}
