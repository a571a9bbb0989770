//! Where results go: standard output, or a JSON file that appears whole.

use std::io::Write;
use std::path::Path;

use leaky_cure::files::Destination;
use serde::Serialize;

use crate::arguments::is_standard_output;
use crate::error::Error;

/// Where the figures go as JSON.
pub(super) enum Json {
    Nowhere,
    StandardOutput,
    File(Destination),
}

impl Json {
    /// Checks that the file can be written, before any work starts.
    pub(super) fn new<'a>(
        path: Option<&Path>,
        others: impl IntoIterator<Item = &'a Path>,
    ) -> Result<Self, Error> {
        Ok(match path {
            None => Self::Nowhere,
            Some(path) if is_standard_output(path) => Self::StandardOutput,
            Some(path) => Self::File(Destination::new(path, others)?),
        })
    }

    /// Whether standard output belongs to the JSON alone.
    pub(super) fn takes_standard_output(&self) -> bool {
        matches!(self, Self::StandardOutput)
    }

    /// The file, where it is one.
    pub(super) fn file(&self) -> Option<&Path> {
        match self {
            Self::File(destination) => Some(destination.path()),
            Self::Nowhere | Self::StandardOutput => None,
        }
    }

    pub(super) fn write(&self, figures: &impl Serialize) -> Result<(), Error> {
        match self {
            Self::Nowhere => {}
            Self::StandardOutput => {
                let text = serde_json::to_string_pretty(figures).map_err(std::io::Error::other);
                // A reader that closed the pipe has read enough.
                let _ = text.and_then(|text| writeln!(std::io::stdout(), "{text}"));
            }
            Self::File(destination) => destination.write(|file| {
                serde_json::to_writer_pretty(&mut *file, figures)?;
                writeln!(file)
            })?,
        }
        Ok(())
    }
}

/// Prints a result for a person, unless standard output is taken. A closed pipe is no error.
pub(super) fn print(json: &Json, text: &str) {
    if !json.takes_standard_output() {
        let _ = writeln!(std::io::stdout(), "{text}");
    }
}

/// Tells a person of something on standard error.
pub(super) fn warn(text: &str) {
    let _ = writeln!(std::io::stderr(), "warning: {text}");
}

/// Where the report goes, if one is wanted.
pub(super) struct Page(Option<Destination>);

impl Page {
    /// Checks that the file can be written, before any work starts.
    pub(super) fn new<'a>(
        path: Option<&Path>,
        others: impl IntoIterator<Item = &'a Path>,
    ) -> Result<Self, Error> {
        let destination = path
            .map(|path| Destination::new(path, others))
            .transpose()?;
        Ok(Self(destination))
    }

    /// Makes something for the page, unless no page is wanted.
    pub(super) fn if_wanted<T>(
        &self,
        make: impl FnOnce() -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        self.0.as_ref().map(|_| make()).transpose()
    }

    /// Writes the page, where one was made.
    pub(super) fn write(&self, page: Option<&str>) -> Result<(), Error> {
        if let (Some(destination), Some(page)) = (&self.0, page) {
            destination.write(|file| file.write_all(page.as_bytes()))?;
        }
        Ok(())
    }
}
