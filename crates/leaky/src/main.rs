//! The command line tool `leaky`.

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use leaky::arguments::Arguments;
use leaky::commands;

// The engine allocates every intermediate tensor; this allocator nearly halves a training step of a
// convolutional network.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match commands::run(arguments.command) {
        Ok(outcome) => outcome.into(),
        Err(error) => {
            let advice = error.advice().map(|advice| format!("; {advice}"));
            let advice = advice.unwrap_or_default();
            let _ = writeln!(std::io::stderr(), "error: {error}{advice}");
            ExitCode::from(error.code())
        }
    }
}
