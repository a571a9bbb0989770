//! Files that are written.

use std::path::{Path, PathBuf};

use leaky_cure::files::{Destination, FileError, make_folder};
use leaky_cure::train::{self, Checkpoint};
use pyo3::exceptions::PyOSError;
use pyo3::prelude::*;

use crate::answers::refused;

/// A file to write, which is none of those that were read.
pub(crate) fn destination(path: &Path, read: &[PathBuf]) -> PyResult<Destination> {
    Destination::new(path, read.iter().map(PathBuf::as_path)).map_err(unwritable)
}

/// The file in a folder that keeps a training; the folder is made where there is none.
pub(crate) fn checkpoint(folder: &Path, read: &[PathBuf]) -> PyResult<Checkpoint> {
    make_folder(folder).map_err(unwritable)?;
    destination(&folder.join(train::FILE), read).map(Checkpoint::new)
}

/// A file that cannot be written is the system's error, one that must not be is the caller's.
pub(crate) fn unwritable(error: FileError) -> PyErr {
    match error {
        FileError::Same { .. } => refused(error),
        error => PyOSError::new_err(error.to_string()),
    }
}
