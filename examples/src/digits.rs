//! The handwritten digits that the project carries: 1797 images of 8 by 8 pixels from 0 to 1.
//!
//! E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning
//! Repository, 1998, <https://doi.org/10.24432/C50P49>, CC BY 4.0; as scikit-learn carries them.

use leaky_cure::Arrays;
use leaky_cure::data::{DType, ExpectedInput};

use crate::Result;

/// How many rows and columns an image has.
pub const SIZE: usize = 8;

const TRAINING: &[u8] = include_bytes!("../../crates/leaky/example/digits-train.npz");
const HELD_OUT: &[u8] = include_bytes!("../../crates/leaky/example/digits-test.npz");

/// Images, and which digits they show.
#[derive(Debug, Clone)]
pub struct Digits {
    /// The pixels of each image, row by row.
    pub images: Vec<Vec<f32>>,
    /// The digit that each image shows.
    pub labels: Vec<i64>,
}

impl Digits {
    /// The digits to train with: 1347.
    ///
    /// # Errors
    /// None while the files that are part of the program are whole.
    pub fn training() -> Result<Self> {
        Self::read(TRAINING)
    }

    /// The other 450.
    ///
    /// # Errors
    /// As [`training`](Self::training).
    pub fn held_out() -> Result<Self> {
        Self::read(HELD_OUT)
    }

    fn read(file: &'static [u8]) -> Result<Self> {
        let array = |name: &str, sample: Option<usize>, dtype| ExpectedInput {
            name: name.to_owned(),
            shape: [None].into_iter().chain(sample.map(Some)).collect(),
            samples: Some(0),
            ranked: true,
            dtype,
        };
        let expected = [
            array("x", Some(SIZE * SIZE), DType::F32),
            array("y", None, DType::I64),
        ];
        let digits = Arrays::from_bytes("the digits", file)?.dataset(&expected)?;
        let everything: Vec<usize> = (0..digits.samples()).collect();
        let arrays = digits.batch(&everything)?;
        let pixels: Vec<f32> = arrays[0].iter().collect();
        Ok(Digits {
            images: pixels.chunks(SIZE * SIZE).map(<[f32]>::to_vec).collect(),
            labels: arrays[1].iter().collect(),
        })
    }
}
