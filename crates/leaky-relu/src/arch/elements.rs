//! Where the elements of a pass are read and written, and the walk over them, block by block.

use core::marker::PhantomData;
use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicUsize, Ordering};

use super::block::{Block, Kernel};
use super::simd::{BLOCK, Memory};
use crate::length::same_length;
use crate::number::Number;
use crate::split::Split;

/// Streamed writes fill whole lines of this many bytes.
const LINE: usize = 64;

/// Where elements are read and where they are written: two slices, or one.
pub struct Elements<'a, T> {
    from: *const T,
    to: *mut T,
    len: usize,
    /// Counts the elements that have been written, where somebody needs to know.
    written: Option<&'a AtomicUsize>,
    slices: PhantomData<(&'a [T], &'a mut [T])>,
}

// SAFETY: these are a shared and an exclusive slice, or an exclusive one, and both may be sent, as
// may the counter.
unsafe impl<T: Sync + Send> Send for Elements<'_, T> {}

impl<'a, T: Number> Elements<'a, T> {
    /// From one slice into another.
    ///
    /// # Panics
    /// If they differ in length.
    #[track_caller]
    pub(crate) fn into(from: &'a [T], to: &'a mut [T]) -> Self {
        same_length(from.len(), to.len());
        Elements {
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
        Elements {
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
        Elements {
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

    /// Whether they are written where they are read.
    pub(crate) fn are_in_place(&self) -> bool {
        core::ptr::eq(self.from, self.to)
    }

    /// How many elements stand before the first that is written to the start of a line; all, if
    /// there is none.
    pub(crate) fn before_line(&self) -> usize {
        self.to.align_offset(LINE).min(self.len)
    }

    /// Does the kernel's work on every block: first on `head` elements, at most a block, then on whole
    /// blocks, then on the rest. Blocks of fewer than 64 elements go through a buffer that is padded
    /// with zeros.
    ///
    /// # Panics
    /// If `head` is more than a block or more than the elements, if `STREAM` is asked for and the
    /// whole blocks do not start at a line, or if the kernel leaves elements of a block unwritten.
    #[inline(always)]
    pub(crate) fn blocks<S: Memory<T>, const STREAM: bool>(
        self,
        s: S,
        head: usize,
        kernel: &mut impl Kernel<T>,
    ) {
        let (len, written) = (self.len, self.written);
        let (first, mut rest) = self.split_at(head);
        first.partial(s, kernel);
        if STREAM {
            assert!(rest.len < BLOCK || rest.before_line() == 0);
        }
        while rest.len >= BLOCK {
            // SAFETY: there are `BLOCK` elements and more behind both pointers, which come from slices.
            // When streaming, the first block starts at a line, and so do the others, each a whole
            // number of lines further on; the fence follows below.
            let mut block = unsafe { Block::<T, STREAM>::new(rest.from, rest.to) };
            kernel.block(s, BLOCK, &mut block);
            assert!(block.lane().is_none());
            (_, rest) = rest.split_at(BLOCK);
        }
        if STREAM {
            s.fence();
        }
        rest.partial(s, kernel);
        if let Some(written) = written {
            // Whoever reads the counter has waited for this thread, and by that sees its writes.
            written.fetch_add(len, Ordering::Relaxed);
        }
    }

    /// One block of fewer than 64 elements.
    #[inline(always)]
    fn partial<S: Memory<T>>(self, s: S, kernel: &mut impl Kernel<T>) {
        if self.len == 0 {
            return;
        }
        assert!(self.len <= BLOCK);
        let mut buffer = [T::ZERO; BLOCK];
        let both = buffer.as_mut_ptr();
        // SAFETY: `len` elements are readable at `from`, and the buffer, which is none of them, has
        // room for `BLOCK`.
        unsafe { core::ptr::copy_nonoverlapping(self.from, both, self.len) };
        // SAFETY: the buffer has `BLOCK` elements, and is used by way of this pointer alone.
        let mut block = unsafe { Block::<T, false>::new(both, both) };
        kernel.block(s, self.len, &mut block);
        // SAFETY: `len` elements are writable at `to`, and the buffer is none of them.
        unsafe { core::ptr::copy_nonoverlapping(both, self.to, self.len) };
    }
}

impl<T: Number> Split for Elements<'_, T> {
    /// # Panics
    /// If there are fewer than `middle`.
    #[inline(always)]
    fn split_at(self, middle: usize) -> (Self, Self) {
        assert!(middle <= self.len);
        let first = Elements {
            len: middle,
            ..self
        };
        let rest = Elements {
            // SAFETY: `middle` is at most the number of elements behind both pointers.
            from: unsafe { self.from.add(middle) },
            // SAFETY: as above.
            to: unsafe { self.to.add(middle) },
            len: self.len - middle,
            ..self
        };
        (first, rest)
    }
}
