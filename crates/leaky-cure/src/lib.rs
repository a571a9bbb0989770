#![doc = include_str!("../README.md")]
//!
//! # The rooms
//!
//! ```text
//! data       arrays, from files or memory, checked against a network
//! task       a network with its samples: what everything else works on
//! run        a network run on samples
//! objective  what training minimises, and the score
//! diagnose   which units are dead
//! convert    hidden ReLUs become Leaky ReLUs
//! revive     dead units get fresh weights, and no output changes
//! train      the parameters follow the gradient of an objective
//! cure       diagnose, revive, convert, train, diagnose again
//! compare    which rectifier suits a network and its data
//! files      files that appear whole or not at all
//! verified   networks written, read again, and compared with those in memory
//! ```

mod batches;
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
mod signal;

pub mod stop;
pub mod task;
#[cfg(test)]
mod testing;
pub mod text;
pub mod threads;
pub mod train;
pub mod verified;

pub use compare::{CompareOptions, Comparison, compare};
pub use convert::{Conversion, ConvertFrom, ConvertOptions, convert};
pub use cure::{Alpha, CureOptions, Cured, cure, cure_to_file};
pub use data::{Arrays, MemoryArray};
pub use diagnose::{Diagnosis, diagnose};
pub use leaky_onnx::Model;
pub use progress::{Phase, Progress};
pub use stop::Stop;
pub use task::Task;
