//! Parameters of a network while single numbers in them are changed.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use leaky_onnx::unit_map::Share;
use leaky_onnx::{Network, Result};

use super::numbers::Numbers;

/// Some parameters of a network, to be changed number by number.
#[derive(Clone)]
pub(crate) struct Edits(BTreeMap<String, Edited>);

/// A parameter, and its place among those of the network.
#[derive(Clone)]
struct Edited {
    index: usize,
    numbers: Numbers,
}

impl Edits {
    /// Copies the parameters of some shares from a network.
    pub(crate) fn of<'a>(
        network: &Network,
        shares: impl IntoIterator<Item = &'a Share>,
    ) -> Result<Self> {
        let mut copied = BTreeMap::new();
        for share in shares {
            if let Entry::Vacant(new) = copied.entry(share.parameter.clone()) {
                let parameters = network.parameters();
                let known = parameters.iter().position(|p| p.name == share.parameter);
                let index = known.expect("the map names parameters of the network");
                let numbers = Numbers::of(network.parameter_data(index)?);
                new.insert(Edited { index, numbers });
            }
        }
        Ok(Self(copied))
    }

    /// The places of the parameters among those of the network.
    pub(super) fn parameters(&self) -> Vec<usize> {
        self.0.values().map(|edited| edited.index).collect()
    }

    /// The numbers of a unit in a share, in order.
    pub(crate) fn read(&self, share: &Share, unit: usize) -> Vec<f64> {
        let numbers = &self.0[&share.parameter].numbers;
        places(share, unit)
            .map(|place| numbers.get(place))
            .collect()
    }

    /// Replaces the numbers of a unit in a share, in order.
    pub(super) fn write(
        &mut self,
        share: &Share,
        unit: usize,
        values: impl IntoIterator<Item = f64>,
    ) {
        if let Some(edited) = self.0.get_mut(&share.parameter) {
            for (place, value) in places(share, unit).zip(values) {
                edited.numbers.set(place, value);
            }
        }
    }

    /// Makes all numbers of a unit in a share the same.
    pub(super) fn fill(&mut self, share: &Share, unit: usize, value: f64) {
        self.write(share, unit, std::iter::repeat(value));
    }

    /// Puts the parameters into the network.
    pub(super) fn apply(&self, network: &mut Network) {
        for Edited { index, numbers } in self.0.values() {
            let shape = network.parameters()[*index].shape.clone();
            network.set_parameter(*index, numbers.to_data(shape));
        }
    }
}

fn places(share: &Share, unit: usize) -> impl Iterator<Item = usize> {
    let slices = share.of(unit).into_iter();
    slices.flat_map(leaky_onnx::unit_map::Slice::places)
}
