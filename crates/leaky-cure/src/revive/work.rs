//! What every revival works with: a network, its map, its data, and random numbers.

use leaky_onnx::unit_map::{Maker, UnitMap};
use leaky_onnx::{Network, Rectifier, Shapes, ValueId};
use leaky_relu::LeakyRelu;
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

use super::edits::Edits;
use super::making::draw;
use super::observed::{Observed, Sight, observe};
use super::passage::Passage;
use super::request::Request;
use super::revival::{Outcome, Revival};
use crate::difference::Difference;
use crate::run::{RunError, batch};

/// How often weights are drawn for a unit that has no shift to centre it.
const DRAWS_WITHOUT_SHIFT: usize = 16;

/// A network at work.
pub(super) struct Work<'a> {
    pub(super) network: &'a mut Network,
    pub(super) rectifiers: &'a [Rectifier],
    pub(super) shapes: &'a Shapes,
    pub(super) request: &'a Request<'a>,
    pub(super) random: ChaCha8Rng,
    /// What is kept of the samples while some parameters change.
    passage: Passage,
    /// The deviation of a pre-activation that gives the activation a mean square of one.
    pub(super) gain: f64,
}

impl<'a> Work<'a> {
    /// What the data make of the pre-activations of some units of a layer.
    pub(super) fn observe(&self, layer: usize, units: &[usize]) -> Result<Vec<Observed>, RunError> {
        let rectifier = &self.rectifiers[layer];
        let Some(axis) = self.network.unit_axis(rectifier.input, self.shapes) else {
            return Ok(Vec::new());
        };
        let sight = Sight {
            value: rectifier.input,
            axis,
            entries: units,
            threshold: rectifier.threshold,
        };
        self.look(sight)
    }

    /// What the data make of some entries of a value.
    pub(super) fn look(&self, sight: Sight) -> Result<Vec<Observed>, RunError> {
        let wanted = [sight.value];
        let values = self.batches().map(|batch| {
            let data = self.request.data;
            let mut found = self.passage.run(self.network, data, batch, &wanted)?;
            Ok(found.remove(0))
        });
        observe(values, sight, self.shapes, self.request)
    }

    /// Does some work that asks what the data make of the `wanted` values, and that changes no parameters
    /// but those of the edits: what comes before these is computed once.
    ///
    /// # Errors
    ///
    /// Those of the work; or if the network cannot run on the data.
    pub(super) fn changing<T>(
        &mut self,
        edits: &Edits,
        wanted: Vec<ValueId>,
        work: impl FnOnce(&mut Self) -> Result<T, RunError>,
    ) -> Result<T, RunError> {
        let place = (&edits.parameters()[..], wanted);
        self.passage = Passage::new(self.network, self.shapes, self.request, place)?;
        let done = work(self);
        self.passage = Passage::default();
        done
    }

    /// The outputs of the network.
    pub(super) fn outputs(&self) -> Vec<ValueId> {
        let outputs = self.network.outputs().iter();
        outputs.map(|output| output.value).collect()
    }

    /// How far the outputs lie apart with two choices of numbers. The second stays in the network.
    pub(super) fn change(&mut self, [before, after]: [&Edits; 2]) -> Result<Difference, RunError> {
        let wanted = self.outputs();
        let data = self.request.data;
        Difference::of_batches(self.batches().map(|batch| {
            let mut outputs = |edits: &Edits| {
                edits.apply(self.network);
                let found = self.passage.run(self.network, data, batch, &wanted)?;
                let found = found.into_iter();
                let found = found.map(|value| value.into_data().map_err(RunError::Device));
                found.collect::<Result<Vec<_>, _>>()
            };
            Ok((outputs(before)?, outputs(after)?))
        }))
    }

    /// The samples of the request in batches, with their places.
    fn batches(&self) -> impl Iterator<Item = (usize, &'a [usize])> + use<'a> {
        let request: &'a Request = self.request;
        request.samples.chunks(request.batch_size).enumerate()
    }

    /// The pre-activations of some layers.
    pub(super) fn pre_activations(&self, layers: &[usize]) -> Vec<ValueId> {
        let layers = layers.iter();
        layers.map(|&layer| self.rectifiers[layer].input).collect()
    }

    /// Draws what makes some units of a layer, and gives what the data make of it. Units without a
    /// shift are drawn more than once: that draw is kept which fires closest to half of the time.
    pub(super) fn redraw(
        &mut self,
        maker: &Maker,
        layer: usize,
        units: &[usize],
        edits: &mut Edits,
    ) -> Result<Vec<Observed>, RunError> {
        let draws = match maker.shift {
            Some(_) => 1,
            None => DRAWS_WITHOUT_SHIFT,
        };
        let mut best: Vec<Option<(Observed, Vec<f64>)>> = vec![None; units.len()];
        for _ in 0..draws {
            for &unit in units {
                draw(maker, unit, edits, self.gain, &mut self.random);
            }
            edits.apply(self.network);
            let seen = self.observe(layer, units)?;
            for ((&unit, seen), best) in units.iter().zip(seen).zip(&mut best) {
                let distance = |seen: &Observed| (seen.firing - 0.5).abs();
                if best
                    .as_ref()
                    .is_none_or(|(nearest, _)| distance(&seen) < distance(nearest))
                {
                    let drawn = maker.weights.as_ref().map(|part| edits.read(part, unit));
                    *best = Some((seen, drawn.unwrap_or_default()));
                }
            }
        }
        let mut seen = Vec::with_capacity(units.len());
        for (&unit, (found, drawn)) in units.iter().zip(best.into_iter().flatten()) {
            if let Some(weights) = &maker.weights {
                edits.write(weights, unit, drawn);
            }
            seen.push(found);
        }
        Ok(seen)
    }
}

/// Makes ready what every revival works with, and tells what became of the units.
///
/// # Errors
///
/// If the network cannot run on the data.
pub(super) fn with_work(
    network: &mut Network,
    request: &Request,
    revive: impl FnOnce(&mut Work, &UnitMap) -> Result<Outcome, RunError>,
) -> Result<Revival, RunError> {
    let few = &request.samples[..request.samples.len().min(2)];
    let shapes = network.shapes(batch(network, request.data, few)?)?;
    let map = network.unit_map(&shapes)?;
    let rectifiers = network.rectifiers()?;
    let mut work = Work {
        network,
        rectifiers: &rectifiers,
        shapes: &shapes,
        request,
        random: ChaCha8Rng::seed_from_u64(request.seed),
        passage: Passage::default(),
        gain: LeakyRelu::new(request.alpha).map_or(1.0, |rectifier| rectifier.gain()),
    };
    Ok(revive(&mut work, &map)?.told(&map))
}
