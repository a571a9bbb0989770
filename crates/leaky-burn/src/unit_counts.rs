//! How often each unit was above zero, counted on the sign bits that the backward pass keeps anyway.

use std::cell::RefCell;

use leaky_relu::SignBits;

thread_local! {
    /// What the rectifiers of this thread counted since somebody asked; none while nobody does.
    static COUNTED: RefCell<Option<Vec<UnitCounts>>> = const { RefCell::new(None) };
}

/// On less than one in so many samples and positions a unit that is above zero at all is dormant.
const DORMANT_BELOW_ONE_IN: u64 = 1000;

/// How often each unit of one rectifier was above zero.
///
/// A unit is a channel (axis 1) of a tensor of four or more axes and of what a convolution gives, and
/// an entry of the last axis elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitCounts {
    above_zero: Vec<u64>,
    total: u64,
}

impl UnitCounts {
    /// For each unit, on how many samples and positions its input was above zero.
    pub fn above_zero(&self) -> &[u64] {
        &self.above_zero
    }

    /// How many samples and positions there were.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The number of units.
    pub fn units(&self) -> usize {
        self.above_zero.len()
    }

    /// How many units were never above zero.
    pub fn dead(&self) -> usize {
        self.above_zero.iter().filter(|&&count| count == 0).count()
    }

    /// How many units were above zero, and on less than 0.1 % of samples and positions.
    pub fn dormant(&self) -> usize {
        let rare = |&&count: &&u64| count > 0 && count * DORMANT_BELOW_ONE_IN < self.total;
        self.above_zero.iter().filter(rare).count()
    }

    /// Adds what was counted on other samples.
    ///
    /// # Panics
    /// If the counts are of another number of units.
    pub fn add(&mut self, other: &UnitCounts) {
        assert_eq!(
            self.units(),
            other.units(),
            "counts of {} units do not add to counts of {}",
            other.units(),
            self.units()
        );
        for (count, more) in self.above_zero.iter_mut().zip(&other.above_zero) {
            *count += more;
        }
        self.total += other.total;
    }
}

/// Does `work`, and counts for each rectifier of this crate that it applies on this thread how often
/// each unit was above zero. The counts stand in the order in which the rectifiers were applied, those
/// behind convolutions included.
///
/// On the flex backend the counts are taken from the sign bits that the gradient needs anyway, and
/// cost a thirty-second part of reading the activations; elsewhere the signs are computed and fetched
/// from the device. Where `count_units` stands inside of another, the inner one counts alone.
///
/// ```
/// use burn::tensor::{Device, Tensor};
///
/// let x = Tensor::<2>::from_floats([[1.0, -1.0, 2.0], [3.0, -0.5, -0.1]], &Device::flex());
/// let (_, counts) = leaky_burn::count_units(|| leaky_burn::leaky_relu(x, 0.01));
/// assert_eq!(counts[0].above_zero(), [2, 0, 1]);
/// assert_eq!(counts[0].dead(), 1);
/// ```
pub fn count_units<T>(work: impl FnOnce() -> T) -> (T, Vec<UnitCounts>) {
    /// Puts back what was there before, even where `work` panics.
    struct Before(Option<Vec<UnitCounts>>);
    impl Drop for Before {
        fn drop(&mut self) {
            COUNTED.set(self.0.take());
        }
    }
    let before = Before(COUNTED.replace(Some(Vec::new())));
    let result = work();
    let counted = COUNTED.take().unwrap_or_default();
    drop(before);
    (result, counted)
}

/// Whether somebody asked.
pub(crate) fn asked() -> bool {
    COUNTED.with_borrow(Option::is_some)
}

/// The axis that holds the units of a tensor of so many axes.
pub(crate) fn unit_axis(rank: usize) -> usize {
    if rank >= 4 { 1 } else { rank.saturating_sub(1) }
}

/// Counts one rectifier, if somebody asked. The parts follow each other in memory; `lengths` are those
/// of the axes in the order of memory, of which number `axis` holds the units. Each part is whole
/// runs of the axes behind that.
pub(crate) fn record<'a>(
    lengths: &[usize],
    axis: usize,
    parts: impl IntoIterator<Item = &'a SignBits>,
) {
    if !asked() {
        return;
    }
    let units = lengths.get(axis).copied().unwrap_or(1);
    let inner: usize = lengths.iter().skip(axis + 1).product();
    let mut above_zero = vec![0; units];
    let mut runs = 0;
    if inner > 0 && units > 0 {
        for signs in parts {
            let of_part = signs.len() / inner;
            if runs % units == 0 && of_part.is_multiple_of(units) {
                signs.add_counts_by_channel(inner, &mut above_zero);
            } else if of_part > 0 {
                let counts = signs.count_by_channel(of_part, inner);
                for (run, count) in counts.into_iter().enumerate() {
                    above_zero[(runs + run) % units] += count;
                }
            }
            runs += of_part;
        }
    }
    let total = (runs / units.max(1)) as u64 * inner as u64;
    COUNTED.with_borrow_mut(|counted| {
        if let Some(counted) = counted {
            counted.push(UnitCounts { above_zero, total });
        }
    });
}
