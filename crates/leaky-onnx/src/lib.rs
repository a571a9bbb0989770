//! ONNX networks: read, run, differentiate, edit and write.
//!
//! The way of the data: a file is read into a [`Model`], the ONNX message kept whole. A [`Network`]
//! is the same graph as executable steps with its parameters, and runs forward, with or without
//! gradients. Changed parameters go back into the model, and the model back into a file, where all
//! that was not changed survives.

mod attributes;
mod error;
mod gradients;
mod inline;
mod model;
mod network;
pub mod operators;
mod parameters;
mod rectifiers;
mod tensor;
mod units;
mod value;

#[allow(missing_docs, clippy::all, rustdoc::all)]
mod proto {
    include!(concat!(env!("OUT_DIR"), "/proto/mod.rs"));
    pub use onnx::*;
}

pub use attributes::Attributes;
pub use error::{Error, Result, Unsupported};
pub use gradients::Tracked;
pub use model::Model;
pub use network::{Input, Network, Node, Output, ValueId};
pub use parameters::Parameter;
pub use rectifiers::Rectifier;
pub use units::Shapes;
pub use tensor::read_tensor;
pub use value::Value;
