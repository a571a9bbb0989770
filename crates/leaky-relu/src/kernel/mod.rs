//! The passes over memory that the rectifiers are made of, each written once for every set of
//! vector instructions.

mod alpha_gradient;
mod binary;
mod bits;
mod channels;
mod execute;
mod operand;
mod rectifier;
mod signs;
mod slopes;
#[cfg(test)]
mod tests;
#[cfg(feature = "rayon")]
mod threads;
mod unary;

pub(crate) use alpha_gradient::with_alpha;
pub(crate) use binary::{Binary, Map2};
pub(crate) use bits::{BitReader, BitWriter};
pub(crate) use channels::Channels;
pub(crate) use execute::{execute, execute_work};
pub(crate) use operand::Operand;
pub(crate) use rectifier::{FromSigns, Gradient, Rectifier, Values, WithSigns};
pub(crate) use signs::Signs;
pub(crate) use slopes::Slopes;
pub(crate) use unary::{Map1, Unary};

/// Slices that are walked side by side must be equally long.
#[track_caller]
pub(crate) fn same_length(left: usize, right: usize) {
    assert!(
        left == right,
        "the slices differ in length: {left} and {right} elements"
    );
}
