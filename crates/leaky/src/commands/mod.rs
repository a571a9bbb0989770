//! The commands of the tool: from settings to what is printed and written.

mod apply;
mod bars;
mod born_dead;
mod case;
mod compare;
mod convert;
mod cure;
mod diagnose;
mod figures;
mod files;
mod plot;
mod threads;

use crate::error::{Error, Outcome};
use crate::settings::Command;
use crate::terminal::Screen;

/// Does what the user asked for.
///
/// # Errors
///
/// If the request or its input is at fault.
pub fn run(command: Command, screen: &Screen) -> Result<Outcome, Error> {
    match command {
        Command::Diagnose(settings) => diagnose::run(&settings, screen),
        Command::Convert(settings) => convert::run(&settings, screen),
        Command::Cure(settings) => cure::run(&settings, screen),
        Command::Compare(settings) => compare::run(&settings, screen),
        Command::Apply(settings) => apply::run(&settings, screen),
        Command::Plot(settings) => plot::run(&settings, screen),
        Command::Print(text) => {
            screen.write(&text);
            Ok(Outcome::Done)
        }
    }
}
