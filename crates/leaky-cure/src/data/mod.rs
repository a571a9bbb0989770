//! Datasets: what a network is fed with and what it should answer, read from array files.
//!
//! ```text
//! files  ->  Arrays          listed, found to be whole
//!        ->  Dataset         checked against the network's inputs; gives batches
//!        ->  Target          checked against the network's output; gives the right answers
//! ```
//!
//! A file is a `.npz`, a `.safetensors`, a `.npy` with its labels in another `.npy`, a table, in text
//! or in Parquet, or a folder of images. Nothing in it is believed before it is compared with the size
//! of the file, and nothing is read whole: rows are taken by position, for any order of the samples.

mod answers;
mod array;
pub(crate) mod arrays;
mod convert;
pub(crate) mod dataset;
mod entry;
pub(crate) mod error;
pub(crate) mod expected;
mod fortran;
mod images;
mod load;
mod memory;
pub(crate) mod normalization;
pub(crate) mod normalize;
mod npy;
mod npz;
#[cfg(feature = "parquet")]
mod parquet;
mod picture;
mod plain;
mod safetensors;
pub(crate) mod samples;
pub(crate) mod split;
mod storage;
mod table;
pub(crate) mod target;

pub use arrays::Arrays;
pub use burn::tensor::DType;
pub use dataset::Dataset;
pub use error::DataError;
pub use expected::{ExpectedInput, ExpectedOutput};
pub use memory::{Element, MemoryArray};
pub use normalization::Normalization;
pub use normalize::Normalize;
pub use plain::{FloatType, PlainArray};
pub use samples::Samples;
pub use split::{Split, epoch_order, spread};
pub use storage::Bytes;
pub use target::{Target, TargetKind};
