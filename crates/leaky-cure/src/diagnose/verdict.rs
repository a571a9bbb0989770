//! The verdict on each unit, from counts of its pre-activations.
//!
//! Serialised, [`Diagnosis`] is the JSON that `--json` writes: its keys, their order and their
//! meaning are a contract with those who read it.

use serde::{Deserialize, Serialize};

use super::cause::{CauseOfDeath, Prescription};
use crate::data::normalization::Normalization;
use crate::text::percent;

/// A unit above zero on less than this fraction of samples and positions, and not dead, is
/// dormant.
pub const DORMANT_BELOW: f64 = 0.001;

/// What was counted at one rectifier: for each of its units, over all samples and positions.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerCounts {
    /// The node's name in the file; its output's name where the node has none.
    pub name: String,
    /// The operator: `Relu`, `LeakyRelu`, …
    pub op: String,
    /// The negative slope: 0 for `Relu`, the attribute for `LeakyRelu`, none for any other.
    pub alpha: Option<f64>,
    /// For each unit, on how many samples and positions its pre-activation was above zero.
    pub above_zero: Vec<u64>,
    /// For each unit, on how many samples and positions its pre-activation was below zero.
    pub below_zero: Vec<u64>,
    /// How many samples and positions were looked at for each unit.
    pub total: u64,
}

/// The verdict on a network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Diagnosis {
    /// The network's file, as the user named it.
    pub model: String,
    /// How many samples the verdict rests on.
    pub samples: u64,
    /// Units in all layers together.
    pub units: usize,
    /// Dead units in all layers together.
    pub dead: usize,
    /// Dormant units in all layers together.
    pub dormant: usize,
    /// Units that are always on, in all layers together.
    pub always_on: usize,
    /// The rectifiers, in the order of execution.
    pub layers: Vec<Layer>,
    /// What dormant units were found by, where not by how often they fire: see
    /// [`DiagnoseOptions::tau`](super::DiagnoseOptions::tau).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tau: Option<f64>,
    /// What is to be done so that units do not die again, where it was asked why they did.
    #[serde(default)]
    pub prescription: Vec<Prescription>,
    /// What inputs were given in place of the numbers of the data.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub normalization: Vec<Normalization>,
    /// What a person should know of how the network was looked at.
    #[serde(default)]
    pub notes: Vec<String>,
}

/// The verdict on the units of one rectifier.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Layer {
    /// The node's name in the file; its output's name where the node has none.
    pub name: String,
    /// The operator: `Relu`, `LeakyRelu`, …
    pub op: String,
    /// The negative slope: 0 for `Relu`, the attribute for `LeakyRelu`, none for any other.
    pub alpha: Option<f64>,
    /// How many units the layer has.
    pub units: usize,
    /// The dead units: never above zero.
    pub dead: Vec<usize>,
    /// The dormant units: above zero on less than [`DORMANT_BELOW`], and not dead; or, by
    /// [`tau`](Diagnosis::tau), those that say little beside the other units of the layer.
    pub dormant: Vec<usize>,
    /// The units that are always on: never below zero. (One that is zero throughout, neither above
    /// nor below, is both dead and always on.)
    pub always_on: Vec<usize>,
    /// For each unit, the fraction of samples and positions on which it was above zero.
    pub active: Vec<f64>,
    /// Why the dead units are dead, where that was asked; each of them stands in one entry.
    #[serde(default)]
    pub causes: Vec<CauseOfDeath>,
}

impl Diagnosis {
    /// Puts together what was counted at each rectifier, in the order of execution.
    pub fn new(model: impl Into<String>, samples: u64, counts: Vec<LayerCounts>) -> Self {
        let layers: Vec<Layer> = counts.into_iter().map(Layer::from).collect();
        let sum = |part: fn(&Layer) -> usize| layers.iter().map(part).sum();
        Self {
            model: model.into(),
            samples,
            units: sum(|layer| layer.units),
            dead: sum(|layer| layer.dead.len()),
            dormant: sum(|layer| layer.dormant.len()),
            always_on: sum(|layer| layer.always_on.len()),
            layers,
            tau: None,
            prescription: Vec::new(),
            normalization: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// The fraction of units that are dead, 0 for a network without units. `--fail-above` is
    /// compared with it.
    pub fn dead_fraction(&self) -> f64 {
        if self.units == 0 {
            0.0
        } else {
            self.dead as f64 / self.units as f64
        }
    }

    /// The verdict in a sentence.
    pub fn verdict(&self) -> String {
        let Self {
            units,
            dead,
            samples,
            ..
        } = self;
        format!(
            "{dead} of {units} units ({}) are dead on {samples} samples.",
            percent(*dead, *units)
        )
    }
}

impl Layer {
    /// The operator, with its slope where that is a number other than 0.
    pub fn operator(&self) -> String {
        match self.alpha {
            Some(alpha) if alpha != 0.0 => format!("{} {}", self.op, alpha as f32),
            _ => self.op.clone(),
        }
    }
}

impl From<LayerCounts> for Layer {
    /// # Panics
    ///
    /// Where the two counts are not of the same units, or nothing was counted.
    fn from(counts: LayerCounts) -> Self {
        let LayerCounts {
            above_zero,
            below_zero,
            total,
            ..
        } = counts;
        assert_eq!(
            above_zero.len(),
            below_zero.len(),
            "counts of the same units"
        );
        assert!(
            total > 0 || above_zero.is_empty(),
            "a verdict on units needs samples"
        );
        let units = || above_zero.iter().zip(&below_zero).enumerate();
        let active = |above: u64| above as f64 / total as f64;
        let select = |belongs: &dyn Fn(u64, u64) -> bool| {
            units()
                .filter(|(_, (above, below))| belongs(**above, **below))
                .map(|(unit, _)| unit)
                .collect()
        };
        Self {
            name: counts.name,
            op: counts.op,
            alpha: counts.alpha,
            units: above_zero.len(),
            dead: select(&|above, _| above == 0),
            dormant: select(&|above, _| above > 0 && active(above) < DORMANT_BELOW),
            always_on: select(&|_, below| below == 0),
            active: above_zero.iter().map(|&above| active(above)).collect(),
            causes: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn counts(above_zero: Vec<u64>, below_zero: Vec<u64>, total: u64) -> LayerCounts {
        LayerCounts {
            name: "/2/Relu".into(),
            op: "Relu".into(),
            alpha: Some(0.0),
            above_zero,
            below_zero,
            total,
        }
    }

    #[test]
    fn dead_is_never_above_zero_dormant_hardly_ever_and_always_on_never_below() {
        let total = 10_000;
        let above = vec![0, 9, 10, 10_000, 5_000, 0];
        let below = vec![10_000, 9_991, 9_990, 0, 0, 0];
        let layer = Layer::from(counts(above, below, total));
        assert_eq!(layer.dead, [0, 5]);
        assert_eq!(layer.dormant, [1]);
        assert_eq!(layer.always_on, [3, 4, 5]);
        assert_eq!(layer.active, [0.0, 0.0009, 0.001, 1.0, 0.5, 0.0]);
    }

    #[test]
    fn the_json_has_the_keys_of_the_contract_in_their_order() {
        let mut leaky = counts(vec![1], vec![3], 4);
        leaky.op = "Elu".into();
        leaky.alpha = None;
        let relu = counts(vec![0, 2], vec![4, 2], 4);
        let diagnosis = Diagnosis::new("net.onnx", 4, vec![relu, leaky]);
        assert_eq!(
            serde_json::to_string(&diagnosis).unwrap(),
            concat!(
                r#"{"model":"net.onnx","samples":4,"units":3,"dead":1,"dormant":0,"always_on":0,"#,
                r#""layers":[{"name":"/2/Relu","op":"Relu","alpha":0.0,"units":2,"dead":[0],"#,
                r#""dormant":[],"always_on":[],"active":[0.0,0.5],"causes":[]},"#,
                r#"{"name":"/2/Relu","op":"Elu","alpha":null,"units":1,"dead":[],"#,
                r#""dormant":[],"always_on":[],"active":[0.25],"causes":[]}],"prescription":[],"notes":[]}"#,
            )
        );
    }

    #[test]
    fn a_network_without_units_has_no_dead_fraction() {
        assert_eq!(Diagnosis::new("net.onnx", 1, vec![]).dead_fraction(), 0.0);
    }

    proptest! {
        #[test]
        fn totals_are_the_sums_of_the_layers_and_no_dead_unit_is_dormant(
            layers in prop::collection::vec(
                prop::collection::vec((0_u64..100_000, 0_u64..100_000), 0..20), 0..5),
        ) {
            let counted = layers.iter().map(|units| {
                // Zeros are neither above nor below, so the two may sum to less than the total.
                let total = units.iter().map(|(a, b)| a + b).max().unwrap_or(0) + 1;
                counts(units.iter().map(|u| u.0).collect(), units.iter().map(|u| u.1).collect(), total)
            });
            let diagnosis = Diagnosis::new("n", 1, counted.collect());
            let sum = |part: fn(&Layer) -> usize| diagnosis.layers.iter().map(part).sum::<usize>();
            prop_assert_eq!(diagnosis.units, layers.iter().map(Vec::len).sum::<usize>());
            prop_assert_eq!(diagnosis.dead, sum(|l| l.dead.len()));
            prop_assert_eq!(diagnosis.dormant, sum(|l| l.dormant.len()));
            prop_assert_eq!(diagnosis.always_on, sum(|l| l.always_on.len()));
            for layer in &diagnosis.layers {
                for unit in &layer.dead {
                    prop_assert_eq!(layer.active[*unit], 0.0);
                    prop_assert!(!layer.dormant.contains(unit));
                }
            }
        }
    }
}
