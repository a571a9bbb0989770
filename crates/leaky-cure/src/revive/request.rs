//! What a revival is made with.

use crate::data::dataset::Dataset;

/// What a revival is made with.
pub struct Request<'a> {
    /// The samples that the verdict rests on.
    pub data: &'a Dataset,
    /// Those of them to centre fresh weights with.
    pub samples: &'a [usize],
    /// How many to run at a time.
    pub batch_size: usize,
    /// The slope that the units will have.
    pub alpha: f64,
    /// Where the random numbers start.
    pub seed: u64,
}
