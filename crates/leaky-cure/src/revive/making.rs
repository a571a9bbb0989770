//! The numbers that make a unit, drawn, centred or silenced.

use leaky_onnx::unit_map::Maker;
use rand::rngs::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use super::edits::Edits;
use super::observed::Observed;

/// Makes a maker give zero for a unit.
pub(super) fn silence(maker: &Maker, unit: usize, edits: &mut Edits) {
    match (&maker.normalization, &maker.weights) {
        (Some(normalization), _) => edits.fill(&normalization.scale, unit, 0.0),
        (None, Some(weights)) => edits.fill(weights, unit, 0.0),
        (None, None) => {}
    }
    if let Some(shift) = &maker.shift {
        edits.fill(&shift.share, unit, 0.0);
    }
}

/// Draws weights and sets everything behind them so that it passes them on as they are.
pub(super) fn draw(
    maker: &Maker,
    unit: usize,
    edits: &mut Edits,
    gain: f64,
    random: &mut ChaCha8Rng,
) {
    if let Some(weights) = &maker.weights {
        let count = edits.read(weights, unit).len();
        let deviation = gain / (count as f64).sqrt();
        let drawn: Vec<f64> = (0..count)
            .map(|_| deviation * Distribution::<f64>::sample(&StandardNormal, random))
            .collect();
        edits.write(weights, unit, drawn);
    }
    if let Some(shift) = &maker.shift {
        edits.fill(&shift.share, unit, 0.0);
    }
    if let Some(normalization) = &maker.normalization {
        edits.fill(&normalization.scale, unit, 1.0);
        if let Some(statistics) = &normalization.statistics {
            edits.fill(&statistics.mean, unit, 0.0);
            edits.fill(&statistics.variance, unit, 1.0 - statistics.epsilon);
        }
    }
}

/// Puts the median of a unit's pre-activation, as it was seen since [`draw`], at `middle` and its
/// deviation at `deviation`.
pub(super) fn centre(
    maker: &Maker,
    unit: usize,
    edits: &mut Edits,
    seen: &Observed,
    (middle, deviation): (f64, f64),
) {
    let factor = deviation / seen.deviation;
    let mut shift = middle - seen.median * factor;
    match (&maker.normalization, &maker.weights) {
        (Some(normalization), _) => {
            let mut scale = factor;
            if let Some(statistics) = &normalization.statistics {
                // Batch normalisation gets the statistics that it would have found.
                let variance = seen.deviation * seen.deviation;
                edits.fill(&statistics.mean, unit, seen.mean);
                edits.fill(&statistics.variance, unit, variance);
                scale = factor * (variance + statistics.epsilon).sqrt();
                shift += seen.mean * factor;
            }
            edits.fill(&normalization.scale, unit, scale);
        }
        (None, Some(weights)) => {
            let drawn = edits.read(weights, unit).into_iter();
            let scaled: Vec<f64> = drawn.map(|drawn| drawn * factor).collect();
            edits.write(weights, unit, scaled);
        }
        (None, None) => {}
    }
    if let Some(part) = &maker.shift {
        edits.fill(&part.share, unit, shift / part.factor);
    }
}
