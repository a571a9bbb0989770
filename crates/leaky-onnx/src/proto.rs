//! The messages of the ONNX format, generated from its definition.
#![allow(missing_docs, clippy::all, rustdoc::all)]

include!(concat!(env!("OUT_DIR"), "/proto/mod.rs"));
pub use onnx::*;
