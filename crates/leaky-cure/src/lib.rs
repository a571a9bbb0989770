//! Dead ReLU units in ONNX networks: found, brought back, let leak, and trained on.
//!
//! The engine behind the command line tool `leaky`, as a library. It knows no terminal, no command
//! line and no signal: what there is to see while it works goes to a [`progress::Progress`], and a
//! [`stop::Stop`] ends the work at its next good moment.
//!
//! ```text
//! data       arrays, from files or memory, checked against a network
//! task       a network with its samples: what everything else works on
//! diagnose   which units are dead
//! convert    hidden ReLUs become Leaky ReLUs
//! revive     dead units get fresh weights, and no output changes
//! train      the parameters follow the gradient of an objective
//! cure       diagnose, revive, convert, train, diagnose again
//! compare    which rectifier suits a network and its data
//! files      files that appear whole or not at all
//! ```

pub mod candidate;
pub mod compare;
pub mod convert;
pub mod cure;
pub mod data;
pub mod diagnose;
pub mod difference;
pub mod files;
pub mod objective;
pub mod progress;
pub mod revive;
pub mod run;

pub mod stop;
pub mod task;
#[cfg(test)]
mod testing;
pub mod text;
pub mod threads;
pub mod train;
pub mod verified;
