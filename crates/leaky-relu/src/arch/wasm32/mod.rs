//! The vector instructions of WebAssembly.

mod simd128;

use self::simd128::Simd128;
use super::portable::Portable;
use super::simd::{Memory, Pass};
use crate::number::Number;

/// A set of vector instructions that the program is compiled for: WebAssembly has no way to ask.
#[derive(Clone, Copy, Debug)]
pub enum Level {
    #[allow(dead_code, reason = "tests compare the others with it")]
    Portable(Portable),
    Simd128(Simd128),
}

impl Level {
    /// The widest.
    #[inline]
    pub(crate) fn widest() -> Self {
        Level::Simd128(Simd128::baseline())
    }

    /// All of them.
    #[cfg(test)]
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        [
            Level::Portable(Portable),
            Level::Simd128(Simd128::baseline()),
        ]
        .into_iter()
    }

    /// Makes the pass with these instructions.
    #[inline]
    pub(super) fn run<T: Number, P: Pass<T>>(self, pass: P)
    where
        Simd128: Memory<T>,
    {
        match self {
            Level::Portable(token) => pass.run(token),
            Level::Simd128(token) => pass.run(token),
        }
    }
}
