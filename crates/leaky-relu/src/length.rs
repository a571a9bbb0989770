//! Slices that are walked side by side.

/// They must be equally long.
///
/// # Panics
/// If they are not.
#[track_caller]
pub(crate) fn same_length(left: usize, right: usize) {
    assert!(
        left == right,
        "the slices differ in length: {left} and {right} elements"
    );
}
