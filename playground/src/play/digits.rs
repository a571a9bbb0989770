//! The handwritten digits that the project carries: images of 8 by 8 pixels from 0 to 1.
//!
//! E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning
//! Repository, 1998, <https://doi.org/10.24432/C50P49>, CC BY 4.0; as scikit-learn carries them.

use leaky_cure::Arrays;
use leaky_cure::data::{DType, DataError, ExpectedInput};

/// How many rows and columns an image has.
pub(crate) const SIZE: usize = 8;

const TRAINING: &[u8] = include_bytes!("../../../crates/leaky/example/digits-train.npz");
const HELD_OUT: &[u8] = include_bytes!("../../../crates/leaky/example/digits-test.npz");

/// Digits, one behind the other.
pub(crate) struct Digits {
    /// `[N, 64]`: the pixels of each, row by row.
    pub(crate) pixels: Vec<f32>,
    /// `[N]`: which digit each shows.
    pub(crate) digits: Vec<f32>,
}

/// The digits to train on, and those to test with.
///
/// # Errors
///
/// None while the files that are part of the program are whole.
pub(crate) fn digits() -> Result<[Digits; 2], DataError> {
    Ok([read(TRAINING)?, read(HELD_OUT)?])
}

fn read(file: &'static [u8]) -> Result<Digits, DataError> {
    let array = |name: &str, sample: &[usize], dtype| ExpectedInput {
        name: name.to_owned(),
        shape: [None]
            .into_iter()
            .chain(sample.iter().copied().map(Some))
            .collect(),
        samples: Some(0),
        ranked: true,
        dtype,
    };
    let expected = [
        array("x", &[SIZE * SIZE], DType::F32),
        array("y", &[], DType::I64),
    ];
    let digits = Arrays::from_bytes("the digits", file)?.dataset(&expected)?;
    let everything: Vec<usize> = (0..digits.samples()).collect();
    let arrays = digits.batch(&everything)?;
    Ok(Digits {
        pixels: arrays[0].iter().collect(),
        digits: arrays[1].iter().collect(),
    })
}
