//! Which rectifier suits a network and its data: each trained with the same seeds, side by side.

mod candidate;
mod report;

pub use candidate::{Candidate, RANDOM_SLOPES};
pub use report::{Comparison, Row, Trial};
