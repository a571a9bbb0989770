//! Files that appear whole or not at all.

use std::cell::RefCell;
use std::io::Write;
use std::path::{Path, PathBuf};

use leaky_cure::files::Destination;
use serde::Serialize;

use crate::Result;

/// The folder that an example writes to.
#[derive(Debug)]
pub struct Output {
    folder: PathBuf,
    /// The names of the files that were written.
    files: RefCell<Vec<String>>,
}

impl Output {
    /// Makes the folder, if it is not there.
    ///
    /// # Errors
    /// If it cannot be made.
    pub fn new(folder: PathBuf) -> Result<Self> {
        std::fs::create_dir_all(&folder)
            .map_err(|error| format!("the folder {} cannot be made: {error}", folder.display()))?;
        Ok(Output {
            folder,
            files: RefCell::default(),
        })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The path of a file in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The names of the files that were written.
    pub(crate) fn files(&self) -> Vec<String> {
        self.files.borrow().clone()
    }

    /// Writes a file of this name.
    ///
    /// # Errors
    /// If it cannot be written; then what was there before still is.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result {
        let destination = Destination::new(&self.path(name), [])?;
        destination.write(|file| file.write_all(bytes))?;
        self.files.borrow_mut().push(name.to_owned());
        Ok(())
    }

    /// Writes figures as a file of JSON of this name.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn write_json(&self, name: &str, figures: &impl Serialize) -> Result {
        let mut json = serde_json::to_string_pretty(figures)?;
        json.push('\n');
        self.write(name, json.as_bytes())
    }
}
