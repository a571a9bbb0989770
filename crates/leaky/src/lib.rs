//! The command line tool `leaky`, as a library: it finds the dead ReLU units in an ONNX network,
//! brings them back, lets them leak, and proves it.
//!
//! [`run`] is all of it. The binary calls it, and so may any other face that hands on a command line.
//!
//! ```text
//! arguments   the command line: what can be asked, in the words of its help
//! settings    what is asked, in the engine's types
//! commands    the work, from settings to what is printed and written
//! terminal    what a person sees: tables, drawings, progress, errors
//! apply       a rectifier over an array file
//! plot        its curve, as a drawing or as text
//! signals     Ctrl-C and its kin
//! ```

mod advice;
mod apply;
mod arguments;
mod commands;
mod error;
mod example;
mod plot;
mod settings;
mod signals;
mod terminal;

use std::ffi::OsString;

use advice::advice;
use arguments::Request;
use terminal::Screen;

/// Does what a command line asks for, and gives the exit code for the process: 0 done; 1 done, and a
/// threshold that the user set was crossed; 2 the request or its input is at fault; 130 interrupted,
/// the best so far written.
///
/// The first argument is the program's name. Results go to standard output; progress, warnings and
/// errors to standard error. While a command trains, Ctrl-C, SIGTERM and SIGHUP ask it to end at its
/// next good moment.
pub fn run(command_line: impl IntoIterator<Item = OsString>) -> u8 {
    let command_line: Vec<OsString> = command_line.into_iter().collect();
    let (screen, outcome) = match arguments::parse(&command_line) {
        Ok(Request { command, display }) => {
            let screen = Screen::new(display, command.takes_standard_output());
            let outcome = commands::run(command, &screen);
            (screen, outcome)
        }
        Err(answer) => {
            let screen = Screen::new(answer.display, false);
            let outcome = match answer.refuses() {
                true => screen.refuse(|colour| answer.text(colour)),
                false => screen.answer(|colour| answer.text(colour)),
            };
            (screen, Ok(outcome))
        }
    };
    match outcome.and_then(|outcome| screen.finish().map(|()| outcome)) {
        Ok(outcome) => outcome.code(),
        Err(error) => {
            screen.error(&error.to_string(), advice(&error).as_deref());
            error.code()
        }
    }
}
