//! An array as a file lists it: known by its header, not read yet.

use std::sync::Arc;

use burn::tensor::DType;

use super::error::{DataError, shape_text};
use super::npy::Header;
use super::storage::Storage;

/// What a file says about one of its arrays, and where it lies.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub name: String,
    /// The element type, or its spelling where networks do not compute with it.
    pub dtype: Result<DType, String>,
    pub big_endian: bool,
    pub fortran_order: bool,
    pub shape: Vec<usize>,
    pub storage: Arc<Storage>,
    pub place: Place,
}

/// Where in its file the array's elements are.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    /// As they are, from this position on.
    Plain {
        /// In bytes from the start of the file.
        offset: u64,
    },
    /// Inside of this member of a zip archive, after a header of so many bytes.
    Member {
        /// The member's number in the archive.
        index: usize,
        /// The length of the `.npy` header, in bytes.
        header: u64,
    },
}

impl Entry {
    pub fn from_header(name: String, header: Header, storage: Arc<Storage>, place: Place) -> Self {
        Self {
            name,
            dtype: header.dtype,
            big_endian: header.big_endian,
            fortran_order: header.fortran_order,
            shape: header.shape,
            storage,
            place,
        }
    }

    /// An array whose elements stand in a storage of its own, in this machine's byte order.
    pub fn native(name: &str, dtype: DType, shape: Vec<usize>, storage: Arc<Storage>) -> Self {
        Self {
            name: name.to_owned(),
            dtype: Ok(dtype),
            big_endian: cfg!(target_endian = "big"),
            fortran_order: false,
            shape,
            storage,
            place: Place::Plain { offset: 0 },
        }
    }

    /// The error for an array without elements.
    pub fn empty(&self) -> DataError {
        DataError::Empty {
            array: self.name.clone(),
            shape: shape_text(&self.shape),
        }
    }

    /// The array in a list of what a file holds: `x` (float32 [100, 3]).
    pub fn describe(&self) -> String {
        let dtype = match &self.dtype {
            Ok(dtype) => super::convert::dtype_name(*dtype),
            Err(spelling) => spelling,
        };
        format!("`{}` ({dtype} {})", self.name, shape_text(&self.shape))
    }
}
