//! Processors without a module of their own: whatever the compiler makes of plain loops.

use super::portable::Portable;
use super::simd::Pass;
use crate::number::Number;

/// The only set of instructions.
#[derive(Clone, Copy, Debug)]
pub enum Level {
    Portable(Portable),
}

impl Level {
    /// The widest.
    #[inline]
    pub(crate) fn widest() -> Self {
        Level::Portable(Portable)
    }

    /// All of them.
    #[cfg(test)]
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        [Level::Portable(Portable)].into_iter()
    }

    /// Makes the pass with these instructions.
    #[inline]
    pub(super) fn run<T: Number, P: Pass<T>>(self, pass: P) {
        let Level::Portable(token) = self;
        pass.run(token);
    }
}
