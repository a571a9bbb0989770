//! Units that are above zero on all data, given back a bend that the data reach.
//!
//! On all of the data such a unit is a straight line: its rectifier does nothing there. Its shift is
//! lowered so that the median of its pre-activation lies where the rectifier bends, and it is above that
//! half of the time. What comes behind its hearers gets back, as a constant, what it says less on the
//! average. The weights stay, those that make it and those that hear it; what changes is the line, which
//! becomes a bend, and with it the outputs.

use leaky_onnx::Network;
use leaky_onnx::unit_map::{Hearer, Shift, UnitMap};
use serde::{Deserialize, Serialize};

use super::edits::Edits;
use super::moved::{Move, is_movable, move_means};
use super::request::Request;
use super::revival::{NotRevived, Outcome};
use super::work::{Work, with_work};
use crate::diagnose::verdict::Diagnosis;
use crate::run::RunError;

/// What was done to the units of a network that are always on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recentring {
    /// How many have their median where the rectifier bends now.
    pub recentred: usize,
    /// Those that were left, and why.
    pub left: Vec<NotRevived>,
}

/// Gives every always-on unit of `diagnosis` a shift with which it is above its rectifier's threshold on
/// half of the samples and positions. This changes outputs; how much is for the caller to measure.
///
/// # Errors
///
/// If the network cannot run on the data.
pub fn recentre(
    network: &mut Network,
    diagnosis: &Diagnosis,
    request: &Request,
) -> Result<Recentring, RunError> {
    if diagnosis.always_on == 0 {
        return Ok(Recentring::default());
    }
    let done = with_work(network, request, |work, map| {
        let mut outcome = Outcome::default();
        for (layer, found) in diagnosis.layers.iter().enumerate() {
            if found.always_on.is_empty() {
                continue;
            }
            match Alone::of(work, map, layer) {
                Ok(alone) => lower(work, layer, &alone, &found.always_on, &mut outcome)?,
                Err(reason) => {
                    let units = found.always_on.iter();
                    let left = units.map(|&unit| (layer, unit, reason.clone()));
                    outcome.left.extend(left);
                }
            }
        }
        Ok(outcome)
    })?;
    Ok(Recentring {
        recentred: done.revived,
        left: done.not_revived,
    })
}

/// What shifts the units of a layer, and what hears them, where nothing else of the network feels it.
struct Alone<'a> {
    shift: &'a Shift,
    hearers: Vec<&'a Hearer>,
}

impl<'a> Alone<'a> {
    /// # Errors
    ///
    /// Why the units of the layer cannot be shifted by themselves.
    fn of(work: &Work, map: &'a UnitMap, layer: usize) -> Result<Self, String> {
        let group = map.group_of(layer);
        if let Some(obstacle) = group.obstacles.first() {
            return Err(obstacle.reason.clone());
        }
        if let Some(other) = group.layers.iter().find(|&&other| other != layer) {
            return Err(format!(
                "its channel is that of '{}' too, which would feel the shift",
                map.layers[*other].name
            ));
        }
        let shift = match &group.makers[..] {
            [maker] => maker.shift.as_ref(),
            _ => None,
        };
        let shift = shift.ok_or("nothing of its own shifts it")?;
        let hearers: Vec<&Hearer> = group.hearers.iter().collect();
        match hearers.iter().find(|hearer| !is_movable(work, hearer)) {
            Some(deaf) => Err(format!(
                "nothing behind node '{}', which hears it, takes its mean up",
                deaf.node
            )),
            None => Ok(Self { shift, hearers }),
        }
    }
}

/// Lowers the shift of units by their medians, and moves what they say less into what comes behind.
fn lower(
    work: &mut Work,
    layer: usize,
    alone: &Alone,
    units: &[usize],
    outcome: &mut Outcome,
) -> Result<(), RunError> {
    let threshold = work.rectifiers[layer].threshold;
    let seen = work.observe(layer, units)?;
    let (mut lowered, mut by) = (Vec::new(), Vec::new());
    for (&unit, seen) in units.iter().zip(&seen) {
        if seen.varies() {
            lowered.push(unit);
            by.push((seen.median - threshold) / alone.shift.factor);
        } else {
            let reason = "what it says does not vary on this data".to_owned();
            outcome.left.push((layer, unit, reason));
        }
    }
    for hearer in &alone.hearers {
        move_means(work, hearer, &lowered, Move::In)?;
    }
    let share = &alone.shift.share;
    let mut edits = Edits::of(work.network, [share])?;
    for (&unit, by) in lowered.iter().zip(by) {
        let shifts = edits.read(share, unit).into_iter();
        let shifts: Vec<f64> = shifts.map(|shift| shift - by).collect();
        edits.write(share, unit, shifts);
    }
    edits.apply(work.network);
    for hearer in &alone.hearers {
        move_means(work, hearer, &lowered, Move::Out)?;
    }
    let lowered = lowered.into_iter().map(|unit| (layer, unit));
    outcome.exact.extend(lowered);
    Ok(())
}
