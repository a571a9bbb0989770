//! Cutting what belongs to elements where the elements are cut.

/// What belongs to elements in order, and can be cut between two of them.
pub trait Split: Sized {
    /// What belongs to the first `middle` elements, and what to the others.
    fn split_at(self, middle: usize) -> (Self, Self);
}

/// What is the same for every element, so that both parts have all of it.
pub trait Everywhere: Copy {}

impl<F: Everywhere> Split for F {
    #[inline(always)]
    fn split_at(self, _: usize) -> (Self, Self) {
        (self, self)
    }
}

impl Everywhere for () {}
