//! From a command line to settings.

use std::ffi::OsString;

use clap::Parser;

use super::display::told_of_color;
use super::generate::{completions, manual};
use super::tool::{Arguments, Command};
use crate::settings;

/// What a command line asks for.
pub struct Request {
    /// What to do.
    pub command: settings::Command,
    /// How to talk to the person meanwhile.
    pub display: settings::Display,
}

/// What is to be said where a command line gives nothing to do: help, or why it is not understood.
pub struct Answer {
    /// How to talk to the person.
    pub display: settings::Display,
    said: clap::Error,
}

impl Answer {
    /// Whether the command line is refused. Otherwise the answer is what was asked for.
    pub fn refuses(&self) -> bool {
        self.said.use_stderr()
    }

    /// The text, with its line ends.
    pub fn text(&self, colour: bool) -> String {
        let text = self.said.render();
        match colour {
            true => text.ansi().to_string(),
            false => text.to_string(),
        }
    }
}

/// Understands a command line, the program's name first.
pub fn parse(command_line: &[OsString]) -> Result<Request, Answer> {
    understood(command_line).map_err(|said| {
        let words = command_line.iter().filter_map(|word| word.to_str());
        let display = settings::Display {
            quiet: false,
            color: told_of_color(words),
        };
        Answer { display, said }
    })
}

pub(super) fn understood(command_line: &[OsString]) -> Result<Request, clap::Error> {
    let Arguments { command, display } = Arguments::try_parse_from(command_line)?;
    let command = match command {
        Command::Diagnose(asked) => settings::Command::Diagnose(asked.settings(command_line)),
        Command::Convert(asked) => settings::Command::Convert(asked.settings()),
        Command::Cure(asked) => settings::Command::Cure(asked.settings(command_line)?),
        Command::Compare(asked) => settings::Command::Compare(asked.settings(command_line)?),
        Command::Apply(asked) => settings::Command::Apply(asked.settings()),
        Command::Plot(asked) => settings::Command::Plot(asked.settings()),
        Command::Completions(asked) => settings::Command::Print(completions(asked.shell)),
        Command::Man(asked) => settings::Command::Print(manual(asked.command.as_deref())?),
    };
    Ok(Request {
        command,
        display: display.settings(),
    })
}
