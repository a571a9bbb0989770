//! What the data make of the numbers of some units.

use leaky_onnx::{Floats, Shapes, Value, ValueId};

use super::request::Request;
use crate::run::RunError;

/// A unit's pre-activations are looked at in about this many places.
const PLACES: usize = 4096;

/// A deviation below this part of the largest magnitude is rounding.
const ROUNDING: f64 = 1e-5;

/// The distribution of a unit's numbers.
#[derive(Debug, Clone)]
pub(super) struct Observed {
    pub(super) mean: f64,
    pub(super) median: f64,
    pub(super) deviation: f64,
    /// The part of the places at which the unit fires.
    pub(super) firing: f64,
    largest: f64,
}

impl Observed {
    fn of(mut values: Vec<f64>, threshold: f64) -> Self {
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        let variance = values
            .iter()
            .map(|value| (value - mean).powi(2))
            .sum::<f64>()
            / count;
        let firing = values.iter().filter(|&&value| value > threshold).count() as f64 / count;
        let largest = values
            .iter()
            .fold(0.0, |largest: f64, value| largest.max(value.abs()));
        values.sort_by(f64::total_cmp);
        // Between the two in the middle, so that half of the values lie above.
        let half = values.len() / 2;
        let median = (values[half] + values[half.saturating_sub(1)]) / 2.0;
        Self {
            mean,
            median,
            deviation: variance.sqrt(),
            firing,
            largest,
        }
    }

    /// Whether they differ from sample to sample by more than rounding.
    pub(super) fn varies(&self) -> bool {
        self.deviation.is_finite() && self.deviation > ROUNDING * self.largest
    }

    /// Whether the unit fires on some of the places, but not on all.
    pub(super) fn is_alive(&self) -> bool {
        self.firing > 0.0 && self.firing < 1.0
    }
}

/// What to look at: entries along an axis of a value.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sight<'a> {
    pub(super) value: ValueId,
    pub(super) axis: usize,
    pub(super) entries: &'a [usize],
    /// Above this an entry counts as firing.
    pub(super) threshold: f64,
}

/// Looks at the numbers of some entries, each by itself. `values` are what the samples of the request
/// make of the value, batch by batch.
pub(super) fn observe(
    values: impl Iterator<Item = Result<Value, RunError>>,
    sight: Sight,
    shapes: &Shapes,
    request: &Request,
) -> Result<Vec<Observed>, RunError> {
    let Sight {
        value,
        axis,
        entries,
        threshold,
    } = sight;
    let shape = shapes.get(value).unwrap_or_default();
    let others = shape
        .iter()
        .enumerate()
        .skip(1)
        .filter(|(other, _)| *other != axis);
    let positions: usize = others.map(|(_, size)| size).product();
    let step = stride(request.samples.len() * positions, positions);
    let mut seen: Vec<Vec<f64>> = vec![Vec::new(); entries.len()];
    // How many places were passed over since the last one that was taken.
    let mut phase = 0;
    for found in values {
        let found = found?;
        let shape = found.shape();
        let (all, inner) = (shape[axis], shape[axis + 1..].iter().product::<usize>());
        let numbers = found.floats().map_err(RunError::Device)?;
        let places = found.len() / all;
        for place in (phase..places).step_by(step) {
            let (block, position) = (place / inner, place % inner);
            for (seen, entry) in seen.iter_mut().zip(entries) {
                let place = (block * all + entry) * inner + position;
                seen.push(match &numbers {
                    Floats::Single(numbers) => f64::from(numbers[place]),
                    Floats::Double(numbers) => numbers[place],
                });
            }
        }
        phase = (phase + step - places % step) % step;
    }
    Ok(seen
        .into_iter()
        .map(|seen| Observed::of(seen, threshold))
        .collect())
}

/// How many places to go on at a time, so that about [`PLACES`] of all are met. A number that shares
/// a factor with the positions of a sample would meet the same rows or columns again and again.
fn stride(places: usize, positions: usize) -> usize {
    let mut step = (places / PLACES).max(1);
    while greatest_common_divisor(step, positions) > 1 {
        step += 1;
    }
    step
}

fn greatest_common_divisor(a: usize, b: usize) -> usize {
    if b == 0 {
        a
    } else {
        greatest_common_divisor(b, a % b)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_of_an_image_is_looked_at() {
        for (samples, side) in [(1022, 28), (1024, 32), (1024, 56), (3, 500), (10, 1)] {
            let positions = side * side;
            let step = stride(samples * positions, positions);
            let met: std::collections::BTreeSet<usize> = (0..samples * positions)
                .step_by(step)
                .map(|place| place % side)
                .collect();
            assert_eq!(met.len(), side, "{samples} samples of {side} x {side}");
        }
    }

    #[test]
    fn a_constant_does_not_vary_even_where_rounding_moves_it() {
        assert!(!Observed::of(vec![3.0, 3.0 + 4e-7, 3.0], 0.0).varies());
        assert!(Observed::of(vec![3.0, 3.1, 3.0], 0.0).varies());
    }
}
