//! The commands of the tool: from arguments to what is printed and written.

mod apply;
mod bars;
mod born_dead;
mod case;
mod compare;
mod convert;
mod cure;
mod diagnose;
mod external;
mod output;
mod plot;
mod threads;

use crate::arguments::Command;
use crate::error::{Error, Outcome};

/// Does what the user asked for.
///
/// # Errors
///
/// If the request or its input is at fault.
pub fn run(command: Command) -> Result<Outcome, Error> {
    match command {
        Command::Diagnose(arguments) => diagnose::run(&arguments),
        Command::Convert(arguments) => convert::run(&arguments),
        Command::Cure(arguments) => cure::run(&arguments),
        Command::Compare(arguments) => compare::run(&arguments),
        Command::Apply(arguments) => apply::run(&arguments),
        Command::Plot(arguments) => plot::run(&arguments),
    }
}
