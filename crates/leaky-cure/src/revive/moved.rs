//! The mean of what a unit says, moved into what comes next, so that muting the unit is hardly felt.
//!
//! Continual backpropagation does so with the units that it replaces (Dohare et al. 2024, "Loss of
//! plasticity in deep continual learning").

use leaky_onnx::ValueId;
use leaky_onnx::unit_map::{HeardBy, HeardNormalization, Hearer, Share, Slice};

use super::constant::constant_behind;
use super::edits::Edits;
use super::numbers::Numbers;
use super::observed::{Observed, Sight};
use super::work::Work;
use crate::run::RunError;

/// Which way the mean of what is heard is moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Move {
    /// Into what comes behind.
    In,
    /// Out of it again.
    Out,
}

impl Move {
    fn sign(self) -> f64 {
        match self {
            Self::In => 1.0,
            Self::Out => -1.0,
        }
    }
}

/// Whether the mean of what a hearer hears can be moved.
pub(super) fn is_movable(work: &Work, hearer: &Hearer) -> bool {
    match &hearer.by {
        HeardBy::Normalization(_) => true,
        HeardBy::Weights(weights) => constant_behind(work.network, work.shapes, weights).is_some(),
    }
}

/// Gives what comes behind a hearer the mean of what it hears of some units, as a constant, or takes it
/// from there. The units are not muted yet.
///
/// # Errors
///
/// If the network cannot run on the data.
pub(super) fn move_means(
    work: &mut Work,
    hearer: &Hearer,
    units: &[usize],
    way: Move,
) -> Result<(), RunError> {
    match &hearer.by {
        HeardBy::Normalization(heard) => {
            through_normalization(work, (hearer, heard), units, way.sign())
        }
        HeardBy::Weights(weights) => through_weights(work, weights, units, way.sign()),
    }
}

/// A batch normalisation passes the mean on, scaled.
fn through_normalization(
    work: &mut Work,
    (hearer, heard): (&Hearer, &HeardNormalization),
    units: &[usize],
    sign: f64,
) -> Result<(), RunError> {
    let mut nodes = work.network.nodes().iter();
    let node = nodes.find(|node| node.name == hearer.node);
    let Some(value) = node.and_then(|node| node.input(0)) else {
        return Ok(());
    };
    let variance = &heard.statistics.variance;
    let mut edits = Edits::of(work.network, [&heard.scale, &heard.shift, variance])?;
    for &unit in units {
        let entries: Vec<usize> = places(&heard.scale, unit).collect();
        let seen = means(work, (value, 1), &entries)?;
        let [scale, shift, variance] =
            [&heard.scale, &heard.shift, variance].map(|share| edits.read(share, unit));
        let moved = seen.iter().enumerate().map(|(place, seen)| {
            let deviation = (variance[place] + heard.statistics.epsilon).sqrt();
            shift[place] + sign * scale[place] * seen.mean / deviation
        });
        let moved: Vec<f64> = moved.collect();
        edits.write(&heard.shift, unit, moved);
    }
    edits.apply(work.network);
    Ok(())
}

/// What a node that weighs makes of the mean is added behind it.
fn through_weights(
    work: &mut Work,
    weights: &Share,
    units: &[usize],
    sign: f64,
) -> Result<(), RunError> {
    let Some((signal, constant)) = constant_behind(work.network, work.shapes, weights) else {
        return Ok(());
    };
    let below = |axis: usize| weights.shape[axis + 1..].iter().product::<usize>();
    let index = |place: usize, axis: usize| place / below(axis) % weights.shape[axis];
    let edits = Edits::of(work.network, [weights])?;
    let mut numbers = Numbers::of(work.network.parameter_data(constant.index)?);
    for &unit in units {
        let places: Vec<usize> = places(weights, unit).collect();
        // A grouped weight counts the channels of a group alone: its unit is the channel itself.
        let entry = |place: usize| match weights.groups {
            1 => index(place, weights.axis),
            _ => unit,
        };
        let mut entries: Vec<usize> = places.iter().map(|&place| entry(place)).collect();
        entries.sort_unstable();
        entries.dedup();
        let seen = means(work, (signal.value, signal.axis), &entries)?;
        for (&place, weight) in places.iter().zip(edits.read(weights, unit)) {
            let found = entries.binary_search(&entry(place)).unwrap_or_default();
            let output = index(place, constant.outputs_axis);
            let change = sign * weight * seen[found].mean * constant.factor;
            numbers.set(output, numbers.get(output) + change);
        }
    }
    let moved = numbers.to_data(constant.shape);
    work.network.set_parameter(constant.index, moved);
    Ok(())
}

fn means(
    work: &Work,
    (value, axis): (ValueId, usize),
    entries: &[usize],
) -> Result<Vec<Observed>, RunError> {
    let sight = Sight {
        value,
        axis,
        entries,
        threshold: 0.0,
    };
    work.look(sight)
}

fn places(share: &Share, unit: usize) -> impl Iterator<Item = usize> {
    let slices = share.of(unit).into_iter();
    slices.flat_map(Slice::places)
}
