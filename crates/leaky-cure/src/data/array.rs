//! One array, read a few rows at a time.

use std::convert::Infallible;
use std::sync::Arc;

use burn::tensor::{DType, TensorData};

use super::convert::{self, Layout};
use super::error::{DataError, element_text};
use super::storage::Storage;

/// An array in C order whose rows, the entries of its first axis, are read by position. It has
/// elements, and its file was found to hold them.
#[derive(Debug, Clone)]
pub(super) struct Array {
    pub name: String,
    pub shape: Vec<usize>,
    pub dtype: DType,
    pub big_endian: bool,
    pub storage: Arc<Storage>,
    /// Where the first element stands, in bytes.
    pub offset: u64,
}

/// About how many elements are looked at in one go when a whole array is checked.
const SCAN_ELEMENTS: usize = 1 << 19;

impl Array {
    /// The length of the first axis.
    pub fn rows(&self) -> usize {
        self.shape.first().copied().unwrap_or(0)
    }

    /// The shape of one row.
    pub fn row_shape(&self) -> &[usize] {
        self.shape.get(1..).unwrap_or(&[])
    }

    /// Elements in a row, at least one. The whole array fits its file, so this cannot overflow.
    pub fn row_elements(&self) -> usize {
        self.row_shape().iter().product()
    }

    fn row_bytes(&self) -> usize {
        self.row_elements() * self.dtype.size()
    }

    /// The bytes of the given rows, one after the other, in this machine's byte order. Neighbouring
    /// rows are read together.
    ///
    /// # Panics
    ///
    /// Where a row lies outside of the array.
    fn read_rows(&self, rows: &[usize]) -> Result<Vec<u8>, DataError> {
        let size = self.row_bytes();
        let mut bytes = vec![0; rows.len() * size];
        let mut rest = bytes.as_mut_slice();
        for run in rows.chunk_by(|&row, &next| next == row + 1) {
            assert!(
                run[run.len() - 1] < self.rows(),
                "a row outside of the array"
            );
            let (part, after) = rest.split_at_mut(run.len() * size);
            self.storage
                .read_at(self.offset + (run[0] * size) as u64, part)?;
            rest = after;
        }
        if self.big_endian != cfg!(target_endian = "big") {
            for element in bytes.chunks_exact_mut(self.dtype.size()) {
                element.reverse();
            }
        }
        Ok(bytes)
    }

    /// The given rows as elements of the type `dtype`, each of the shape `row_shape`, which holds
    /// as many elements as a row of the array.
    pub fn tensor(
        &self,
        rows: &[usize],
        row_shape: &[usize],
        dtype: DType,
    ) -> Result<TensorData, DataError> {
        let bytes = self.read_rows(rows)?;
        let mut shape = vec![rows.len()];
        shape.extend(row_shape);
        let layout = Layout {
            from: self.dtype,
            to: dtype,
        };
        convert::tensor(&bytes, &shape, layout).map_err(|misfit| {
            let per_row = self.row_elements();
            let row = rows[misfit.position / per_row] as u64;
            let position = row * per_row as u64 + (misfit.position % per_row) as u64;
            DataError::Unrepresentable {
                element: element_text(&self.name, &self.shape, position),
                value: misfit.value,
                dtype: convert::dtype_name(dtype),
                advice: misfit.advice,
            }
        })
    }

    /// All rows in parts of about [`SCAN_ELEMENTS`] elements.
    fn parts(&self) -> impl Iterator<Item = Vec<usize>> {
        let step = (SCAN_ELEMENTS / self.row_elements()).max(1);
        let rows = self.rows();
        (0..rows)
            .step_by(step)
            .map(move |start| (start..rows.min(start + step)).collect())
    }

    /// Visits every element of an array of integers or booleans, with its position in C order.
    pub fn scan_integers(&self, mut visit: impl FnMut(u64, i128)) -> Result<(), DataError> {
        for rows in self.parts() {
            let start = (rows[0] * self.row_elements()) as u64;
            let bytes = self.read_rows(&rows)?;
            convert::for_each_integer(&bytes, self.dtype, |position, value| {
                visit(start + position as u64, value);
                Ok::<(), Infallible>(())
            })
            .unwrap_or_else(|never| match never {});
        }
        Ok(())
    }

    /// The first element outside of a range, with its index as messages name it.
    pub fn first_outside(
        &self,
        range: std::ops::RangeInclusive<f64>,
    ) -> Result<Option<(String, f64)>, DataError> {
        for rows in self.parts() {
            let start = (rows[0] * self.row_elements()) as u64;
            let values = self.tensor(&rows, self.row_shape(), DType::F64)?;
            let outside = values
                .iter::<f64>()
                .enumerate()
                .find(|(_, value)| !range.contains(value));
            if let Some((position, value)) = outside {
                let element = element_text(&self.name, &self.shape, start + position as u64);
                return Ok(Some((element, value)));
            }
        }
        Ok(None)
    }

    /// Checks the whole array: every element can be given as `dtype`, and none is NaN or infinite.
    pub fn check_values(&self, dtype: DType) -> Result<(), DataError> {
        let (mut nan, mut infinite, mut first) = (0, 0, None);
        for rows in self.parts() {
            let start = (rows[0] * self.row_elements()) as u64;
            let found = convert::not_finite(&self.tensor(&rows, self.row_shape(), dtype)?);
            nan += found.nan;
            infinite += found.infinite;
            first = first.or(found.first.map(|position| start + position as u64));
        }
        match first {
            None => Ok(()),
            Some(position) => Err(DataError::NotFinite {
                array: self.name.clone(),
                nan,
                infinite,
                first: element_text(&self.name, &self.shape, position),
            }),
        }
    }
}
