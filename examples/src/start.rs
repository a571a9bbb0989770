//! How an example begins and ends.

use std::process::ExitCode;

use crate::Result;
use crate::options::Options;
use crate::output::Output;

/// The exit code where the request or its input is at fault, as the command has it.
const AT_FAULT: u8 = 2;

/// Does the work of the example of this name: reads the command line, makes the folder for what is
/// written, and says at the end what lies there or what went wrong.
pub fn start(
    name: &'static str,
    about: &'static str,
    work: impl FnOnce(&Options, &Output) -> Result,
) -> ExitCode {
    let options = Options::parse(name, about);
    let done = Output::new(options.output()).and_then(|output| {
        work(&options, &output)?;
        println!("\nWrote {}:", output.folder().display());
        for file in output.files() {
            println!("  {file}");
        }
        Ok(())
    });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(AT_FAULT)
        }
    }
}
