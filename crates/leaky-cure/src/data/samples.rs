//! Samples chosen from a dataset.

use super::dataset::Dataset;
use super::error::DataError;
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

/// A checksum of samples and their answers, all of which are read once, so many at a time.
///
/// # Errors
///
/// If the data cannot be read.
pub(crate) fn checksum(parts: &[Samples], batch_size: usize) -> Result<u32, DataError> {
    let mut sum = crc32fast::Hasher::new();
    for Samples {
        data,
        target,
        chosen,
    } in parts
    {
        for chosen in chosen.chunks(batch_size) {
            let answers = target.batch(chosen)?;
            for array in data.batch(chosen)?.iter().chain([&answers]) {
                sum.update(array.as_bytes());
            }
        }
    }
    Ok(sum.finalize())
}
