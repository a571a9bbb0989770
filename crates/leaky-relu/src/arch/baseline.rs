//! Architectures of which one set of vector instructions is used: the one that the program is compiled
//! for.

#[cfg(target_arch = "aarch64")]
use super::aarch64::Neon as Vectors;
use super::portable::Portable;
use super::simd::{Memory, Pass};
#[cfg(target_arch = "wasm32")]
use super::wasm32::Simd128 as Vectors;
use crate::number::Number;

/// A set of instructions.
#[derive(Clone, Copy, Debug)]
pub enum Level {
    #[allow(dead_code, reason = "tests compare the other with it")]
    Portable(Portable),
    Vectors(Vectors),
}

impl Level {
    /// The widest.
    #[inline]
    pub(crate) fn widest() -> Self {
        Level::Vectors(Vectors::baseline())
    }

    /// All of them.
    #[cfg(test)]
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        [Level::Portable(Portable), Level::widest()].into_iter()
    }

    /// Makes the pass with these instructions.
    #[inline]
    pub(super) fn run<T: Number, P: Pass<T>>(self, pass: P)
    where
        Vectors: Memory<T>,
    {
        match self {
            Level::Portable(token) => pass.run(token),
            Level::Vectors(token) => pass.run(token),
        }
    }
}
