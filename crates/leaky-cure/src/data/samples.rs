//! Samples chosen from a dataset.

use super::dataset::Dataset;
use super::target::Target;

/// Samples with their answers.
#[derive(Debug, Clone, Copy)]
pub struct Samples<'a> {
    /// The arrays.
    pub data: &'a Dataset,
    /// The answers.
    pub target: &'a Target,
    /// Which of the samples are meant.
    pub chosen: &'a [usize],
}
