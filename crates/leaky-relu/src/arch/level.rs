//! Which vector instructions the processor has.

#[cfg(target_arch = "aarch64")]
use super::neon::Neon;
use super::{Work, portable::Portable};
#[cfg(target_arch = "x86_64")]
use super::{avx2::Avx2, avx512::Avx512, sse2::Sse2};

/// A set of vector instructions that this processor has.
#[derive(Clone, Copy, Debug)]
pub enum Level {
    #[cfg_attr(any(target_arch = "x86_64", target_arch = "aarch64"), allow(dead_code))]
    Portable(Portable),
    #[cfg(target_arch = "x86_64")]
    Sse2(Sse2),
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
    #[cfg(target_arch = "x86_64")]
    Avx512(Avx512),
    #[cfg(target_arch = "aarch64")]
    Neon(Neon),
}

impl Level {
    /// The widest.
    #[inline]
    pub(crate) fn widest() -> Level {
        #[cfg(test)]
        if let Some(level) = super::forced::level() {
            return level;
        }
        #[cfg(target_arch = "x86_64")]
        {
            if let Some(token) = Avx512::detect() {
                Level::Avx512(token)
            } else if let Some(token) = Avx2::detect() {
                Level::Avx2(token)
            } else {
                Level::Sse2(Sse2::baseline())
            }
        }
        #[cfg(target_arch = "aarch64")]
        {
            Level::Neon(Neon::baseline())
        }
        #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
        {
            Level::Portable(Portable)
        }
    }

    /// All of them.
    #[cfg(test)]
    pub(crate) fn all() -> alloc::vec::Vec<Level> {
        let mut levels = alloc::vec![Level::Portable(Portable)];
        #[cfg(target_arch = "x86_64")]
        {
            levels.push(Level::Sse2(Sse2::baseline()));
            levels.extend(Avx2::detect().map(Level::Avx2));
            levels.extend(Avx512::detect().map(Level::Avx512));
        }
        #[cfg(target_arch = "aarch64")]
        levels.push(Level::Neon(Neon::baseline()));
        levels
    }
}

/// An element type that every set of instructions knows.
pub trait Element: Copy {
    /// Does the work with the instructions of the level.
    #[doc(hidden)]
    fn run_at<W: Work<Self>>(level: Level, work: W)
    where
        Self: crate::Float;
}

macro_rules! element {
    ($float:ty) => {
        impl Element for $float {
            #[inline]
            fn run_at<W: Work<Self>>(level: Level, work: W) {
                #[cfg(target_arch = "x86_64")]
                #[target_feature(enable = "avx2,f16c")]
                fn avx2<W: Work<$float>>(token: Avx2, work: W) {
                    work.run(token);
                }
                #[cfg(target_arch = "x86_64")]
                #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl")]
                fn avx512<W: Work<$float>>(token: Avx512, work: W) {
                    work.run(token);
                }
                match level {
                    Level::Portable(token) => work.run(token),
                    #[cfg(target_arch = "x86_64")]
                    Level::Sse2(token) => work.run(token),
                    #[cfg(target_arch = "x86_64")]
                    // SAFETY: the token exists only where the processor has the instructions.
                    Level::Avx2(token) => unsafe { avx2(token, work) },
                    #[cfg(target_arch = "x86_64")]
                    // SAFETY: the token exists only where the processor has the instructions.
                    Level::Avx512(token) => unsafe { avx512(token, work) },
                    #[cfg(target_arch = "aarch64")]
                    Level::Neon(token) => work.run(token),
                }
            }
        }
    };
}
element!(f32);
element!(f64);
#[cfg(feature = "half")]
element!(half::f16);
#[cfg(feature = "half")]
element!(half::bf16);
