//! Channels revived where they cannot be muted altogether: so small that the outputs stay within a
//! bound.
//!
//! The gradient that reaches a unit's incoming weights does not depend on how large the unit's own
//! activation is: at a thousandth of the usual scale it learns as fast.

use super::cases::Case;
use super::edits::Edits;
use super::ends::Ends;
use super::exact::{lives, why_not};
use super::hearing::mute;
use super::making::{centre, silence};
use super::revival::Outcome;
use super::work::Work;
use crate::run::RunError;

/// How often a scale is tried for some units before they are taken by halves.
const TRIES: usize = 4;

/// What the scale is at first, as a part of the usual one.
const FIRST_SCALE: f64 = 0.05;

/// Of the budget so much is aimed at, since outputs do not grow quite in proportion.
const AIM: f64 = 0.7;

/// Revives units of one layer, each of which may change the outputs by `budget`, as a part of an
/// output's magnitude.
///
/// # Errors
///
/// If the network cannot run on the data.
pub(super) fn revive(
    work: &mut Work,
    case: &Case,
    (layer, units): (usize, &[usize]),
    budget: f64,
    outcome: &mut Outcome,
) -> Result<(), RunError> {
    let ends = Ends::bounded(case, layer);
    if ends.makers.is_empty() {
        return Ok(());
    }
    let edits = Edits::of(work.network, ends.shares())?;
    let mut wanted = work.outputs();
    wanted.extend(work.pre_activations(&[layer]));
    work.changing(&edits, wanted, |work| {
        // What does not keep within the bound together is tried by halves.
        let mut open = vec![units.to_vec()];
        while let Some(units) = open.pop() {
            if renew(work, &ends, (layer, &units), budget, outcome)? {
                continue;
            }
            if units.len() > 1 {
                let (one, other) = units.split_at(units.len() / 2);
                open.extend([other.to_vec(), one.to_vec()]);
                continue;
            }
            let reason = format!(
                "{}, and no scale that was tried keeps the outputs within the bound",
                case.reason(layer)
            );
            outcome.left.push((layer, units[0], reason));
        }
        Ok(())
    })
}

/// Draws what makes some units of a layer anew, as small as the bound asks; whether a scale was found that
/// is small enough.
fn renew(
    work: &mut Work,
    ends: &Ends,
    (layer, units): (usize, &[usize]),
    budget: f64,
    outcome: &mut Outcome,
) -> Result<bool, RunError> {
    let given = Edits::of(work.network, ends.shares())?;
    let mut drawn = given.clone();
    for &unit in units {
        let makers = ends.makers.iter();
        makers.for_each(|maker| silence(maker, unit, &mut drawn));
        let hearers = ends.hearers.iter();
        hearers.for_each(|hearer| mute(hearer, unit, &mut drawn));
    }
    let maker = ends.makers[0];
    let seen = work.redraw(maker, layer, units, &mut drawn)?;
    let budget = budget * units.len() as f64;
    let threshold = work.rectifiers[layer].threshold;
    let mut scale = FIRST_SCALE;
    for _ in 0..TRIES {
        let mut edits = drawn.clone();
        for (&unit, seen) in units.iter().zip(&seen).filter(|(_, seen)| seen.varies()) {
            let deviation = work.gain * scale;
            centre(maker, unit, &mut edits, seen, (threshold, deviation));
        }
        let found = work.change([&given, &edits])?;
        if found.relative <= budget {
            settle(work, ends, (layer, units), [&given, &edits], outcome)?;
            return Ok(true);
        }
        // A change that is not finite leaves nothing to aim with.
        let aimed = AIM * budget / found.relative;
        scale *= if aimed > 0.0 { aimed } else { 1e-3 };
    }
    given.apply(work.network);
    Ok(false)
}

/// Keeps the units that live, and leaves the others as they were given.
fn settle(
    work: &mut Work,
    ends: &Ends,
    (layer, units): (usize, &[usize]),
    [given, found]: [&Edits; 2],
    outcome: &mut Outcome,
) -> Result<(), RunError> {
    let mut edits = found.clone();
    for (&unit, seen) in units.iter().zip(&work.observe(layer, units)?) {
        if lives(seen) {
            outcome.bounded.push((layer, unit));
            continue;
        }
        outcome.left.push((layer, unit, why_not(seen).into()));
        for share in ends.shares() {
            edits.write(share, unit, given.read(share, unit));
        }
    }
    edits.apply(work.network);
    Ok(())
}
