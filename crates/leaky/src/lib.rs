//! The parts of the command line tool `leaky`: it finds the dead ReLU units in an ONNX network,
//! brings them back, lets them leak, and proves it.

pub mod apply;
pub mod arguments;
pub mod commands;
mod error;
pub mod example;
mod interrupt;
pub mod plot;
pub mod terminal;

pub use error::{Error, Outcome};
pub use interrupt::stop_on_ctrl_c;

use std::ffi::OsString;
use std::io::Write;

use clap::Parser;

/// Does what a command line asks for, and gives the exit code for the process. The first argument is
/// the program's name.
pub fn run(command_line: impl IntoIterator<Item = OsString>) -> u8 {
    let arguments = match arguments::Arguments::try_parse_from(command_line) {
        Ok(arguments) => arguments,
        Err(answer) => {
            let _ = answer.print();
            return answer.exit_code() as u8;
        }
    };
    match commands::run(arguments.command) {
        Ok(outcome) => outcome.code(),
        Err(error) => {
            let advice = error.advice().map(|advice| format!("; {advice}"));
            let advice = advice.unwrap_or_default();
            let _ = writeln!(std::io::stderr(), "error: {error}{advice}");
            error.code()
        }
    }
}
