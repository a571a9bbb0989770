//! Walking over memory in blocks of 64 elements, as many as a word of sign bits holds.

use core::marker::PhantomData;

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
    slices: PhantomData<(&'a [T], &'a mut [T])>,
}

// SAFETY: a pass is a shared and an exclusive slice, or an exclusive one, and both may be sent.
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
            slices: PhantomData,
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
    /// If `head` is more than a block or more than the elements, or if `STREAM` is asked for and
    /// the whole blocks do not start at a line.
    #[inline(always)]
    pub(crate) fn blocks<S: Memory<T>, const STREAM: bool>(
        self,
        s: S,
        head: usize,
        step: &mut impl Step<T>,
    ) {
        let (first, mut rest) = self.split_at(head);
        first.partial(s, step);
        if STREAM {
            assert!(rest.len < BLOCK || rest.before_line() == 0);
        }
        while rest.len >= BLOCK {
            step.step(
                s,
                BLOCK,
                Block::<T, STREAM> {
                    from: rest.from,
                    to: rest.to,
                    elements: PhantomData,
                },
            );
            (_, rest) = rest.split_at(BLOCK);
        }
        if STREAM {
            s.fence();
        }
        rest.partial(s, step);
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
        step.step(
            s,
            self.len,
            Block::<T, false> {
                from: buffer.as_ptr(),
                to: buffer.as_mut_ptr(),
                elements: PhantomData,
            },
        );
        // SAFETY: `len` elements are writable at `to`, and the buffer is none of them.
        unsafe { core::ptr::copy_nonoverlapping(buffer.as_ptr(), self.to, self.len) };
    }
}

/// What is done with one block.
pub(crate) trait Step<T: Float> {
    /// Does it; only the first `count` elements count, the others are zero and lost.
    fn step<S: Memory<T>, const STREAM: bool>(
        &mut self,
        s: S,
        count: usize,
        block: Block<'_, T, STREAM>,
    );

    /// Is called behind the last block.
    #[inline(always)]
    fn finish(&mut self) {}
}

/// 64 elements to read and 64 to write, which are the same or do not overlap.
pub(crate) struct Block<'a, T, const STREAM: bool> {
    from: *const T,
    to: *mut T,
    elements: PhantomData<&'a mut [T; BLOCK]>,
}

impl<T: Float, const STREAM: bool> Block<'_, T, STREAM> {
    /// The elements from `lane` on.
    #[inline(always)]
    pub(crate) fn load<S: Memory<T>>(&self, s: S, lane: usize) -> Vector<S, T> {
        assert!(lane + S::LANES <= BLOCK);
        // SAFETY: a block has `BLOCK` elements to read.
        unsafe { s.load(self.from.add(lane)) }
    }

    /// Replaces the elements from `lane` on.
    #[inline(always)]
    pub(crate) fn store<S: Memory<T>>(&mut self, s: S, lane: usize, value: Vector<S, T>) {
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
    }
}

/// The elements of a block that is only read, from `lane` on.
#[inline(always)]
pub(crate) fn load<T: Float, S: Memory<T>>(s: S, from: &[T; BLOCK], lane: usize) -> Vector<S, T> {
    assert!(lane + S::LANES <= BLOCK);
    // SAFETY: there are `BLOCK` elements to read.
    unsafe { s.load(from.as_ptr().add(lane)) }
}
