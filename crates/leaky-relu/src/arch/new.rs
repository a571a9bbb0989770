//! Vectors whose memory a pass is the first to write.

use alloc::vec::Vec;
use core::sync::atomic::AtomicUsize;

use super::elements::Elements;
use crate::number::Number;

/// A vector of what `fill` makes of `from`. Its memory is written once: not filled with zeros
/// before.
///
/// # Panics
/// If `fill` does not go through all the elements that it is given.
pub(crate) fn to_vec<T: Number>(from: &[T], fill: impl FnOnce(Elements<'_, T>)) -> Vec<T> {
    let mut to = Vec::with_capacity(from.len());
    let written = AtomicUsize::new(0);
    fill(Elements::into_new(from, to.spare_capacity_mut(), &written));
    assert!(
        written.into_inner() == from.len(),
        "a pass into new memory must go through all of it"
    );
    // SAFETY: the capacity is at least that. Elements can be cut, but not doubled, and are counted
    // once they have been written; so all of them have.
    unsafe { to.set_len(from.len()) };
    to
}
