//! How often the units of a rectifier fire.

use leaky_onnx::{Floats, Network, Rectifier, Shapes};

use super::error::DiagnoseError;
use super::signs::count_signs;
use super::verdict::LayerCounts;

/// A rectifier whose units cannot be counted.
pub(super) fn wrong(rectifier: &Rectifier, reason: String) -> DiagnoseError {
    DiagnoseError::from(leaky_onnx::Error::Node {
        node: rectifier.name.clone(),
        operator: rectifier.operator.clone(),
        reason,
    })
}

/// Counts the signs of the pre-activations of one rectifier.
pub(super) struct Counter {
    /// None where no axis counts units: then all belongs to one.
    axis: Option<usize>,
    threshold: f64,
    above_zero: Vec<u64>,
    below_zero: Vec<u64>,
    total: u64,
}

impl Counter {
    pub(super) fn new(network: &Network, rectifier: &Rectifier, shapes: &Shapes) -> Self {
        let units = network.units(rectifier.input, shapes);
        Self {
            axis: network.unit_axis(rectifier.input, shapes),
            threshold: rectifier.threshold,
            above_zero: vec![0; units],
            below_zero: vec![0; units],
            total: 0,
        }
    }

    /// The same for other samples, of which none was seen.
    pub(super) fn anew(&self) -> Self {
        Self {
            axis: self.axis,
            threshold: self.threshold,
            above_zero: vec![0; self.above_zero.len()],
            below_zero: vec![0; self.below_zero.len()],
            total: 0,
        }
    }

    /// Takes in what was counted on other samples.
    pub(super) fn merge(&mut self, other: &Self) {
        let above = self.above_zero.iter_mut().zip(&other.above_zero);
        let below = self.below_zero.iter_mut().zip(&other.below_zero);
        above.chain(below).for_each(|(sum, more)| *sum += more);
        self.total += other.total;
    }

    /// Counts numbers of this shape.
    pub(super) fn count(&mut self, shape: &[usize], numbers: &Floats<'_>) -> Result<(), String> {
        if let Some(axis) = self.axis {
            let units = shape.get(axis).map_or(1, |&units| units);
            if units != self.above_zero.len() {
                return Err(format!(
                    "its pre-activation of shape {shape:?} has {units} units along axis {axis}, in \
                     another batch it had {}: units must not depend on the data",
                    self.above_zero.len()
                ));
            }
        }
        let behind = self.axis.map_or(0, |axis| axis + 1);
        let inner: usize = shape.iter().skip(behind).product();
        if shape.iter().product::<usize>() == 0 {
            return Ok(());
        }
        let threshold = self.threshold;
        let counts = [&mut self.above_zero, &mut self.below_zero];
        let are_numbers = match numbers {
            Floats::Double(values) => count_signs(values, |value| value - threshold, inner, counts),
            Floats::Single(values) => {
                let limit = threshold as f32;
                count_signs(values, |value| value - limit, inner, counts)
            }
        };
        if !are_numbers {
            return Err(
                "its pre-activation is not a number (NaN) on some samples: look for what \
                 overflows before it, or for NaN in the data"
                    .into(),
            );
        }
        self.total += (shape.iter().product::<usize>() / self.above_zero.len()) as u64;
        Ok(())
    }

    /// Whether a unit was never above zero so far.
    pub(super) fn may_be_dead(&self, unit: usize) -> bool {
        self.above_zero[unit] == 0
    }

    /// How many units there are.
    pub(super) fn units(&self) -> usize {
        self.above_zero.len()
    }

    pub(super) fn finish(&self, rectifier: &Rectifier) -> Result<LayerCounts, DiagnoseError> {
        if self.total == 0 && rectifier.conditional {
            // A branch that no sample took: nothing is known of its units.
            return Ok(LayerCounts {
                name: rectifier.name.clone(),
                op: rectifier.operator.clone(),
                alpha: rectifier.alpha,
                above_zero: Vec::new(),
                below_zero: Vec::new(),
                total: 0,
            });
        }
        if self.total == 0 {
            return Err(wrong(
                rectifier,
                "its pre-activation is empty: it holds no number to diagnose".into(),
            ));
        }
        Ok(LayerCounts {
            name: rectifier.name.clone(),
            op: rectifier.operator.clone(),
            alpha: rectifier.alpha,
            above_zero: self.above_zero.clone(),
            below_zero: self.below_zero.clone(),
            total: self.total,
        })
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    fn single(numbers: Vec<f32>) -> Floats<'static> {
        Floats::Single(Cow::Owned(numbers))
    }

    fn counter(axis: Option<usize>, units: usize) -> Counter {
        Counter {
            axis,
            threshold: 0.0,
            above_zero: vec![0; units],
            below_zero: vec![0; units],
            total: 0,
        }
    }

    #[test]
    fn a_pre_activation_of_rank_1_belongs_to_one_unit_in_batches_of_any_size() {
        let mut counter = counter(None, 1);
        for numbers in [vec![1.0_f32, -1.0, 2.0], vec![-1.0]] {
            let length = numbers.len();
            counter
                .count(&[length], &single(numbers))
                .expect("one unit");
        }
        assert_eq!((counter.above_zero, counter.below_zero), (vec![2], vec![2]));
        assert_eq!(counter.total, 4);
    }

    #[test]
    fn units_that_change_from_batch_to_batch_are_refused() {
        let reason = counter(Some(1), 3)
            .count(&[2, 4], &single(vec![0.0; 8]))
            .expect_err("four units, not three");
        assert!(reason.contains("4 units along axis 1"), "{reason}");
    }

    #[test]
    fn large_and_small_layers_are_counted_one_by_one_the_same() {
        let shapes = [
            (3, 5, 1),
            (2, 3, 7),
            (40, 300, 1),
            (2, 100, 120),
            (2, 3, 9000),
            (2, 1, 20_000),
        ];
        for (rows, units, inner) in shapes {
            let numbers: Vec<f32> = (0..rows * units * inner)
                .map(|i: usize| (i.wrapping_mul(2_654_435_761) >> 7) as f32 % 3.0 - 1.0)
                .collect();
            let (mut above, mut below) = (vec![0; units], vec![0; units]);
            for (place, &number) in numbers.iter().enumerate() {
                let unit = place / inner % units;
                above[unit] += u64::from(number > 0.0);
                below[unit] += u64::from(number < 0.0);
            }
            let mut counter = counter(Some(1), units);
            let shape = [rows, units, inner];
            counter.count(&shape, &single(numbers)).expect("numbers");
            assert_eq!((counter.above_zero, counter.below_zero), (above, below));
            assert_eq!(counter.total, (rows * inner) as u64);
        }
    }

    #[test]
    fn a_pre_activation_that_is_not_a_number_is_refused() {
        let reason = counter(Some(1), 2)
            .count(&[1, 2], &Floats::Double(Cow::Owned(vec![1.0, f64::NAN])))
            .expect_err("NaN");
        assert!(reason.contains("NaN"), "{reason}");
    }
}
