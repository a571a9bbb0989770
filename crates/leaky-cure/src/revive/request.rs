//! What a revival is made with.

use crate::data::dataset::Dataset;

/// The change of an output, as a part of its magnitude, that revival may make where it must.
pub const DEFAULT_BOUND: f64 = 1e-3;

/// What a revival is made with.
pub struct Request<'a> {
    /// The samples that the verdict rests on.
    pub data: &'a Dataset,
    /// Those of them to centre fresh weights with.
    pub samples: &'a [usize],
    /// How many to run at a time.
    pub batch_size: usize,
    /// How much of its magnitude an output may change by units that cannot be muted; 0 leaves these
    /// dead. See [`DEFAULT_BOUND`].
    pub bound: f64,
    /// The slope that the units will have.
    pub alpha: f64,
    /// Where the random numbers start.
    pub seed: u64,
}
