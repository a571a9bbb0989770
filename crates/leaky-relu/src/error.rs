//! What a rectifier refuses.

use core::fmt;

/// Why a rectifier, a quantisation or a record of sign bits was refused.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Error {
    /// A slope is NaN or infinite.
    NotFinite {
        /// Which parameter it is: `alpha`, `lower`, `upper` or `scale`.
        parameter: &'static str,
        /// The value given.
        value: f64,
    },
    /// The operation needs a slope above zero, because with any other slope the output does not
    /// tell which inputs were above zero.
    NotPositive {
        /// Which parameter it is: `alpha` or `scale`.
        parameter: &'static str,
        /// The value given.
        value: f64,
    },
    /// The lower bound of random slopes lies above the upper bound.
    EmptyRange {
        /// The lower bound given.
        lower: f64,
        /// The upper bound given.
        upper: f64,
    },
    /// A PReLU was given no slopes at all, or runs of no elements.
    NoChannels,
    /// The number of bytes does not hold the number of sign bits.
    WrongByteCount {
        /// The number of sign bits to be read.
        bits: usize,
        /// The number of bytes given.
        bytes: usize,
    },
    /// The number of words does not hold the number of sign bits.
    WrongWordCount {
        /// The number of sign bits to be read.
        bits: usize,
        /// The number of words given.
        words: usize,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::NotFinite { parameter, value } => {
                write!(f, "{parameter} must be finite, but is {value}")
            }
            Error::NotPositive { parameter, value } => {
                write!(f, "{parameter} must be above zero here, but is {value}")
            }
            Error::EmptyRange { lower, upper } => write!(
                f,
                "the lower bound of the slopes, {lower}, is above the upper bound, {upper}"
            ),
            Error::NoChannels => write!(
                f,
                "a PReLU needs at least one slope and runs of at least one element"
            ),
            Error::WrongByteCount { bits, bytes } => write!(
                f,
                "{bits} sign bits take {} bytes, but {bytes} were given",
                bits.div_ceil(8)
            ),
            Error::WrongWordCount { bits, words } => write!(
                f,
                "{bits} sign bits take {} words of 64 bits, but {words} were given",
                bits.div_ceil(64)
            ),
        }
    }
}

impl core::error::Error for Error {}
