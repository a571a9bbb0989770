//! What is seen of dead units on the way to the verdict: the numbers that enter rectifiers, and what the
//! weights before these hear.

use std::collections::BTreeMap;

use leaky_onnx::unit_map::UnitMap;
use leaky_onnx::{Network, Rectifier, Role, Shapes, Value, ValueId};

use super::cause::InputFigures;
use super::moments::{Distribution, Moments};
use crate::signal::Signal;

/// What is gathered while samples run through a network.
pub(super) struct Evidence {
    /// For each rectifier its pre-activation.
    layers: Vec<(ValueId, Moments)>,
    /// What weights hear, and the rectifiers that they feed.
    signals: BTreeMap<ValueId, (Moments, Vec<usize>)>,
}

impl Evidence {
    /// Of a network that runs on batches of these shapes.
    pub(super) fn new(
        network: &Network,
        rectifiers: &[Rectifier],
        shapes: &Shapes,
        map: &UnitMap,
    ) -> Self {
        let layers = rectifiers.iter().map(|rectifier| {
            let axis = network.unit_axis(rectifier.input, shapes);
            let units = network.units(rectifier.input, shapes);
            (rectifier.input, Moments::new(axis, units))
        });
        let mut signals: BTreeMap<ValueId, (Moments, Vec<usize>)> = BTreeMap::new();
        for maker in map.groups.iter().flat_map(|group| &group.makers) {
            let weights = maker.weights.as_ref();
            let Some(signal) = weights.and_then(|weights| Signal::of(network, shapes, weights))
            else {
                continue;
            };
            let size = shapes
                .get(signal.value)
                .and_then(|shape| shape.get(signal.axis));
            if let Some(&size) = size {
                let new = || (Moments::new(Some(signal.axis), size), Vec::new());
                let (_, feeds) = signals.entry(signal.value).or_insert_with(new);
                feeds.extend(&maker.feeds);
            }
        }
        Self {
            layers: layers.collect(),
            signals,
        }
    }

    /// The same for other samples, of which none was seen.
    pub(super) fn anew(&self) -> Self {
        let layers = self.layers.iter();
        let signals = self.signals.iter();
        Self {
            layers: layers
                .map(|(input, moments)| (*input, moments.anew()))
                .collect(),
            signals: signals
                .map(|(&value, (moments, feeds))| (value, (moments.anew(), feeds.clone())))
                .collect(),
        }
    }

    /// Takes in what other samples have shown.
    pub(super) fn merge(&mut self, other: &Self) {
        for ((_, moments), (_, more)) in self.layers.iter_mut().zip(&other.layers) {
            moments.merge(more);
        }
        for ((moments, _), (more, _)) in self.signals.values_mut().zip(other.signals.values()) {
            moments.merge(more);
        }
    }

    /// The values that something may be learned from.
    pub(super) fn values(&self) -> impl Iterator<Item = ValueId> {
        let inputs = self.layers.iter().map(|(input, _)| *input);
        inputs.chain(self.signals.keys().copied())
    }

    /// Whether anything is to be learned from a value, while these layers may have dead units.
    pub(super) fn asks_for(&self, value: ValueId, open: impl Fn(usize) -> bool) -> bool {
        let mut layers = self.layers.iter().enumerate();
        let is_heard = || {
            let heard = self.signals.get(&value);
            heard.is_some_and(|(_, feeds)| feeds.iter().any(|&layer| open(layer)))
        };
        layers.any(|(layer, (input, _))| *input == value && open(layer)) || is_heard()
    }

    /// Takes in what a batch has for a value. `may_be_dead` tells of a unit of a layer whether it was
    /// never above zero so far. A value that is not of floats leaves nothing to tell.
    pub(super) fn add(
        &mut self,
        id: ValueId,
        value: &Value,
        may_be_dead: impl Fn(usize, usize) -> bool,
    ) {
        let (shape, numbers) = (value.shape(), value.floats());
        let layers = self.layers.iter_mut().enumerate();
        for (layer, (_, moments)) in layers.filter(|(_, (input, _))| *input == id) {
            match &numbers {
                Ok(numbers) => moments.add(&shape, numbers, |unit| may_be_dead(layer, unit)),
                Err(_) => moments.forget(),
            }
        }
        if let Some((moments, _)) = self.signals.get_mut(&id) {
            match &numbers {
                Ok(numbers) => moments.add(&shape, numbers, |_| true),
                Err(_) => moments.forget(),
            }
        }
    }

    /// The pre-activation of a unit.
    pub(super) fn of(&self, layer: usize, unit: usize) -> Distribution {
        self.layers[layer].1.of(unit)
    }

    /// What a maker's weights hear, feature by feature; of those that one unit hears.
    pub(super) fn heard(
        &self,
        signal: Signal,
        (unit, units): (usize, usize),
    ) -> Option<Vec<Distribution>> {
        let (moments, _) = self.signals.get(&signal.value)?;
        let size = moments.len() / signal.groups;
        let group = unit * signal.groups / units.max(1);
        Some(
            (group * size..(group + 1) * size)
                .map(|entry| moments.of(entry))
                .collect(),
        )
    }

    /// What a maker's weights hear as a whole.
    pub(super) fn figures(&self, network: &Network, signal: Signal) -> Option<InputFigures> {
        let (moments, _) = self.signals.get(&signal.value)?;
        let all: Vec<Distribution> = (0..moments.len()).map(|entry| moments.of(entry)).collect();
        if all.is_empty() || !all.iter().all(Distribution::is_finite) {
            return None;
        }
        let average =
            |of: &dyn Fn(&Distribution) -> f64| all.iter().map(of).sum::<f64>() / all.len() as f64;
        let mean = average(&|seen| seen.mean);
        let variance = average(&|seen| seen.variance + (seen.mean - mean).powi(2));
        let constant = all.iter().filter(|seen| !seen.varies());
        Some(InputFigures {
            count: all.len(),
            constant: constant.clone().count(),
            zero: constant.filter(|seen| seen.is_zero()).count(),
            mean,
            deviation: variance.sqrt(),
            offset: average(&|seen| seen.mean.powi(2)).sqrt(),
            spread: average(&|seen| seen.variance).sqrt(),
            minimum: all
                .iter()
                .map(|seen| seen.minimum)
                .fold(f64::INFINITY, f64::min),
            maximum: all
                .iter()
                .map(|seen| seen.maximum)
                .fold(f64::NEG_INFINITY, f64::max),
            from_data: is_data(network, signal.value),
        })
    }
}

/// Whether a value is what the network was given, in another form perhaps, and no layer made it.
fn is_data(network: &Network, value: ValueId) -> bool {
    let mut open = vec![value];
    let mut seen = Vec::new();
    while let Some(value) = open.pop() {
        if network.is_constant(value) || seen.contains(&value) {
            continue;
        }
        seen.push(value);
        let Some(node) = network.producer(value).map(|node| &network.nodes()[node]) else {
            continue;
        };
        let made = matches!(
            node.role,
            Role::Weighted(_) | Role::Normalization(_) | Role::Rectifier(_) | Role::LooksUp
        );
        if made {
            return false;
        }
        open.extend(node.inputs.iter().flatten());
    }
    true
}
