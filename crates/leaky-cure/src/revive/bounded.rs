//! Channels revived where they cannot be muted altogether: so small that the outputs stay within a
//! bound.
//!
//! The gradient that reaches a unit's incoming weights does not depend on how large the unit's own
//! activation is: at a thousandth of the usual scale it learns as fast.

use leaky_onnx::unit_map::{Hearer, Maker, Share};

use super::cases::Case;
use super::edits::Edits;
use super::exact::{lives, why_not};
use super::hearing::mute;
use super::making::{centre, silence};
use super::observed::Observed;
use super::revival::Outcome;
use super::work::Work;
use crate::difference::Difference;
use crate::run::{RunError, outputs};

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
    let makers = case.makers(layer, case.silent());
    let hearers = case.bounded_hearers(layer);
    let hearers: Vec<&Hearer> = hearers.map(|place| &case.group.hearers[place]).collect();
    let shares: Vec<&Share> = makers
        .iter()
        .flat_map(|maker| maker.shares())
        .chain(hearers.iter().flat_map(|hearer| hearer.shares()))
        .collect();
    let Some(&maker) = makers.first() else {
        return Ok(());
    };
    // What does not keep within the bound together is tried by halves.
    let mut open = vec![units.to_vec()];
    while let Some(units) = open.pop() {
        let given = Edits::of(work.network, shares.iter().copied())?;
        let mut drawn = given.clone();
        for &unit in &units {
            makers
                .iter()
                .for_each(|maker| silence(maker, unit, &mut drawn));
            hearers
                .iter()
                .for_each(|hearer| mute(hearer, unit, &mut drawn));
        }
        let seen = work.redraw(maker, layer, &units, &mut drawn)?;
        let found = within(
            work,
            (maker, layer),
            (&units, &seen),
            [&given, &drawn],
            budget,
        )?;
        match found {
            Some(edits) => settle(work, layer, (&units, &shares), [&given, &edits], outcome)?,
            None if units.len() > 1 => {
                let (one, other) = units.split_at(units.len() / 2);
                open.extend([other.to_vec(), one.to_vec()]);
            }
            None => {
                let reason = format!(
                    "{}, and no scale that was tried keeps the outputs within the bound",
                    case.reason(layer)
                );
                outcome.left.push((layer, units[0], reason));
            }
        }
    }
    Ok(())
}

/// The numbers with which units change the outputs by no more than their budget, if a scale is found.
/// `seen` is what the data made of the units as they were drawn.
fn within(
    work: &mut Work,
    (maker, layer): (&Maker, usize),
    (units, seen): (&[usize], &[Observed]),
    [given, drawn]: [&Edits; 2],
    budget: f64,
) -> Result<Option<Edits>, RunError> {
    let budget = budget * units.len() as f64;
    let threshold = work.rectifiers[layer].threshold;
    let mut scale = FIRST_SCALE;
    for _ in 0..TRIES {
        let mut edits = drawn.clone();
        for (&unit, seen) in units.iter().zip(seen).filter(|(_, seen)| seen.varies()) {
            let deviation = work.gain * scale;
            centre(maker, unit, &mut edits, seen, (threshold, deviation));
        }
        let found = change(work, [given, &edits])?;
        if found.relative <= budget {
            return Ok(Some(edits));
        }
        // A change that is not finite leaves nothing to aim with.
        let aimed = AIM * budget / found.relative;
        scale *= if aimed > 0.0 { aimed } else { 1e-3 };
    }
    given.apply(work.network);
    Ok(None)
}

/// How far the outputs lie apart with two choices of numbers. The second stays in the network.
fn change(work: &mut Work, [before, after]: [&Edits; 2]) -> Result<Difference, RunError> {
    let request = work.request;
    let wanted: Vec<_> = work
        .network
        .outputs()
        .iter()
        .map(|output| output.value)
        .collect();
    Difference::of_batches(request.samples.chunks(request.batch_size).map(|samples| {
        before.apply(work.network);
        let one = outputs(work.network, request.data, samples, &wanted)?;
        after.apply(work.network);
        let other = outputs(work.network, request.data, samples, &wanted)?;
        Ok((one, other))
    }))
}

/// Keeps the units that live, and leaves the others as they were given.
fn settle(
    work: &mut Work,
    layer: usize,
    (units, shares): (&[usize], &[&Share]),
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
        for share in shares {
            edits.write(share, unit, given.read(share, unit));
        }
    }
    edits.apply(work.network);
    Ok(())
}
