//! What became of dead units.

use leaky_onnx::Rectifier;
use serde::{Deserialize, Serialize};

/// A dead unit that was left as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotRevived {
    /// The rectifier's name in the file.
    pub layer: String,
    /// The unit's number in the layer.
    pub unit: usize,
    /// Why.
    pub reason: String,
}

/// What was done to the dead units of a network.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revival {
    /// How many units live again.
    pub revived: usize,
    /// Those that do not.
    pub not_revived: Vec<NotRevived>,
}

impl Revival {
    pub(super) fn leave(&mut self, rectifier: &Rectifier, unit: usize, reason: String) {
        self.not_revived.push(NotRevived {
            layer: rectifier.name.clone(),
            unit,
            reason,
        });
    }
}
