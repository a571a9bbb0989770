//! The messages of the ONNX format, generated from its definition by `tools/onnx-messages`.
#![allow(missing_docs, clippy::all, rustdoc::all)]

mod onnx;
pub use onnx::*;
