//! Which rectifier stands behind a convolution.

/// A rectifier that a convolution applies to its output in the same pass.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rectifier {
    /// `max(x, 0)`.
    Relu,
    /// `x` above zero, `negative_slope * x` elsewhere.
    LeakyRelu {
        /// The slope below zero, PyTorch's `negative_slope`.
        negative_slope: f64,
    },
}
