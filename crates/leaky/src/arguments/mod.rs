//! The command line: what can be asked, in the words of its help, and what of it is refused.
//!
//! A command has a file of its own here, which says what it takes and turns that into its settings.

mod apply;
mod compare;
mod convert;
mod cure;
mod diagnose;
mod display;
mod documents;
mod figures;
mod generate;
mod names;
mod objective;
mod parse;
mod plot;
mod task;
mod tool;
mod training;
mod values;

pub use parse::{Request, parse};

#[cfg(test)]
mod tests;
