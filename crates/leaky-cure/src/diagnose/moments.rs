//! Mean, deviation and range of numbers, for each entry along an axis, gathered batch by batch.

use leaky_onnx::Floats;

/// A range below this part of the largest magnitude is rounding.
const ROUNDING: f64 = 1e-5;

/// Sums are kept in so many lanes, which the processor adds up side by side.
const LANES: usize = 8;

/// How some numbers are distributed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Distribution {
    pub(super) mean: f64,
    pub(super) variance: f64,
    pub(super) minimum: f64,
    pub(super) maximum: f64,
}

impl Distribution {
    /// Whether the numbers differ by more than rounding.
    pub(super) fn varies(&self) -> bool {
        let largest = self.minimum.abs().max(self.maximum.abs());
        self.maximum - self.minimum > ROUNDING * largest
    }

    /// Whether they are zero throughout.
    pub(super) fn is_zero(&self) -> bool {
        self.minimum == 0.0 && self.maximum == 0.0
    }

    /// Whether they are numbers that can be computed with.
    pub(super) fn is_finite(&self) -> bool {
        self.mean.is_finite() && self.variance.is_finite()
    }
}

/// The sums from which the distributions of entries follow.
#[derive(Debug)]
pub(super) struct Moments {
    /// The axis of the entries; without one there is one entry.
    axis: Option<usize>,
    entries: Vec<Sums>,
}

impl Moments {
    /// Of so many entries along an axis.
    pub(super) fn new(axis: Option<usize>, entries: usize) -> Self {
        Self {
            axis,
            entries: vec![Sums::default(); entries],
        }
    }

    /// The same for other numbers, of which none was seen.
    pub(super) fn anew(&self) -> Self {
        Self::new(self.axis, self.entries.len())
    }

    /// Takes in what was gathered of other numbers.
    pub(super) fn merge(&mut self, other: &Self) {
        for (sums, more) in self.entries.iter_mut().zip(&other.entries) {
            sums.merge(more);
        }
    }

    /// Takes the numbers of a batch in, those of `wanted` entries at least. An array of another number of
    /// entries leaves nothing to tell.
    pub(super) fn add(
        &mut self,
        shape: &[usize],
        numbers: &Floats<'_>,
        wanted: impl Fn(usize) -> bool,
    ) {
        match numbers {
            Floats::Single(numbers) => self.add_slice(numbers, shape, wanted),
            Floats::Double(numbers) => self.add_slice(numbers, shape, wanted),
        }
    }

    /// Leaves nothing to tell.
    pub(super) fn forget(&mut self) {
        self.entries.fill(Sums::UNKNOWN);
    }

    fn add_slice<T: Copy + Into<f64>>(
        &mut self,
        values: &[T],
        shape: &[usize],
        wanted: impl Fn(usize) -> bool,
    ) {
        let behind = self.axis.map_or(0, |axis| axis + 1);
        let inner: usize = shape.iter().skip(behind).product();
        let entries = self
            .axis
            .map_or(1, |axis| shape.get(axis).copied().unwrap_or_default());
        if entries != self.entries.len() {
            self.forget();
            return;
        }
        if values.is_empty() {
            return;
        }
        if inner == 1 {
            for row in values.chunks_exact(entries) {
                for (sums, &value) in self.entries.iter_mut().zip(row) {
                    sums.add(value.into());
                }
            }
            return;
        }
        for block in values.chunks_exact(entries * inner) {
            let slices = block.chunks_exact(inner).enumerate();
            for (entry, slice) in slices.filter(|(entry, _)| wanted(*entry)) {
                self.entries[entry].add_all(slice);
            }
        }
    }

    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The distribution of an entry.
    pub(super) fn of(&self, entry: usize) -> Distribution {
        self.entries[entry].distribution()
    }
}

/// Sums over some numbers.
#[derive(Debug, Clone, Copy)]
struct Sums {
    count: f64,
    sum: f64,
    squares: f64,
    minimum: f64,
    maximum: f64,
}

impl Default for Sums {
    fn default() -> Self {
        Self {
            count: 0.0,
            sum: 0.0,
            squares: 0.0,
            minimum: f64::INFINITY,
            maximum: f64::NEG_INFINITY,
        }
    }
}

impl Sums {
    const UNKNOWN: Self = Self {
        count: f64::NAN,
        sum: f64::NAN,
        squares: f64::NAN,
        minimum: f64::NAN,
        maximum: f64::NAN,
    };

    fn add(&mut self, value: f64) {
        self.count += 1.0;
        self.sum += value;
        self.squares += value * value;
        self.minimum = self.minimum.min(value);
        self.maximum = self.maximum.max(value);
    }

    fn add_all<T: Copy + Into<f64>>(&mut self, values: &[T]) {
        let (chunks, rest) = values.as_chunks::<LANES>();
        let mut lanes = [Self::default(); LANES];
        for chunk in chunks {
            for (lane, &value) in lanes.iter_mut().zip(chunk) {
                lane.add(value.into());
            }
        }
        rest.iter().for_each(|&value| self.add(value.into()));
        lanes.iter().for_each(|lane| self.merge(lane));
    }

    fn merge(&mut self, other: &Self) {
        self.count += other.count;
        self.sum += other.sum;
        self.squares += other.squares;
        self.minimum = self.minimum.min(other.minimum);
        self.maximum = self.maximum.max(other.maximum);
    }

    fn distribution(&self) -> Distribution {
        let mean = self.sum / self.count;
        Distribution {
            mean,
            // Rounding may leave less than nothing.
            variance: (self.squares / self.count - mean * mean).max(0.0),
            minimum: self.minimum,
            maximum: self.maximum,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn direct(values: &[f64]) -> Distribution {
        let count = values.len() as f64;
        let mean = values.iter().sum::<f64>() / count;
        Distribution {
            mean,
            variance: values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / count,
            minimum: values.iter().copied().fold(f64::INFINITY, f64::min),
            maximum: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        }
    }

    proptest! {
        #[test]
        fn they_are_those_of_all_numbers_of_an_entry_whatever_the_batches(
            values in prop::collection::vec(-100.0..100.0_f64, 120), inner in 0_usize..4, cut in 0_usize..5,
        ) {
            // Samples of three entries of so many positions.
            let inner = [1, 2, 4, 20][inner];
            let sample = 3 * inner;
            let cut = (cut * sample).min(values.len());
            let mut moments = Moments::new(Some(1), 3);
            for part in [&values[..cut], &values[cut..values.len() / sample * sample]] {
                let shape = [part.len() / sample, 3, inner];
                let mut own = moments.anew();
                own.add(&shape, &Floats::Double(part.into()), |_| true);
                moments.merge(&own);
            }
            for entry in 0..3 {
                let own: Vec<f64> = values
                    .chunks_exact(sample)
                    .flat_map(|sample| &sample[entry * inner..(entry + 1) * inner])
                    .copied()
                    .collect();
                let (found, expected) = (moments.of(entry), direct(&own));
                prop_assert!((found.mean - expected.mean).abs() < 1e-9);
                prop_assert!((found.variance - expected.variance).abs() < 1e-6);
                prop_assert_eq!(found.minimum, expected.minimum);
                prop_assert_eq!(found.maximum, expected.maximum);
            }
        }
    }

    #[test]
    fn rounding_does_not_count_as_variation() {
        let of = |values: Vec<f64>| direct(&values);
        assert!(!of(vec![3.0, 3.0 + 4e-7]).varies());
        assert!(of(vec![3.0, 3.1]).varies());
        assert!(!of(vec![0.0, 0.0]).varies() && of(vec![0.0, 0.0]).is_zero());
    }

    #[test]
    fn numbers_of_another_count_of_entries_leave_nothing_to_tell() {
        let mut moments = Moments::new(Some(1), 2);
        let three = Floats::Single(vec![1.0, 2.0, 3.0].into());
        moments.add(&[1, 3], &three, |_| true);
        assert!(!moments.of(0).is_finite());
    }
}
