//! The parts of the command line tool `leaky`: it finds the dead ReLU units in an ONNX network,
//! brings them back, lets them leak, and proves it.

pub mod arguments;
pub mod data;
pub mod diagnosis;
mod error;
pub mod files;
mod interrupt;
pub mod terminal;

pub use error::{Error, Outcome};
pub use interrupt::Interrupt;
