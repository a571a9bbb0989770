//! The files of a command: no output takes the place of a file that is read, or of another output.

use std::path::{Path, PathBuf};

use leaky_cure::files::{Destination, FileError};

/// What a command reads and writes.
pub(super) struct Files {
    inputs: Vec<PathBuf>,
    outputs: Vec<Destination>,
}

impl Files {
    /// With the files that the command reads.
    pub(super) fn read<'a>(inputs: impl IntoIterator<Item = &'a Path>) -> Self {
        Self {
            inputs: inputs.into_iter().map(Path::to_owned).collect(),
            outputs: Vec::new(),
        }
    }

    /// A file to write, found fit to be written before any work starts.
    pub(super) fn output(&mut self, path: &Path) -> Result<Destination, FileError> {
        let inputs = self.inputs.iter().map(PathBuf::as_path);
        let outputs = self.outputs.iter().map(Destination::path);
        let destination = Destination::new(path, inputs.chain(outputs))?;
        self.outputs.push(destination.clone());
        Ok(destination)
    }

    /// Files that are read too, as is known once the first are: the weights that a network keeps
    /// outside of its file.
    pub(super) fn read_too(&mut self, files: Vec<PathBuf>) -> Result<(), FileError> {
        for output in &self.outputs {
            output.keeps(files.iter().map(PathBuf::as_path))?;
        }
        self.inputs.extend(files);
        Ok(())
    }
}
