//! The vector instructions of 64-bit Arm.

mod neon;

use self::neon::Neon;
use super::portable::Portable;
use super::simd::{Memory, Pass};
use crate::number::Number;

/// A set of vector instructions that this processor has.
#[derive(Clone, Copy, Debug)]
pub enum Level {
    #[allow(dead_code, reason = "tests compare the others with it")]
    Portable(Portable),
    Neon(Neon),
}

impl Level {
    /// The widest.
    #[inline]
    pub(crate) fn widest() -> Self {
        Level::Neon(Neon::baseline())
    }

    /// All of them.
    #[cfg(test)]
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        [Level::Portable(Portable), Level::Neon(Neon::baseline())].into_iter()
    }

    /// Makes the pass with these instructions.
    #[inline]
    pub(super) fn run<T: Number, P: Pass<T>>(self, pass: P)
    where
        Neon: Memory<T>,
    {
        match self {
            Level::Portable(token) => pass.run(token),
            Level::Neon(token) => pass.run(token),
        }
    }
}
