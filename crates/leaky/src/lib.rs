//! The parts of the command line tool `leaky`: it finds the dead ReLU units in an ONNX network,
//! brings them back, lets them leak, and proves it.

pub mod apply;
pub mod arguments;
pub mod born_dead;
pub mod calibrate;
pub mod commands;
pub mod compare;
pub mod cure;
pub mod data;
pub mod diagnose;
pub mod diagnosis;
mod drawing;
mod error;
pub mod example;
pub mod files;
pub mod gradient_norm;
pub mod initialize;
mod interrupt;
pub mod objective;
pub mod parts;
pub mod plot;
pub mod report;
pub mod revive;
pub mod session;
mod side_by_side;
pub mod terminal;
pub mod train;

pub use error::{Error, Outcome};
pub use interrupt::Interrupt;
