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

/// The sums from which the distributions of entries follow, a list for each kind of sum, so that the
/// processor works on several entries side by side.
#[derive(Debug)]
pub(super) struct Moments {
    /// The axis of the entries; without one there is one entry.
    axis: Option<usize>,
    counts: Vec<f64>,
    sums: Vec<f64>,
    squares: Vec<f64>,
    minima: Vec<f64>,
    maxima: Vec<f64>,
}

impl Moments {
    /// Of so many entries along an axis.
    pub(super) fn new(axis: Option<usize>, entries: usize) -> Self {
        Self {
            axis,
            counts: vec![0.0; entries],
            sums: vec![0.0; entries],
            squares: vec![0.0; entries],
            minima: vec![f64::INFINITY; entries],
            maxima: vec![f64::NEG_INFINITY; entries],
        }
    }

    /// The same for other numbers, of which none was seen.
    pub(super) fn anew(&self) -> Self {
        Self::new(self.axis, self.len())
    }

    /// Takes in what was gathered of other numbers.
    pub(super) fn merge(&mut self, other: &Self) {
        for entry in 0..self.len() {
            self.counts[entry] += other.counts[entry];
            self.sums[entry] += other.sums[entry];
            self.squares[entry] += other.squares[entry];
            self.minima[entry] = self.minima[entry].min(other.minima[entry]);
            self.maxima[entry] = self.maxima[entry].max(other.maxima[entry]);
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
        for numbers in [&mut self.counts, &mut self.minima, &mut self.maxima] {
            numbers.fill(f64::NAN);
        }
    }

    fn add_slice<T: Copy + PartialOrd + Into<f64>>(
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
        if entries != self.len() {
            self.forget();
            return;
        }
        if values.is_empty() {
            return;
        }
        if inner == 1 {
            for row in values.chunks_exact(entries) {
                self.add_row(row);
            }
            return;
        }
        for block in values.chunks_exact(entries * inner) {
            let slices = block.chunks_exact(inner).enumerate();
            for (entry, slice) in slices.filter(|(entry, _)| wanted(*entry)) {
                self.add_all(entry, slice);
            }
        }
    }

    /// Takes one number of each entry in.
    fn add_row<T: Copy + Into<f64>>(&mut self, row: &[T]) {
        let sums = self.sums.iter_mut().zip(&mut self.squares);
        let ranges = self.minima.iter_mut().zip(&mut self.maxima);
        for ((&value, (sum, squares)), (minimum, maximum)) in row.iter().zip(sums).zip(ranges) {
            let value = value.into();
            *sum += value;
            *squares += value * value;
            *minimum = smaller(*minimum, value);
            *maximum = larger(*maximum, value);
        }
        self.counts.iter_mut().for_each(|count| *count += 1.0);
    }

    /// Takes numbers of one entry in.
    fn add_all<T: Copy + PartialOrd + Into<f64>>(&mut self, entry: usize, values: &[T]) {
        let (chunks, rest) = values.as_chunks::<LANES>();
        let (mut sums, mut squares) = ([0.0; LANES], [0.0; LANES]);
        let (mut minima, mut maxima) = ([values[0]; LANES], [values[0]; LANES]);
        for chunk in chunks {
            for (lane, &value) in chunk.iter().enumerate() {
                let number: f64 = value.into();
                sums[lane] += number;
                squares[lane] += number * number;
                minima[lane] = smaller(minima[lane], value);
                maxima[lane] = larger(maxima[lane], value);
            }
        }
        for (lane, &value) in rest.iter().enumerate() {
            let number: f64 = value.into();
            sums[lane] += number;
            squares[lane] += number * number;
            minima[lane] = smaller(minima[lane], value);
            maxima[lane] = larger(maxima[lane], value);
        }
        let minimum = minima.into_iter().reduce(smaller).map(T::into);
        let maximum = maxima.into_iter().reduce(larger).map(T::into);
        self.minima[entry] = self.minima[entry].min(minimum.unwrap_or(f64::NAN));
        self.maxima[entry] = self.maxima[entry].max(maximum.unwrap_or(f64::NAN));
        self.sums[entry] += sums.iter().sum::<f64>();
        self.squares[entry] += squares.iter().sum::<f64>();
        self.counts[entry] += values.len() as f64;
    }

    /// How many entries there are.
    pub(super) fn len(&self) -> usize {
        self.counts.len()
    }

    /// The distribution of an entry.
    pub(super) fn of(&self, entry: usize) -> Distribution {
        let count = self.counts[entry];
        let mean = self.sums[entry] / count;
        Distribution {
            mean,
            // Rounding may leave less than nothing.
            variance: (self.squares[entry] / count - mean * mean).max(0.0),
            minimum: self.minima[entry],
            maximum: self.maxima[entry],
        }
    }
}

fn smaller<T: PartialOrd>(one: T, other: T) -> T {
    if other < one { other } else { one }
}

fn larger<T: PartialOrd>(one: T, other: T) -> T {
    if other > one { other } else { one }
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
