//! A `.npy` file of floats as it lies there, for work that goes from its first element to its last
//! and cares for neither shape nor order.

use std::path::Path;
use std::sync::Arc;

use burn::tensor::DType;

use super::arrays::list_npy;
use super::convert::dtype_name;
use super::entry::{Entry, Place};
use super::error::DataError;
use super::storage::Storage;

/// The type of the elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FloatType {
    /// 16 bits.
    F16,
    /// 32 bits.
    F32,
    /// 64 bits.
    F64,
}

/// An array of floats in a `.npy` file, read by position.
#[derive(Debug)]
pub struct PlainArray {
    entry: Entry,
    element: FloatType,
    /// Everything before the first element.
    header: Vec<u8>,
}

impl PlainArray {
    /// Opens a file and finds it whole.
    ///
    /// # Errors
    ///
    /// Where it cannot be read, is not a `.npy` file, is damaged or cut off, or holds no floats.
    pub fn open(path: &Path) -> Result<Self, DataError> {
        let storage = Arc::new(Storage::open(path)?);
        let entry = list_npy(&storage, "x")?;
        let not_floats = |dtype: &str| DataError::NotFloats {
            file: storage.name().to_owned(),
            dtype: dtype.to_owned(),
        };
        let element = match &entry.dtype {
            Ok(DType::F16) => FloatType::F16,
            Ok(DType::F32) => FloatType::F32,
            Ok(DType::F64) => FloatType::F64,
            Ok(other) => return Err(not_floats(dtype_name(*other))),
            Err(spelling) => return Err(not_floats(spelling)),
        };
        let Place::Plain { offset } = entry.place else {
            unreachable!("a .npy file is no archive");
        };
        // The reader of headers takes none longer than a few kilobytes.
        let mut header = vec![0; offset as usize];
        storage.read_at(0, &mut header)?;
        Ok(Self {
            entry,
            element,
            header,
        })
    }

    /// What messages call it: the path as the user gave it.
    pub fn name(&self) -> &str {
        self.entry.storage.name()
    }

    /// The header as it stands in the file.
    pub fn header(&self) -> &[u8] {
        &self.header
    }

    /// The type of the elements.
    pub fn element(&self) -> FloatType {
        self.element
    }

    /// The number of elements.
    pub fn elements(&self) -> u64 {
        // The file was found to hold them, so this does not overflow.
        self.shape().iter().map(|axis| *axis as u64).product()
    }

    /// The length of each axis.
    pub fn shape(&self) -> &[usize] {
        &self.entry.shape
    }

    /// Whether the first axis varies fastest (Fortran), not the last one (C).
    pub fn fortran_order(&self) -> bool {
        self.entry.fortran_order
    }

    /// Whether the bytes of an element stand in the other order than on this machine.
    pub fn swapped(&self) -> bool {
        self.entry.big_endian != cfg!(target_endian = "big")
    }

    /// Fills `bytes` with elements as they stand in the file, from byte `offset` of the first one on.
    ///
    /// # Errors
    ///
    /// Where the file cannot be read or was cut off in the meantime.
    pub fn read(&self, offset: u64, bytes: &mut [u8]) -> Result<(), DataError> {
        self.entry
            .storage
            .read_at(self.header.len() as u64 + offset, bytes)
    }
}
