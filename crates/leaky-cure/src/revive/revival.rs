//! What became of dead units.

use leaky_onnx::unit_map::UnitMap;
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
    /// How many of them changed the outputs, no more than the bound allows. The others changed none.
    #[serde(default)]
    pub within_bound: usize,
    /// How many units were not dead and hardly said anything, and were revived beside these. What they
    /// said beyond their mean is lost.
    #[serde(default)]
    pub dormant: usize,
    /// Those that do not.
    pub not_revived: Vec<NotRevived>,
}

/// What became of units, each known by its layer and its number there.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// They live, and no output changed.
    pub(super) exact: Vec<(usize, usize)>,
    /// They live, and outputs changed within the bound.
    pub(super) bounded: Vec<(usize, usize)>,
    /// They were left as they were, and why.
    pub(super) left: Vec<(usize, usize, String)>,
}

impl Outcome {
    /// Takes what became of further units in.
    pub(super) fn extend(&mut self, other: Self) {
        self.exact.extend(other.exact);
        self.bounded.extend(other.bounded);
        self.left.extend(other.left);
    }

    /// The same by the names of the layers, in execution order.
    pub(super) fn told(mut self, map: &UnitMap) -> Revival {
        self.left.sort();
        let left = self.left.into_iter();
        Revival {
            revived: self.exact.len() + self.bounded.len(),
            within_bound: self.bounded.len(),
            dormant: 0,
            not_revived: left
                .map(|(layer, unit, reason)| NotRevived {
                    layer: map.layers[layer].name.clone(),
                    unit,
                    reason,
                })
                .collect(),
        }
    }
}
