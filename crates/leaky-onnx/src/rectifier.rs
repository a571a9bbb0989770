//! What is known of one rectifier of a network.

use crate::facts::RectifierKind;
use crate::graph::ValueId;

/// An activation that is linear above zero and bends at it.
#[derive(Debug, Clone)]
pub struct Rectifier {
    /// Its place among [`Network::nodes`](crate::Network::nodes).
    pub node: usize,
    /// The node's name in the file, or its output's name where it has none.
    pub name: String,
    /// The ONNX operator.
    pub operator: String,
    /// Which of the rectifiers it is.
    pub kind: RectifierKind,
    /// The slope below zero: 0 for `Relu`, the attribute of `LeakyRelu`, `None` for any other.
    pub alpha: Option<f64>,
    /// Where it bends: 0, except for `ThresholdedRelu`.
    pub threshold: f64,
    /// Its pre-activation.
    pub input: ValueId,
    /// Its activation.
    pub output: ValueId,
    /// Whether it stands in a branch, so that data may not reach it.
    pub conditional: bool,
    /// Whether weights stand between it and every output of the network. The last rectifier of a
    /// network whose output is meant to be positive is not hidden.
    pub hidden: bool,
}

impl Rectifier {
    /// Whether it gives zero for everything below its threshold, so that nobody hears a dead unit.
    pub fn is_silent(&self) -> bool {
        match self.kind {
            RectifierKind::Relu | RectifierKind::ThresholdedRelu | RectifierKind::Clip => true,
            RectifierKind::LeakyRelu => self.alpha == Some(0.0),
            _ => false,
        }
    }
}
