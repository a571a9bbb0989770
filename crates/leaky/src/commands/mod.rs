//! The commands of the tool: from arguments to what is printed and written.

mod apply;
mod bars;
mod born_dead;
mod case;
mod compare;
mod convert;
mod cure;
mod diagnose;
mod output;
mod plot;
mod threads;

use leaky_cure::files::Destination;
use leaky_onnx::Model;

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

/// Refuses an output that would take the place of weights which lie outside of the network's file.
fn keeps_external_data(output: &std::path::Path, model: &Model) -> Result<(), Error> {
    let files = model.external_files();
    Destination::new(output, files.iter().map(std::path::PathBuf::as_path))?;
    Ok(())
}
