//! Dead units brought back to life, without changing what the network computes.
//!
//! A dead unit contributes nothing. So the weights that multiply it may become zero, and the
//! weights that feed it may be drawn afresh, and no output changes; from then on it has a gradient
//! again. The fresh weights are Kaiming's for the slope in use, then scaled and shifted by what the
//! data make of them: the pre-activation gets its median at zero, so that the unit fires on half of
//! the samples and positions, and the standard deviation `sqrt(2 / (1 + alpha^2))`, which gives the
//! activation a mean square of one (He et al. 2015, <https://arxiv.org/abs/1502.01852>).

mod edits;
mod incoming;
mod outgoing;
mod part;

use leaky_onnx::{Network, Rectifier, Shapes};
use leaky_relu::LeakyRelu;
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use serde::Serialize;

use crate::data::Dataset;
use crate::diagnosis::Diagnosis;
use crate::error::Error;
use crate::session::batch;
use edits::Edits;
use incoming::{Incoming, UnitNumbers};
use outgoing::{Mute, mutes};

/// The pre-activations of a unit that its median is taken from are at most about this many.
const OBSERVED: usize = 4096;

/// How often weights are drawn for a unit that has no shift to centre it.
const DRAWS_WITHOUT_SHIFT: usize = 16;

/// A dead unit that was left as it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotRevived {
    /// The rectifier's name in the file.
    pub layer: String,
    /// The unit's number in the layer.
    pub unit: usize,
    /// Why.
    pub reason: String,
}

/// What was done to the dead units of a network.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Revival {
    /// How many units live again.
    pub revived: usize,
    /// Those that do not.
    pub not_revived: Vec<NotRevived>,
}

/// What a revival is made with.
pub struct Request<'a> {
    /// The samples that the verdict rests on.
    pub data: &'a Dataset,
    /// Those of them to centre fresh weights with.
    pub samples: &'a [usize],
    /// How many to run at a time.
    pub batch_size: usize,
    /// The slope that the units will have.
    pub alpha: f64,
    /// Where the random numbers start.
    pub seed: u64,
}

/// Gives every dead unit of `diagnosis` fresh weights where that leaves the network's outputs as
/// they were. Layers are taken in execution order, so that fresh units of one layer feed those of
/// the next.
///
/// # Errors
///
/// If the network cannot run on the data.
pub fn revive(
    network: &mut Network,
    diagnosis: &Diagnosis,
    request: &Request,
) -> Result<Revival, Error> {
    let mut revival = Revival::default();
    if diagnosis.dead == 0 {
        return Ok(revival);
    }
    let shapes = network.shapes(batch(
        network,
        request.data,
        &request.samples[..request.samples.len().min(2)],
    )?)?;
    let mut random = ChaCha8Rng::seed_from_u64(request.seed);
    // The weights of a network sit in few layers; each is looked at once, all its units together.
    for (rectifier, layer) in network.rectifiers()?.iter().zip(&diagnosis.layers) {
        let mut plans = Vec::new();
        let incoming = silent(rectifier).and_then(|()| Incoming::of(network, rectifier, &shapes));
        for &unit in &layer.dead {
            let plan = match &incoming {
                Ok(incoming) => mutes(network, rectifier, unit, &shapes).map(|mutes| Plan {
                    unit,
                    numbers: incoming.unit(network, unit),
                    mutes,
                }),
                Err(reason) => Err(reason.clone()),
            };
            match plan {
                Ok(plan) => plans.push(plan),
                Err(reason) => revival.leave(rectifier, unit, reason),
            }
        }
        if !plans.is_empty() {
            redraw(
                network,
                rectifier,
                &plans,
                &shapes,
                request,
                &mut random,
                &mut revival,
            )?;
        }
    }
    Ok(revival)
}

impl Revival {
    fn leave(&mut self, rectifier: &Rectifier, unit: usize, reason: String) {
        self.not_revived.push(NotRevived {
            layer: rectifier.name.clone(),
            unit,
            reason,
        });
    }
}

/// Only what a rectifier silences can be replaced unheard.
fn silent(rectifier: &Rectifier) -> Result<(), String> {
    match (rectifier.operator.as_str(), rectifier.alpha) {
        ("Clip" | "ThresholdedRelu", _) | (_, Some(0.0)) => Ok(()),
        (operator, _) => Err(format!(
            "{operator} is never silent: the unit passes on its negative input and still learns"
        )),
    }
}

/// What reviving one unit takes.
struct Plan {
    unit: usize,
    numbers: UnitNumbers,
    mutes: Vec<Mute>,
}

/// What the data make of a unit's fresh weights.
struct Observed {
    mean: f64,
    median: f64,
    deviation: f64,
    firing: f64,
}

fn redraw(
    network: &mut Network,
    rectifier: &Rectifier,
    plans: &[Plan],
    shapes: &Shapes,
    request: &Request,
    random: &mut ChaCha8Rng,
    revival: &mut Revival,
) -> Result<(), Error> {
    let gain = LeakyRelu::new(request.alpha).map_or(1.0, |rectifier| rectifier.gain());
    let untouched = Edits::of(network, plans.iter().flat_map(Plan::parameters))?;
    let mut edits = untouched.clone();
    for plan in plans {
        plan.mute(&mut edits);
    }
    // The draw that fires closest to half of the time, for units that cannot be shifted.
    let mut best: Vec<Option<(f64, Vec<f64>)>> = vec![None; plans.len()];
    let draws = if plans.iter().any(|plan| plan.numbers.shift.is_none()) {
        DRAWS_WITHOUT_SHIFT
    } else {
        1
    };
    let mut observed = Vec::new();
    for _ in 0..draws {
        for plan in plans {
            plan.draw(&mut edits, gain, random);
        }
        edits.apply(network)?;
        observed = observe(network, rectifier, plans, shapes, request)?;
        for ((plan, seen), best) in plans.iter().zip(&observed).zip(&mut best) {
            let distance = (seen.firing - 0.5).abs();
            if best.as_ref().is_none_or(|(nearest, _)| distance < *nearest) {
                *best = Some((distance, plan.weights(&edits)));
            }
        }
    }
    if draws > 1 {
        for (plan, best) in plans.iter().zip(best) {
            plan.set_weights(
                &mut edits,
                best.map(|(_, weights)| weights).unwrap_or_default(),
            );
        }
        edits.apply(network)?;
        observed = observe(network, rectifier, plans, shapes, request)?;
    }
    for (plan, seen) in plans.iter().zip(&observed) {
        if seen.deviation.is_finite() && seen.deviation > 1e-12 {
            plan.centre(&mut edits, seen, gain, rectifier.threshold);
            revival.revived += 1;
        } else {
            plan.restore(&mut edits, &untouched);
            revival.leave(
                rectifier,
                plan.unit,
                "what reaches it does not vary on this data".into(),
            );
        }
    }
    edits.apply(network)?;
    Ok(())
}

impl Plan {
    /// The parts of parameters that this plan changes.
    fn parts(&self) -> impl Iterator<Item = part::Part> {
        let numbers = &self.numbers;
        let statistics = numbers
            .statistics
            .into_iter()
            .flat_map(|(mean, variance)| [mean, variance]);
        let own = numbers
            .weights
            .into_iter()
            .chain(numbers.shift.map(|(shift, _)| shift))
            .chain(numbers.scale);
        let muted = self.mutes.iter().flat_map(|mute| match *mute {
            Mute::Zero(part) => vec![part],
            Mute::Normalization {
                scale,
                shift,
                mean,
                variance,
                ..
            } => vec![scale, shift, mean, variance],
        });
        own.chain(statistics).chain(muted)
    }

    fn parameters(&self) -> impl Iterator<Item = usize> {
        self.parts().map(|part| part.parameter)
    }

    /// Makes the rest of the network deaf to the unit.
    fn mute(&self, edits: &mut Edits) {
        for mute in &self.mutes {
            match *mute {
                Mute::Zero(part) => edits.fill(part, 0.0),
                Mute::Normalization {
                    scale,
                    shift,
                    mean,
                    variance,
                    epsilon,
                } => {
                    let given = edits.number(shift)
                        - edits.number(scale) * edits.number(mean)
                            / (edits.number(variance) + epsilon).sqrt();
                    edits.fill(scale, 0.0);
                    edits.fill(shift, given);
                }
            }
        }
    }

    /// Draws weights and sets everything behind them so that it passes them on as they are.
    fn draw(&self, edits: &mut Edits, gain: f64, random: &mut ChaCha8Rng) {
        if let Some(weights) = self.numbers.weights {
            let deviation = gain / (weights.len() as f64).sqrt();
            for place in weights.places() {
                let normal: f64 = StandardNormal.sample(random);
                edits.set(weights.parameter, place, normal * deviation);
            }
        }
        if let Some((shift, _)) = self.numbers.shift {
            edits.fill(shift, 0.0);
        }
        if let Some(scale) = self.numbers.scale {
            edits.fill(scale, 1.0);
        }
        if let Some((mean, variance)) = self.numbers.statistics {
            edits.fill(mean, 0.0);
            edits.fill(variance, 1.0);
        }
    }

    /// Puts the median of the pre-activation at `middle` and its deviation at `gain`.
    fn centre(&self, edits: &mut Edits, seen: &Observed, gain: f64, middle: f64) {
        let factor = gain / seen.deviation;
        let mut shift = middle - seen.median * factor;
        match (
            self.numbers.statistics,
            self.numbers.scale,
            self.numbers.weights,
        ) {
            (Some((mean, variance)), Some(scale), _) => {
                // Batch normalisation gets the statistics that it would have found.
                edits.fill(mean, seen.mean);
                edits.fill(variance, seen.deviation * seen.deviation);
                edits.fill(scale, gain);
                shift += seen.mean * factor;
            }
            (None, Some(scale), _) => edits.fill(scale, factor),
            (_, _, Some(weights)) => {
                for place in weights.places() {
                    let drawn = edits.get(weights.parameter, place);
                    edits.set(weights.parameter, place, drawn * factor);
                }
            }
            _ => {}
        }
        if let Some((part, times)) = self.numbers.shift {
            edits.fill(part, shift / times);
        }
    }

    fn restore(&self, edits: &mut Edits, untouched: &Edits) {
        for part in self.parts() {
            for place in part.places() {
                edits.set(part.parameter, place, untouched.get(part.parameter, place));
            }
        }
    }

    fn weights(&self, edits: &Edits) -> Vec<f64> {
        let weights = self.numbers.weights.into_iter();
        weights
            .flat_map(|part| part.places().map(move |place| (part, place)))
            .map(|(part, place)| edits.get(part.parameter, place))
            .collect()
    }

    fn set_weights(&self, edits: &mut Edits, drawn: Vec<f64>) {
        if let Some(part) = self.numbers.weights {
            for (place, value) in part.places().zip(drawn) {
                edits.set(part.parameter, place, value);
            }
        }
    }
}

/// Runs the data and looks at the pre-activations of some units.
fn observe(
    network: &Network,
    rectifier: &Rectifier,
    plans: &[Plan],
    shapes: &Shapes,
    request: &Request,
) -> Result<Vec<Observed>, Error> {
    let axis = network.unit_axis(rectifier.input, shapes);
    let shape = shapes.get(rectifier.input).unwrap_or_default();
    let positions: usize = shape
        .iter()
        .enumerate()
        .skip(1)
        .filter(|(other, _)| *other != axis)
        .map(|(_, size)| size)
        .product();
    // Spread over all samples; where positions alone are many, fewer of these a sample.
    let samples: Vec<usize> = spread(request.samples, OBSERVED);
    let step = (samples.len() * positions).div_ceil(OBSERVED).max(1);
    let mut values: Vec<Vec<f64>> = vec![Vec::new(); plans.len()];
    for samples in samples.chunks(request.batch_size) {
        let found = network.forward(
            batch(network, request.data, samples)?,
            &[rectifier.input],
            |_, _| {},
        )?;
        for value in found {
            let shape = value.shape();
            let (units, inner) = (shape[axis], shape[axis + 1..].iter().product::<usize>());
            let data = value.into_data().map_err(leaky_onnx::Error::Invalid)?;
            let numbers: Vec<f64> = data.iter::<f64>().collect();
            for (plan, values) in plans.iter().zip(&mut values) {
                let own = numbers
                    .chunks(units * inner)
                    .flat_map(|block| &block[plan.unit * inner..(plan.unit + 1) * inner]);
                values.extend(own.step_by(step));
            }
        }
    }
    Ok(values
        .into_iter()
        .map(|values| Observed::of(values, rectifier.threshold))
        .collect())
}

/// At most `most` of the samples, spread evenly.
pub(crate) fn spread(samples: &[usize], most: usize) -> Vec<usize> {
    let step = samples.len().div_ceil(most).max(1);
    samples.iter().copied().step_by(step).collect()
}

impl Observed {
    fn of(mut values: Vec<f64>, threshold: f64) -> Self {
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let deviation = (values
            .iter()
            .map(|value| (value - mean).powi(2))
            .sum::<f64>()
            / count)
            .sqrt();
        let firing = values.iter().filter(|&&value| value > threshold).count() as f64 / count;
        values.sort_by(f64::total_cmp);
        // Between the two in the middle, so that half of the values lie above.
        let half = values.len() / 2;
        let median = (values[half] + values[half.saturating_sub(1)]) / 2.0;
        Self {
            mean,
            median,
            deviation,
            firing,
        }
    }
}
