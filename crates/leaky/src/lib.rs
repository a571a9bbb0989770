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
