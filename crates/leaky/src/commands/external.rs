//! Weights that lie outside of a network's file.

use std::path::{Path, PathBuf};

use leaky_cure::files::{Destination, FileError};
use leaky_onnx::Model;

/// Refuses an output that would take the place of weights which lie outside of the network's file.
pub(super) fn keeps_external_data(output: &Path, model: &Model) -> Result<(), FileError> {
    let files = model.external_files();
    Destination::new(output, files.iter().map(PathBuf::as_path))?;
    Ok(())
}
