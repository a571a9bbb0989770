//! How the tool talks to the person: what every command takes.

use clap::{Args, ColorChoice};

use crate::settings;

/// Options of every command.
#[derive(Debug, Args)]
pub(super) struct Display {
    /// Print nothing but errors: no tables, no progress, no warnings. Files are written, and the
    /// exit code tells the result
    #[arg(short, long, global = true, help_heading = "Global options")]
    quiet: bool,
    /// When to colour what is printed; auto: on a terminal, unless NO_COLOR is set
    #[arg(
        long,
        value_name = "WHEN",
        global = true,
        default_value = "auto",
        hide_possible_values = false,
        help_heading = "Global options"
    )]
    color: ColorChoice,
}

impl Display {
    pub(super) fn settings(&self) -> settings::Display {
        settings::Display {
            quiet: self.quiet,
            color: coloured(self.color),
        }
    }
}

fn coloured(choice: ColorChoice) -> Option<bool> {
    match choice {
        ColorChoice::Auto => None,
        ColorChoice::Always => Some(true),
        ColorChoice::Never => Some(false),
    }
}

/// What a command line that cannot be understood, or asks for help, says of colour.
pub(super) fn told_of_color<'a>(words: impl Iterator<Item = &'a str>) -> Option<bool> {
    let mut words = words.skip(1).take_while(|word| *word != "--");
    while let Some(word) = words.next() {
        let value = match word.strip_prefix("--color") {
            Some("") => words.next(),
            Some(value) => value.strip_prefix('='),
            None => None,
        };
        if let Some(choice) = value.and_then(|value| value.parse().ok()) {
            return coloured(choice);
        }
    }
    None
}
