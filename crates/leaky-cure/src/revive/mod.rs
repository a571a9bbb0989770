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
mod numbers;
mod observed;
mod outgoing;
pub(crate) mod own;
mod part;
mod plan;
mod request;
pub(crate) mod revival;

use leaky_onnx::{Network, Rectifier, Shapes};
use leaky_relu::LeakyRelu;
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

use crate::diagnose::verdict::Diagnosis;
use crate::run::{RunError, batch};
use edits::Edits;
use incoming::Incoming;
use observed::{Observed, observe};
use outgoing::mutes;
use plan::Plan;
pub use request::Request;
pub use revival::{NotRevived, Revival};

/// How often weights are drawn for a unit that has no shift to centre it.
const DRAWS_WITHOUT_SHIFT: usize = 16;

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
) -> Result<Revival, RunError> {
    let mut revival = Revival::default();
    if diagnosis.dead == 0 {
        return Ok(revival);
    }
    let few = &request.samples[..request.samples.len().min(2)];
    let shapes = network.shapes(batch(network, request.data, few)?)?;
    let mut random = ChaCha8Rng::seed_from_u64(request.seed);
    for (rectifier, layer) in network.rectifiers()?.iter().zip(&diagnosis.layers) {
        let incoming = silent(rectifier).and_then(|()| Incoming::of(network, rectifier, &shapes));
        let mut plans = Vec::new();
        for &unit in &layer.dead {
            match plan(network, rectifier, incoming.as_ref(), unit, &shapes) {
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

/// Only what a rectifier silences can be replaced unheard.
fn silent(rectifier: &Rectifier) -> Result<(), String> {
    match (rectifier.operator.as_str(), rectifier.alpha) {
        ("Clip" | "ThresholdedRelu", _) | (_, Some(0.0)) => Ok(()),
        (operator, _) => Err(format!(
            "{operator} is never silent: the unit passes on its negative input and still learns"
        )),
    }
}

fn plan(
    network: &Network,
    rectifier: &Rectifier,
    incoming: Result<&Incoming, &String>,
    unit: usize,
    shapes: &Shapes,
) -> Result<Plan, String> {
    let numbers = incoming.map_err(String::clone)?.unit(unit);
    let plan = Plan {
        unit,
        numbers,
        mutes: mutes(network, rectifier, unit, shapes)?,
    };
    plan.is_possible(network)?;
    Ok(plan)
}

/// Carries out the plans for the units of one rectifier.
fn redraw(
    network: &mut Network,
    rectifier: &Rectifier,
    plans: &[Plan],
    shapes: &Shapes,
    request: &Request,
    random: &mut ChaCha8Rng,
    revival: &mut Revival,
) -> Result<(), RunError> {
    let gain = LeakyRelu::new(request.alpha).map_or(1.0, |rectifier| rectifier.gain());
    let units: Vec<usize> = plans.iter().map(|plan| plan.unit).collect();
    let mut edits = Edits::of(network, plans.iter().flat_map(Plan::parameters))?;
    let saved: Vec<_> = plans.iter().map(|plan| plan.save(&edits)).collect();
    for plan in plans {
        plan.mute(&mut edits);
    }
    let draws = if plans.iter().any(|plan| plan.numbers.shift.is_none()) {
        DRAWS_WITHOUT_SHIFT
    } else {
        1
    };
    // For each unit the draw that fires closest to half of the time.
    let mut best: Vec<Option<(Observed, Vec<f64>)>> = vec![None; plans.len()];
    for _ in 0..draws {
        for plan in plans {
            plan.draw(&mut edits, gain, random);
        }
        edits.apply(network);
        let seen = observe(network, rectifier, &units, shapes, request)?;
        for ((plan, seen), best) in plans.iter().zip(seen).zip(&mut best) {
            let distance = |seen: &Observed| (seen.firing - 0.5).abs();
            if best
                .as_ref()
                .is_none_or(|(nearest, _)| distance(&seen) < distance(nearest))
            {
                let drawn = plan.numbers.weights.map(|weights| edits.read(weights));
                *best = Some((seen, drawn.unwrap_or_default()));
            }
        }
    }
    for (plan, (seen, drawn)) in plans.iter().zip(best.into_iter().flatten()) {
        if let Some(weights) = plan.numbers.weights {
            edits.write(weights, drawn);
        }
        if seen.varies() {
            plan.centre(&mut edits, &seen, gain, rectifier.threshold);
        }
    }
    edits.apply(network);
    // Only a unit that was seen to fire counts as revived.
    let seen = observe(network, rectifier, &units, shapes, request)?;
    for ((plan, seen), saved) in plans.iter().zip(&seen).zip(saved) {
        if seen.varies() && seen.is_alive() {
            revival.revived += 1;
            continue;
        }
        Plan::restore(&mut edits, saved);
        let reason = if seen.varies() {
            "no weights that were drawn make it fire on some samples and not on others"
        } else {
            "what reaches it does not vary on this data"
        };
        revival.leave(rectifier, plan.unit, reason.into());
    }
    edits.apply(network);
    Ok(())
}
