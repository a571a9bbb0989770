//! The command line tool `leaky`: the story is told by [`leaky::run`].

use std::process::ExitCode;

// The engine allocates every intermediate tensor; this allocator nearly halves a training step of a
// convolutional network.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    ExitCode::from(leaky::run(std::env::args_os()))
}
