//! Dead units brought back to life, without changing what the network computes.
//!
//! A dead unit contributes nothing. So the weights that multiply it may become zero, and the
//! weights that feed it may be drawn afresh, and no output changes; from then on it has a gradient
//! again. The fresh weights are Kaiming's for the slope in use, then scaled and shifted by what the
//! data make of them: the pre-activation gets its median at zero, so that the unit fires on half of
//! the samples and positions, and the standard deviation `sqrt(2 / (1 + alpha^2))`, which gives the
//! activation a mean square of one (He et al. 2015, <https://arxiv.org/abs/1502.01852>).
//!
//! Where a unit's channel is part of a residual stream, the [unit map](leaky_onnx::unit_map) names all
//! who make it and all who hear it. A channel that is dead throughout is revived exactly: its hearers
//! are muted, and of its makers one speaks. Where something hears it that cannot be muted, it is revived
//! within a bound: so small that the outputs hardly change, with a gradient as large as any.

mod attempt;
mod bounded;
mod cases;
mod constant;
mod dormant;
pub(crate) mod edits;
mod ends;
mod exact;
mod hearing;
mod making;
mod moved;
mod numbers;
mod observed;
mod passage;
mod plan;
pub(crate) mod recentre;
mod request;
pub(crate) mod revival;
mod work;

use leaky_onnx::Network;
use leaky_onnx::unit_map::UnitMap;

use crate::diagnose::verdict::Diagnosis;
use crate::difference::Difference;
use crate::run::RunError;
use crate::stop::Stop;
use attempt::{Check, attempt, parameters};
use dormant::replace_moving;
use moved::is_movable;
use revival::Outcome;
use work::{Work, with_work};

pub use constant::{Constant, constants};
pub use dormant::revive_dormant;
pub use plan::{Bounded, Exact, Left, Spoken, Treatment, plan};
pub use recentre::{Recentring, recentre};
pub use request::{DEFAULT_BOUND, Request};
pub use revival::{NotRevived, Revival};

/// Gives every dead unit of `diagnosis` fresh weights where that leaves the network's outputs as
/// they were, or changes them within the bound. Groups of units are taken in execution order, so that
/// fresh units of one layer feed those of the next.
///
/// # Errors
///
/// If the network cannot run on the data.
pub fn revive(
    network: &mut Network,
    diagnosis: &Diagnosis,
    request: &Request,
) -> Result<Revival, RunError> {
    revive_under(None, network, diagnosis, request, |map| map)
}

/// As [`revive`], and units behind a leak count as silent too: where they cannot be muted within the
/// bound they are left; elsewhere the mean of what leaked is moved into what comes behind, and the outputs
/// change by what it was beyond its mean. For networks in training, which go on from there.
///
/// # Errors
///
/// As [`revive`].
pub(crate) fn revive_leaking(
    network: &mut Network,
    diagnosis: &Diagnosis,
    request: &Request,
) -> Result<Revival, RunError> {
    revive_under(None, network, diagnosis, request, leaks_muted)
}

/// The map with every rectifier called silent, those too that pass on something of what lies below zero: a
/// plan by it mutes what leaks of a dead unit, and outputs change by that.
#[must_use]
pub fn leaks_muted(mut map: UnitMap) -> UnitMap {
    map.layers.iter_mut().for_each(|layer| layer.silent = true);
    map
}

/// As [`revive`], with the outputs compared afterwards on `samples` with those of the network as it was
/// `given`. A unit that changes them by more than it may is left as it was, and the others stand.
///
/// # Errors
///
/// If the network cannot run on the data, or the work is asked to stop.
pub fn revive_checked(
    network: &mut Network,
    given: &Network,
    diagnosis: &Diagnosis,
    request: &Request,
    samples: &[usize],
    stop: &Stop,
) -> Result<(Revival, Difference), RunError> {
    let check = Check {
        given,
        samples,
        stop,
    };
    let revival = revive_under(None, network, diagnosis, request, |map| map)?;
    let difference = check.difference(network, request)?;
    if difference.is_within(allowed(&revival, request)) {
        return Ok((revival, difference));
    }
    // Hardly ever needed, so that it may take its time: all again, and each step checked.
    for (index, numbers) in parameters(given)?.into_iter().enumerate() {
        network.set_parameter(index, numbers);
    }
    let revival = revive_under(Some(&check), network, diagnosis, request, |map| map)?;
    let difference = check.difference(network, request)?;
    Ok((revival, difference))
}

/// By what part of their magnitude outputs may have changed.
fn allowed(revival: &Revival, request: &Request) -> f64 {
    match revival.within_bound {
        0 => 0.0,
        _ => request.bound,
    }
}

/// Gives dead units fresh weights by the unit map as `seen` leaves it.
fn revive_under(
    check: Option<&Check>,
    network: &mut Network,
    diagnosis: &Diagnosis,
    request: &Request,
    seen: impl FnOnce(UnitMap) -> UnitMap,
) -> Result<Revival, RunError> {
    if diagnosis.dead == 0 {
        return Ok(Revival::default());
    }
    with_work(network, request, |work, map| {
        let map = seen(map.clone());
        revive_groups(work, &map, check, diagnosis)
    })
}

fn revive_groups(
    work: &mut Work,
    map: &UnitMap,
    check: Option<&Check>,
    diagnosis: &Diagnosis,
) -> Result<Outcome, RunError> {
    let request = work.request;
    let layers = diagnosis.layers.iter();
    let dead: Vec<Vec<usize>> = layers.map(|layer| layer.dead.clone()).collect();
    let groups: Vec<_> = map
        .groups
        .iter()
        .map(|group| plan::ways(map, group, &dead))
        .collect();
    let bounded = groups.iter().flatten();
    let bounded: usize = bounded
        .map(|(case, units)| case.bounded().len() * units.len())
        .sum();
    // Changes add up at most.
    let budget = request.bound / bounded.max(1) as f64;
    let mut outcome = Outcome::default();
    for (case, units) in groups.iter().flatten() {
        if !case.exact.is_empty() {
            let layers: Vec<usize> = case.exact.iter().copied().collect();
            attempt(
                work,
                check,
                (&layers, units),
                &mut outcome,
                |work, units, outcome| {
                    let is_silent = |layer: &usize| work.rectifiers[*layer].is_silent();
                    if case.exact.iter().all(is_silent) {
                        return exact::revive(work, case, units, outcome);
                    }
                    // It was called silent and leaks: where that can be, its mean stays.
                    let hearers = case.exact_hearers().map(|place| &case.group.hearers[place]);
                    let hearers: Vec<_> =
                        hearers.filter(|hearer| is_movable(work, hearer)).collect();
                    replace_moving(work, case, units, &hearers, outcome)
                },
            )?;
        }
        let small = if budget > 0.0 {
            case.bounded()
        } else {
            Vec::new()
        };
        for &layer in &small {
            attempt(
                work,
                check,
                (&[layer], units),
                &mut outcome,
                |work, units, outcome| bounded::revive(work, case, (layer, units), budget, outcome),
            )?;
        }
        for &layer in case.dead() {
            if !case.exact.contains(&layer) && !small.contains(&layer) {
                let reason = case.reason(layer);
                let left = units.iter().map(|&unit| (layer, unit, reason.clone()));
                outcome.left.extend(left);
            }
        }
    }
    Ok(outcome)
}
