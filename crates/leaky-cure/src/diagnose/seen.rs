//! What is gathered of a network's units while samples run through it.

use leaky_onnx::{Network, Rectifier, Shapes, Value, ValueId};

use super::count::{Counter, wrong};
use super::error::DiagnoseError;
use super::evidence::Evidence;
use super::moments::Moments;
use super::verdict::LayerCounts;

/// What some samples have shown of the units of each rectifier.
pub(super) struct Seen {
    counters: Vec<Counter>,
    /// What tells why units are dead, where that is asked.
    pub(super) evidence: Option<Evidence>,
    /// The activation of each rectifier, where its size counts.
    pub(super) activations: Vec<Moments>,
}

impl Seen {
    /// Of no sample, and of the signs alone.
    pub(super) fn new(network: &Network, rectifiers: &[Rectifier], shapes: &Shapes) -> Self {
        let counters = rectifiers
            .iter()
            .map(|rectifier| Counter::new(network, rectifier, shapes))
            .collect();
        Self {
            counters,
            evidence: None,
            activations: Vec::new(),
        }
    }

    /// The same for other samples, of which none was seen.
    pub(super) fn anew(&self) -> Self {
        Self {
            counters: self.counters.iter().map(Counter::anew).collect(),
            evidence: self.evidence.as_ref().map(Evidence::anew),
            activations: self.activations.iter().map(Moments::anew).collect(),
        }
    }

    /// Takes in what other samples have shown.
    pub(super) fn merge(&mut self, other: &Self) {
        for (counter, more) in self.counters.iter_mut().zip(&other.counters) {
            counter.merge(more);
        }
        if let (Some(evidence), Some(more)) = (&mut self.evidence, &other.evidence) {
            evidence.merge(more);
        }
        for (moments, more) in self.activations.iter_mut().zip(&other.activations) {
            moments.merge(more);
        }
    }

    /// The values that are looked at.
    pub(super) fn values(&self, rectifiers: &[Rectifier]) -> Vec<ValueId> {
        let mut watched: Vec<ValueId> = Vec::new();
        watched.extend(rectifiers.iter().map(|rectifier| rectifier.input));
        if !self.activations.is_empty() {
            watched.extend(rectifiers.iter().map(|rectifier| rectifier.output));
        }
        watched.extend(self.evidence.iter().flat_map(Evidence::values));
        watched
    }

    /// Takes in what a batch has for a value, after the samples of `before` were seen.
    ///
    /// # Errors
    ///
    /// If the units of a layer are not as many as before, or a pre-activation is not a number.
    pub(super) fn see(
        &mut self,
        rectifiers: &[Rectifier],
        before: &Self,
        (id, value): (ValueId, &Value),
    ) -> Result<(), DiagnoseError> {
        let activations = self.activations.iter_mut().zip(rectifiers);
        for (moments, rectifier) in activations.filter(|(_, rectifier)| rectifier.output == id) {
            let numbers = value.floats().map_err(|reason| wrong(rectifier, reason))?;
            moments.add(&value.shape(), &numbers, |_| true);
        }
        for (counter, rectifier) in self.counters.iter_mut().zip(rectifiers) {
            if rectifier.input == id {
                let numbers = value.floats().map_err(|reason| wrong(rectifier, reason))?;
                let counted = counter.count(&value.shape(), &numbers);
                counted.map_err(|reason| wrong(rectifier, reason))?;
            }
        }
        // A unit that fires is not dead: from then on nothing is to be learned of it.
        let counters = || self.counters.iter().zip(&before.counters);
        let may_be_dead = |layer: usize, unit: usize| {
            let mut counters = counters().skip(layer).take(1);
            counters.all(|(now, before)| now.may_be_dead(unit) && before.may_be_dead(unit))
        };
        let may_hold_dead = |layer: usize| {
            let units = self.counters[layer].units();
            (0..units).any(|unit| may_be_dead(layer, unit))
        };
        if let Some(evidence) = &mut self.evidence
            && evidence.asks_for(id, may_hold_dead)
        {
            evidence.add(id, value, may_be_dead);
        }
        Ok(())
    }

    /// How often the units of each layer fired.
    ///
    /// # Errors
    ///
    /// If no number of a layer was seen.
    pub(super) fn counts(
        &self,
        rectifiers: &[Rectifier],
    ) -> Result<Vec<LayerCounts>, DiagnoseError> {
        let counters = self.counters.iter().zip(rectifiers);
        counters
            .map(|(counter, rectifier)| counter.finish(rectifier))
            .collect()
    }
}
