//! The vector instructions of x86-64: SSE2, which the program is compiled for, and those that the
//! processor has beyond.

mod avx2;
mod avx512;
mod sse2;

use self::{avx2::Avx2, avx512::Avx512, sse2::Sse2};
use super::portable::Portable;
use super::simd::{Memory, Pass};
use crate::number::Number;

/// A set of vector instructions that this processor has.
#[derive(Clone, Copy, Debug)]
pub enum Level {
    #[allow(dead_code, reason = "tests compare the others with it")]
    Portable(Portable),
    Sse2(Sse2),
    Avx2(Avx2),
    Avx512(Avx512),
}

impl Level {
    /// The widest.
    #[inline]
    pub(crate) fn widest() -> Self {
        if let Some(token) = Avx512::detect() {
            Level::Avx512(token)
        } else if let Some(token) = Avx2::detect() {
            Level::Avx2(token)
        } else {
            Level::Sse2(Sse2::baseline())
        }
    }

    /// All of them.
    #[cfg(test)]
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        [
            Some(Level::Portable(Portable)),
            Some(Level::Sse2(Sse2::baseline())),
            Avx2::detect().map(Level::Avx2),
            Avx512::detect().map(Level::Avx512),
        ]
        .into_iter()
        .flatten()
    }

    /// Makes the pass with these instructions.
    #[inline]
    pub(super) fn run<T: Number, P: Pass<T>>(self, pass: P)
    where
        Sse2: Memory<T>,
        Avx2: Memory<T>,
        Avx512: Memory<T>,
    {
        #[target_feature(enable = "avx2,f16c")]
        fn avx2<T: Number, P: Pass<T>>(token: Avx2, pass: P)
        where
            Avx2: Memory<T>,
        {
            pass.run(token);
        }
        #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
        fn avx512<T: Number, P: Pass<T>>(token: Avx512, pass: P)
        where
            Avx512: Memory<T>,
        {
            pass.run(token);
        }
        match self {
            Level::Portable(token) => pass.run(token),
            Level::Sse2(token) => pass.run(token),
            // SAFETY: the token exists only where the processor has the instructions.
            Level::Avx2(token) => unsafe { avx2(token, pass) },
            // SAFETY: the token exists only where the processor has the instructions.
            Level::Avx512(token) => unsafe { avx512(token, pass) },
        }
    }
}
