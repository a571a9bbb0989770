//! Channels revived without a change of any output: all that hears them is muted first.

use std::collections::BTreeSet;

use leaky_onnx::unit_map::{HeardBy, Hearer};

use super::cases::Case;
use super::edits::Edits;
use super::ends::Ends;
use super::hearing::mute;
use super::making::{centre, silence};
use super::observed::{Observed, Sight};
use super::revival::Outcome;
use super::work::Work;
use crate::run::RunError;

/// Revives channels at every layer where the case allows it exactly. Of several makers one speaks, the
/// others are silenced: the channel is their sum.
///
/// # Errors
///
/// If the network cannot run on the data.
pub(super) fn revive(
    work: &mut Work,
    case: &Case,
    units: &[usize],
    outcome: &mut Outcome,
) -> Result<(), RunError> {
    let layers: Vec<usize> = case.exact.iter().copied().collect();
    let ends = Ends::exact(case);
    let edits = Edits::of(work.network, ends.shares())?;
    let wanted = work.pre_activations(&layers);
    work.changing(&edits.clone(), wanted, |work| {
        renew(work, case, (&layers, units), &ends, edits, outcome)
    })
}

/// Draws what makes some units anew. The edits hold all that is changed.
fn renew(
    work: &mut Work,
    case: &Case,
    (layers, units): (&[usize], &[usize]),
    ends: &Ends,
    mut edits: Edits,
    outcome: &mut Outcome,
) -> Result<(), RunError> {
    let Ends { makers, hearers } = ends;
    let given = edits.clone();
    for &unit in units {
        if makers.len() > 1 {
            makers
                .iter()
                .for_each(|maker| silence(maker, unit, &mut edits));
        }
        hearers
            .iter()
            .for_each(|hearer| mute(hearer, unit, &mut edits));
    }
    for (number, &layer) in layers.iter().enumerate() {
        let mut asleep = units.to_vec();
        if number > 0 {
            edits.apply(work.network);
            let seen = work.observe(layer, units)?;
            let still = units.iter().zip(&seen).filter(|(_, seen)| !lives(seen));
            asleep = still.map(|(&unit, _)| unit).collect();
        }
        let Some(maker) = case.makers(layer, &case.exact).into_iter().next() else {
            continue;
        };
        if asleep.is_empty() {
            continue;
        }
        let seen = work.redraw(maker, layer, &asleep, &mut edits)?;
        let threshold = work.rectifiers[layer].threshold;
        for (&unit, seen) in asleep.iter().zip(&seen) {
            if seen.varies() {
                centre(maker, unit, &mut edits, seen, (threshold, work.gain));
            }
            // A layer may hear its own group: what it heard stays muted.
            hearers
                .iter()
                .for_each(|hearer| deafen(hearer, unit, &mut edits));
        }
    }
    edits.apply(work.network);
    // Only a unit that was seen to fire counts as revived.
    let mut alive: BTreeSet<usize> = BTreeSet::new();
    for &layer in layers {
        for (&unit, seen) in units.iter().zip(&work.observe(layer, units)?) {
            if lives(seen) {
                alive.insert(unit);
                outcome.exact.push((layer, unit));
            } else {
                outcome.left.push((layer, unit, why_not(seen).into()));
            }
        }
    }
    for unit in units.iter().filter(|unit| !alive.contains(unit)) {
        for share in ends.shares() {
            edits.write(share, *unit, given.read(share, *unit));
        }
    }
    edits.apply(work.network);
    let alive: Vec<usize> = alive.into_iter().collect();
    for hearer in hearers {
        expect(work, hearer, &alive, &mut edits)?;
    }
    edits.apply(work.network);
    Ok(())
}

/// Whether a unit fires on some data and not on other.
pub(super) fn lives(seen: &Observed) -> bool {
    seen.varies() && seen.is_alive()
}

/// Why a unit whose numbers were drawn does not live.
pub(super) fn why_not(seen: &Observed) -> &'static str {
    if seen.varies() {
        "no weights that were drawn make it fire on some samples and not on others"
    } else {
        "what reaches it does not vary on this data"
    }
}

/// Weights that make a unit and hear another one of the same group were drawn afresh, what they hear
/// with is zero all the same.
fn deafen(hearer: &Hearer, unit: usize, edits: &mut Edits) {
    if let HeardBy::Weights(weights) = &hearer.by {
        edits.fill(weights, unit, 0.0);
    }
}

/// Gives a batch normalisation behind revived units the statistics of what they say now. While they
/// were dead, their variance was nothing, and the first step of a scale would let them shout.
fn expect(
    work: &Work,
    hearer: &Hearer,
    units: &[usize],
    edits: &mut Edits,
) -> Result<(), RunError> {
    let HeardBy::Normalization(heard) = &hearer.by else {
        return Ok(());
    };
    let mut nodes = work.network.nodes().iter();
    let node = nodes.find(|node| node.name == hearer.node);
    let Some(value) = node.and_then(|node| node.input(0)) else {
        return Ok(());
    };
    let of_unit = |unit: usize| {
        let slices = heard.scale.of(unit).into_iter();
        slices.flat_map(leaky_onnx::unit_map::Slice::places)
    };
    let entries: Vec<usize> = units.iter().flat_map(|&unit| of_unit(unit)).collect();
    let sight = Sight {
        value,
        axis: 1,
        entries: &entries,
        threshold: 0.0,
    };
    let mut seen = work.look(sight)?.into_iter();
    for &unit in units {
        let own: Vec<Observed> = seen.by_ref().take(of_unit(unit).count()).collect();
        let means = own.iter().map(|seen| seen.mean);
        edits.write(&heard.statistics.mean, unit, means);
        let variances = own.iter().map(|seen| seen.deviation * seen.deviation);
        edits.write(&heard.statistics.variance, unit, variances);
    }
    Ok(())
}
