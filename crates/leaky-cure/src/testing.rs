//! The bundled example of the tool, for tests.

/// A perceptron most of whose units are dead.
pub const EXAMPLE: &[u8] = include_bytes!("../../leaky/example/digits.onnx");

/// The digits that it was trained on.
pub const EXAMPLE_DATA: &[u8] = include_bytes!("../../leaky/example/digits-train.npz");
