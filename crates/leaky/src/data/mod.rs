//! Datasets: what a network is fed with and what it should answer, read from array files.
//!
//! ```text
//! files  ->  Arrays          listed, found to be whole
//!        ->  Dataset         checked against the network's inputs; gives batches
//!        ->  Target          checked against the network's output; gives the right answers
//! ```
//!
//! A file is a `.npz`, a `.safetensors`, or a `.npy` with its labels in another `.npy`. Nothing in
//! it is believed before it is compared with the size of the file, and nothing is read whole: rows
//! are taken by position, for any order of the samples.

mod array;
mod arrays;
mod convert;
mod dataset;
mod entry;
mod error;
mod fortran;
mod npy;
mod npz;
mod plain;
mod safetensors;
mod split;
mod storage;
mod target;

pub use arrays::Arrays;
pub use dataset::{Dataset, ExpectedInput, ExpectedOutput};
pub use error::DataError;
pub(crate) use error::printable;
pub use plain::{FloatType, PlainArray};
pub use split::{Split, epoch_order};
pub use target::{Target, TargetKind};
