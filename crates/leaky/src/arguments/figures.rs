//! Where the figures of a command go beside its table.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args;

use crate::settings::{self, Json};

/// Options of every command that finds figures.
#[derive(Debug, Args)]
pub(super) struct Figures {
    /// Write every figure to this file as JSON, or to standard output for `-`
    #[arg(long, value_name = "FILE", help_heading = "Results")]
    json: Option<PathBuf>,
    /// Draw a report to this file: one page for any browser, with all charts and figures in it
    #[arg(long, value_name = "FILE.html", help_heading = "Results")]
    report: Option<PathBuf>,
}

impl Figures {
    pub(super) fn settings(self, command_line: &[OsString]) -> settings::Figures {
        settings::Figures {
            json: self.json.map(|path| match path.as_os_str() == "-" {
                true => Json::StandardOutput,
                false => Json::File(path),
            }),
            report: self.report,
            command_line: command_line.to_vec(),
        }
    }
}
