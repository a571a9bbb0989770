//! The bundled example: a network that its learning rate killed, and the digits it was trained on.
//!
//! `tools/make_digits_example.py` makes it.

/// The network, as ONNX.
pub const NETWORK: &[u8] = include_bytes!("../example/digits.onnx");
/// What its file is called.
pub const NETWORK_NAME: &str = "digits.onnx";
/// The digits it was trained on.
pub const TRAINING: &[u8] = include_bytes!("../example/digits-train.npz");
/// What their file is called.
pub const TRAINING_NAME: &str = "digits-train.npz";
/// Digits that it was not trained on.
pub const VALIDATION: &[u8] = include_bytes!("../example/digits-test.npz");
/// What their file is called.
pub const VALIDATION_NAME: &str = "digits-test.npz";

/// What a person should know of it.
pub const DESCRIPTION: &str = "\
No network was given, so this cures the bundled example: a perceptron of three hidden layers for
handwritten digits (8x8 pixels, UCI machine learning repository), killed by training at too high a
learning rate. Validation is on digits held out from training.
";

/// What a person should know of it before rectifiers are compared.
pub const COMPARISON: &str = "\
No network was given, so this compares on the bundled example: a perceptron of three hidden layers
for handwritten digits (8x8 pixels, UCI machine learning repository). Validation is on digits held
out from training.
";
