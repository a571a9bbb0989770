//! The copy itself.

/// Copies `from` to `to` past the caches, half on this thread and half on another.
#[cfg(target_arch = "x86_64")]
pub fn streaming_copy(from: &[u8], to: &mut [u8]) {
    use core::arch::x86_64::*;

    fn copy(from: &[u8], to: &mut [u8]) {
        let head = to.as_ptr().align_offset(64).min(to.len());
        to[..head].copy_from_slice(&from[..head]);
        let (from, to) = (&from[head..], &mut to[head..]);
        let whole = to.len() / 64 * 64;
        for at in (0..whole).step_by(64) {
            for part in (at..at + 64).step_by(16) {
                // SAFETY: `part + 16` is at most `whole`, which neither slice is shorter than, and
                // `to` is aligned to 64 bytes here.
                unsafe {
                    let part_of_line = _mm_loadu_si128(from.as_ptr().add(part).cast());
                    _mm_stream_si128(to.as_mut_ptr().add(part).cast(), part_of_line);
                }
            }
        }
        // SAFETY: every x86-64 processor has it.
        unsafe { _mm_sfence() };
        to[whole..].copy_from_slice(&from[whole..]);
    }

    assert_eq!(from.len(), to.len());
    let half = from.len() / 2 / 64 * 64;
    let (from_first, from_rest) = from.split_at(half);
    let (to_first, to_rest) = to.split_at_mut(half);
    rayon::in_place_scope(|scope| {
        scope.spawn(|_| copy(from_first, to_first));
        copy(from_rest, to_rest);
    });
}

/// Copies `from` to `to`: there is no streaming store here.
#[cfg(not(target_arch = "x86_64"))]
pub fn streaming_copy(from: &[u8], to: &mut [u8]) {
    to.copy_from_slice(from);
}
