//! How far the outputs of two networks lie apart.

use burn::tensor::TensorData;
use leaky_onnx::{Network, ValueId};

use crate::batches::Batches;
use crate::data::dataset::Dataset;
use crate::run::{RunError, outputs};
use crate::stop::Stop;

/// How far the outputs of two networks lie apart on the same samples.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Difference {
    /// The largest difference of two numbers, over all outputs.
    pub maximum: f64,
    /// The largest magnitude of a number, over all outputs.
    pub magnitude: f64,
    /// The largest difference within one output as a part of that output's own magnitude; for the
    /// output where this is largest.
    pub relative: f64,
}

/// Below this magnitude an output is compared as if it were this large: it is what is left of terms
/// of ordinary size, and no more exact than these.
const SMALLEST_MAGNITUDE: f64 = 1e-3;

/// Outputs that differ by no more than this part of their magnitude are the same to rounding.
const ROUNDING: f64 = 1e-4;

impl Difference {
    /// Whether the outputs are the same to rounding.
    pub fn is_rounding(self) -> bool {
        self.relative <= ROUNDING
    }

    /// Whether the outputs differ by no more than a part of their magnitude, and rounding.
    pub fn is_within(self, bound: f64) -> bool {
        self.relative <= bound + ROUNDING
    }

    /// Runs two networks on the same samples and compares all their outputs. Where both are NaN, or
    /// the same infinity, they agree; outputs of unequal shapes lie infinitely far apart.
    ///
    /// # Errors
    ///
    /// If one of them cannot run on the samples, or the work is asked to stop.
    pub fn between(
        [first, second]: [&Network; 2],
        data: &Dataset,
        samples: &[usize],
        batch_size: usize,
        stop: &Stop,
    ) -> Result<Self, RunError> {
        let wanted = |network: &Network| -> Vec<ValueId> {
            let outputs = network.outputs().iter();
            outputs.map(|output| output.value).collect()
        };
        let wanted = [first, second].map(wanted);
        let mut extents = Extents::default();
        Batches::through(first, (data, samples), batch_size)?.run(
            &mut extents,
            |_, samples| {
                stop.check()?;
                let mut found = Extents::default();
                found.add(
                    &outputs(first, data, samples, &wanted[0])?,
                    &outputs(second, data, samples, &wanted[1])?,
                );
                Ok::<_, RunError>(found)
            },
            |extents, _, found| {
                extents.merge(&found);
                Ok(())
            },
        )?;
        Ok(extents.difference())
    }

    /// Compares two lists of outputs, given batch by batch.
    ///
    /// # Errors
    ///
    /// The first that a batch brings.
    pub(crate) fn of_batches(
        batches: impl Iterator<Item = Result<(Vec<TensorData>, Vec<TensorData>), RunError>>,
    ) -> Result<Self, RunError> {
        let mut extents = Extents::default();
        for batch in batches {
            let (one, other) = batch?;
            extents.add(&one, &other);
        }
        Ok(extents.difference())
    }
}

/// What was compared of each output.
#[derive(Default)]
struct Extents(Vec<Extent>);

impl Extents {
    /// Compares the outputs of a batch.
    fn add(&mut self, one: &[TensorData], other: &[TensorData]) {
        self.0
            .resize(one.len().max(self.0.len()), Extent::default());
        if one.len() != other.len() {
            self.0.push(Extent::APART);
        }
        for (extent, (one, other)) in self.0.iter_mut().zip(one.iter().zip(other)) {
            extent.add(one, other);
        }
    }

    /// Takes in what other batches have shown.
    fn merge(&mut self, other: &Self) {
        self.0
            .resize(other.0.len().max(self.0.len()), Extent::default());
        for (extent, more) in self.0.iter_mut().zip(&other.0) {
            extent.difference = extent.difference.max(more.difference);
            extent.magnitude = extent.magnitude.max(more.magnitude);
        }
    }

    fn difference(&self) -> Difference {
        let largest = |of: fn(&Extent) -> f64| self.0.iter().map(of).fold(0.0, f64::max);
        Difference {
            maximum: largest(|extent| extent.difference),
            magnitude: largest(|extent| extent.magnitude),
            relative: largest(|extent| {
                extent.difference / extent.magnitude.max(SMALLEST_MAGNITUDE)
            }),
        }
    }
}

/// The largest difference and the largest magnitude within one output.
#[derive(Clone, Default)]
struct Extent {
    difference: f64,
    magnitude: f64,
}

impl Extent {
    const APART: Self = Self {
        difference: f64::INFINITY,
        magnitude: 0.0,
    };

    fn add(&mut self, one: &TensorData, other: &TensorData) {
        if one.shape() != other.shape() {
            self.difference = f64::INFINITY;
            return;
        }
        for (a, b) in one.iter::<f64>().zip(other.iter::<f64>()) {
            let same = a == b || (a.is_nan() && b.is_nan());
            let difference = if same { 0.0 } else { (a - b).abs() };
            let difference = if difference.is_nan() {
                f64::INFINITY
            } else {
                difference
            };
            self.difference = self.difference.max(difference);
            if a.is_finite() {
                self.magnitude = self.magnitude.max(a.abs());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extent(one: TensorData, other: TensorData) -> Extent {
        let mut extent = Extent::default();
        extent.add(&one, &other);
        extent
    }

    #[test]
    fn outputs_of_unequal_shapes_lie_infinitely_far_apart() {
        let found = extent(
            TensorData::from([1.0_f32, 2.0]),
            TensorData::from([1.0_f32]),
        );
        assert_eq!(found.difference, f64::INFINITY);
    }

    #[test]
    fn a_number_that_became_nan_or_infinite_is_not_lost_among_later_differences() {
        let found = extent(
            TensorData::from([1.0_f32, 2.0, 3.0]),
            TensorData::from([f32::NAN, 2.0, 3.5]),
        );
        assert_eq!(found.difference, f64::INFINITY);
        assert_eq!(found.magnitude, 3.0);
    }

    #[test]
    fn the_same_nan_or_infinity_on_both_sides_agrees() {
        let values = TensorData::from([f32::NAN, f32::INFINITY, 1.0]);
        assert_eq!(extent(values.clone(), values).difference, 0.0);
    }
}
