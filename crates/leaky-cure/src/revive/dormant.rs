//! Units that hardly say anything, revived though they are not dead.

use leaky_onnx::Network;
use leaky_onnx::unit_map::Hearer;

use super::attempt::parameters;
use super::cases::Case;
use super::exact;
use super::moved::{Move, is_movable, move_means};
use super::plan;
use super::request::Request;
use super::revival::{Outcome, Revival};
use super::work::{Work, with_work};
use crate::diagnose::verdict::Diagnosis;
use crate::run::RunError;

/// Gives every dormant unit of `diagnosis` fresh weights where all that hears it can be muted. It is not
/// silent, so this changes outputs: the mean of what it says is moved into what comes behind its hearers,
/// and what it says beyond its mean is lost. How much that is, is for the caller to measure.
///
/// # Errors
///
/// If the network cannot run on the data.
pub fn revive_dormant(
    network: &mut Network,
    diagnosis: &Diagnosis,
    request: &Request,
) -> Result<Revival, RunError> {
    if diagnosis.dormant == 0 {
        return Ok(Revival::default());
    }
    let layers = diagnosis.layers.iter();
    let dormant: Vec<Vec<usize>> = layers.map(|layer| layer.dormant.clone()).collect();
    with_work(network, request, |work, map| {
        let mut outcome = Outcome::default();
        for group in &map.groups {
            for (case, units) in plan::ways(map, group, &dormant) {
                if !case.exact.is_empty() {
                    replace(work, &case, &units, &mut outcome)?;
                }
                for &layer in case.dead() {
                    if !case.exact.contains(&layer) {
                        let reason = case.reason(layer);
                        let left = units.iter().map(|&unit| (layer, unit, reason.clone()));
                        outcome.left.extend(left);
                    }
                }
            }
        }
        Ok(outcome)
    })
}

/// Moves the means of units that can be muted, and revives them.
fn replace(
    work: &mut Work,
    case: &Case,
    units: &[usize],
    outcome: &mut Outcome,
) -> Result<(), RunError> {
    let hearers: Vec<&Hearer> = case
        .exact_hearers()
        .map(|place| &case.group.hearers[place])
        .collect();
    if let Some(deaf) = hearers.iter().find(|hearer| !is_movable(work, hearer)) {
        let reason = format!(
            "nothing behind node '{}', which hears it, takes its mean up",
            deaf.node
        );
        for &layer in &case.exact {
            let left = units.iter().map(|&unit| (layer, unit, reason.clone()));
            outcome.left.extend(left);
        }
        return Ok(());
    }
    replace_moving(work, case, units, &hearers, outcome)
}

/// Moves the means that some hearers hear of units, and revives the units exactly, as if they were silent.
pub(super) fn replace_moving(
    work: &mut Work,
    case: &Case,
    units: &[usize],
    hearers: &[&Hearer],
    outcome: &mut Outcome,
) -> Result<(), RunError> {
    let mut units = units.to_vec();
    while !units.is_empty() {
        let before = parameters(work.network)?;
        for hearer in hearers {
            move_means(work, hearer, &units, Move::In)?;
        }
        let mut tried = Outcome::default();
        exact::revive(work, case, &units, &mut tried)?;
        if tried.left.is_empty() {
            outcome.extend(tried);
            break;
        }
        // Those that did not come to life still speak: nothing of theirs is to be moved.
        for (index, numbers) in before.into_iter().enumerate() {
            work.network.set_parameter(index, numbers);
        }
        units.retain(|unit| tried.left.iter().all(|(_, left, _)| left != unit));
        outcome.left.extend(tried.left);
    }
    Ok(())
}
