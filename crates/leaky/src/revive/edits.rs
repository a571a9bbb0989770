//! Parameters of a network while single numbers in them are changed.

use std::collections::BTreeMap;

use burn::tensor::{DType, TensorData};
use leaky_onnx::{Network, Result};

use super::part::Part;

/// Some parameters of a network, as numbers in row-major order.
#[derive(Clone)]
pub(super) struct Edits(BTreeMap<usize, Vec<f64>>);

impl Edits {
    /// Copies parameters from a network.
    pub(super) fn of(network: &Network, parameters: impl Iterator<Item = usize>) -> Result<Self> {
        let mut copied = BTreeMap::new();
        for parameter in parameters {
            if let std::collections::btree_map::Entry::Vacant(new) = copied.entry(parameter) {
                new.insert(network.parameter_data(parameter)?.iter::<f64>().collect());
            }
        }
        Ok(Self(copied))
    }

    pub(super) fn get(&self, parameter: usize, place: usize) -> f64 {
        self.0[&parameter][place]
    }

    pub(super) fn set(&mut self, parameter: usize, place: usize, value: f64) {
        if let Some(numbers) = self.0.get_mut(&parameter) {
            numbers[place] = value;
        }
    }

    /// The first number of a part.
    pub(super) fn number(&self, part: Part) -> f64 {
        part.places()
            .next()
            .map_or(0.0, |place| self.get(part.parameter, place))
    }

    pub(super) fn fill(&mut self, part: Part, value: f64) {
        for place in part.places() {
            self.set(part.parameter, place, value);
        }
    }

    /// Puts the numbers into the network.
    pub(super) fn apply(&self, network: &mut Network) -> Result<()> {
        for (&parameter, numbers) in &self.0 {
            let shape = network.parameters()[parameter].shape.clone();
            let data = match network.parameter_data(parameter)?.dtype() {
                DType::F64 => TensorData::new(numbers.clone(), shape),
                _ => TensorData::new(numbers.iter().map(|&value| value as f32).collect(), shape),
            };
            network.set_parameter(parameter, data);
        }
        Ok(())
    }
}
