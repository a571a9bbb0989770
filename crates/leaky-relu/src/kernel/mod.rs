//! What is computed on the way over memory, written once for every set of vector instructions.
//!
//! A [`Function`] or a [`Gradient`] says what becomes of a vector; [`Applied`] makes a
//! [`Kernel`](crate::arch::Kernel) of it, together with what is read or written beside the elements:
//! another array or sign bits. [`execute()`] makes a [`Pass`](crate::arch::Pass) of elements and a kernel,
//! and a [`Plan`](plan::Plan) says how that is run: with which instructions, past the caches or not, on
//! one thread or on all.

mod alpha_gradient;
mod applied;
mod channels;
mod execute;
mod function;
mod operand;
pub(crate) mod plan;
mod signs;
mod slopes;
mod sums;
#[cfg(feature = "rayon")]
mod threads;

pub(crate) use alpha_gradient::with_alpha;
pub(crate) use applied::Applied;
pub(crate) use execute::execute;
pub(crate) use function::{Function, Gradient, SlopeOf, TwoSlopes};
pub(crate) use signs::record;
pub(crate) use slopes::ChannelSlopes;
