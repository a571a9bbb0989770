//! Where figures go beside the table: JSON, and a page.

use std::ffi::OsString;
use std::io::Write;

use leaky_cure::files::Destination;
use leaky_report::{Provenance, ReportError};
use serde::Serialize;

use super::files::Files;
use crate::error::Error;
use crate::settings;
use crate::terminal::Screen;

/// Where figures go, found fit to be written before any work starts.
pub(super) struct Figures<'a> {
    json: Option<Json>,
    page: Option<Destination>,
    command_line: &'a [OsString],
}

enum Json {
    StandardOutput,
    File(Destination),
}

impl<'a> Figures<'a> {
    pub(super) fn new(asked: &'a settings::Figures, files: &mut Files) -> Result<Self, Error> {
        let json = match &asked.json {
            None => None,
            Some(settings::Json::StandardOutput) => Some(Json::StandardOutput),
            Some(settings::Json::File(path)) => Some(Json::File(files.output(path)?)),
        };
        let page = asked.report.as_deref();
        Ok(Self {
            json,
            page: page.map(|path| files.output(path)).transpose()?,
            command_line: &asked.command_line,
        })
    }

    /// Whether a page is wanted.
    pub(super) fn wants_page(&self) -> bool {
        self.page.is_some()
    }

    /// What a page is made from, as far as the command line tells.
    pub(super) fn provenance(&self) -> Provenance {
        Provenance::new(self.command_line.iter().cloned())
    }

    /// Writes the JSON, if it is wanted.
    pub(super) fn write_json(
        &self,
        figures: &impl Serialize,
        screen: &Screen,
    ) -> Result<(), Error> {
        match &self.json {
            None => {}
            Some(Json::StandardOutput) => screen.write(&json(figures)?),
            Some(Json::File(destination)) => {
                let text = json(figures)?;
                destination.write(|file| file.write_all(&text))?;
            }
        }
        Ok(())
    }

    /// Makes the page and writes it, if it is wanted.
    pub(super) fn write_page(
        &self,
        make: impl FnOnce() -> Result<String, ReportError>,
    ) -> Result<(), Error> {
        if let Some(destination) = &self.page {
            let page = make()?;
            destination.write(|file| file.write_all(page.as_bytes()))?;
        }
        Ok(())
    }
}

fn json(figures: &impl Serialize) -> Result<Vec<u8>, Error> {
    let mut text = serde_json::to_vec_pretty(figures).map_err(std::io::Error::other);
    text.iter_mut().for_each(|text| text.push(b'\n'));
    text.map_err(Error::StandardOutput)
}
