//! A listed array made readable by position.

use super::array::Array;
use super::entry::{Entry, Place};
use super::error::DataError;
use super::storage::SCRATCH_IN_MEMORY;
use super::{fortran, npz};

/// Makes the array readable by position: checks and unpacks a compressed one, reorders a
/// Fortran-ordered one. An array without elements is refused.
pub(super) fn load(entry: &Entry) -> Result<Array, DataError> {
    if entry.shape.contains(&0) {
        return Err(entry.empty());
    }
    let dtype = entry
        .dtype
        .clone()
        .map_err(|dtype| DataError::UnsupportedDtype {
            file: entry.storage.name().to_owned(),
            array: entry.name.clone(),
            dtype,
        })?;
    let (storage, offset) = match entry.place {
        Place::Plain { offset } => (entry.storage.clone(), offset),
        Place::Member { index, header } => npz::load(entry, index, header, SCRATCH_IN_MEMORY)?,
    };
    let array = Array {
        name: entry.name.clone(),
        shape: entry.shape.clone(),
        dtype,
        big_endian: entry.big_endian,
        storage,
        offset,
    };
    if entry.fortran_order && entry.shape.len() > 1 {
        fortran::into_rows(&array, SCRATCH_IN_MEMORY)
    } else {
        Ok(array)
    }
}
