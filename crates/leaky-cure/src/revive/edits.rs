//! Parameters of a network while single numbers in them are changed.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use leaky_onnx::{Network, Result};

use super::numbers::Numbers;
use super::part::Part;

/// Some parameters of a network, to be changed number by number.
pub(super) struct Edits(BTreeMap<usize, Numbers>);

impl Edits {
    /// Copies parameters from a network.
    pub(super) fn of(network: &Network, parameters: impl Iterator<Item = usize>) -> Result<Self> {
        let mut copied = BTreeMap::new();
        for parameter in parameters {
            if let Entry::Vacant(new) = copied.entry(parameter) {
                new.insert(Numbers::of(network.parameter_data(parameter)?));
            }
        }
        Ok(Self(copied))
    }

    /// The numbers of a part, in order.
    pub(super) fn read(&self, part: Part) -> Vec<f64> {
        let numbers = &self.0[&part.parameter];
        part.places().map(|place| numbers.get(place)).collect()
    }

    /// The number of a part that has one.
    pub(super) fn number(&self, part: Part) -> f64 {
        self.read(part).first().copied().unwrap_or(0.0)
    }

    /// Replaces the numbers of a part, in order.
    pub(super) fn write(&mut self, part: Part, values: impl IntoIterator<Item = f64>) {
        if let Some(numbers) = self.0.get_mut(&part.parameter) {
            for (place, value) in part.places().zip(values) {
                numbers.set(place, value);
            }
        }
    }

    /// Makes all numbers of a part the same.
    pub(super) fn fill(&mut self, part: Part, value: f64) {
        self.write(part, std::iter::repeat(value));
    }

    /// Puts the parameters into the network.
    pub(super) fn apply(&self, network: &mut Network) {
        for (&parameter, numbers) in &self.0 {
            let shape = network.parameters()[parameter].shape.clone();
            network.set_parameter(parameter, numbers.to_data(shape));
        }
    }
}
