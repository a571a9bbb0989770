//! Vectors whose memory a pass is the first to write.

use alloc::vec::Vec;
use core::sync::atomic::AtomicUsize;

use super::Pass;
use crate::Float;

/// A vector of what `fill` makes of `from`. Its memory is written once: not filled with zeros
/// before.
///
/// # Panics
/// If `fill` does not go through the whole pass that it is given.
pub(crate) fn to_vec<T: Float>(from: &[T], fill: impl FnOnce(Pass<'_, T>)) -> Vec<T> {
    let mut to = Vec::with_capacity(from.len());
    let written = AtomicUsize::new(0);
    fill(Pass::into_new(from, to.spare_capacity_mut(), &written));
    assert!(
        written.into_inner() == from.len(),
        "a pass into new memory must go through all of it"
    );
    // SAFETY: the capacity is at least that. A pass can be cut, but not doubled, and counts its
    // elements once they have been written; so all of them have.
    unsafe { to.set_len(from.len()) };
    to
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "go through all of it")]
    fn memory_that_was_not_written_is_not_handed_out() {
        to_vec(&[1.0_f32; 100], |pass| {
            let (_, rest) = pass.split_at(64);
            crate::kernel::execute(rest, crate::kernel::Values(crate::Relu));
        });
    }
}
