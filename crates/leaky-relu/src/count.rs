//! How often each channel was above zero: what the diagnosis of dead units counts with.

use alloc::vec;
use alloc::vec::Vec;

use crate::bits::low_bits;
use crate::sign_bits::SignBits;

impl SignBits {
    /// How many elements of each channel were above zero, where the record is that of an array of
    /// shape `[outer, channels, inner]`: `inner` is the number of positions (1 where the channels
    /// are the last axis), `outer` follows from the length.
    ///
    /// # Panics
    /// If `channels * inner` is zero or does not divide the number of elements.
    ///
    /// ```
    /// use leaky_relu::SignBits;
    ///
    /// // Two samples of three units; the second unit never fires.
    /// let signs = SignBits::of(&[1.0_f32, -1.0, 2.0, 3.0, -0.5, -0.1]);
    /// assert_eq!(signs.count_by_channel(3, 1), [2, 0, 1]);
    /// ```
    pub fn count_by_channel(&self, channels: usize, inner: usize) -> Vec<u64> {
        let mut counts = vec![0; channels];
        self.add_counts_by_channel(inner, &mut counts);
        counts
    }

    /// As [`count_by_channel`](Self::count_by_channel) for `counts.len()` channels, added to what
    /// `counts` holds: so that a long run of batches is counted in one place.
    ///
    /// # Panics
    /// If `counts.len() * inner` is zero or does not divide the number of elements.
    pub fn add_counts_by_channel(&self, inner: usize, counts: &mut [u64]) {
        let sample = counts.len().saturating_mul(inner);
        assert!(
            sample != 0 && self.len().is_multiple_of(sample),
            "{} sign bits are not whole samples of {} channels of {inner} elements",
            self.len(),
            counts.len(),
        );
        if inner == 1 {
            return self.add_counts_by_column(counts);
        }
        let mut start = 0;
        while start < self.len() {
            for count in counts.iter_mut() {
                *count += self.count_range(start, inner);
                start += inner;
            }
        }
    }

    /// The counts where the channels are the last axis: 64 channels are counted at once, in
    /// counters of which each word holds one binary digit.
    fn add_counts_by_column(&self, counts: &mut [u64]) {
        let mut counters = vec![Counters::default(); counts.len().div_ceil(64)];
        let mut rows = 0;
        for row in (0..self.len()).step_by(counts.len()) {
            for (i, counters) in counters.iter_mut().enumerate() {
                let column = i * 64;
                counters.add(self.bits(row + column, (counts.len() - column).min(64)));
            }
            rows += 1;
            if rows == Counters::MOST {
                drain(&mut counters, counts);
                rows = 0;
            }
        }
        drain(&mut counters, counts);
    }

    /// How many of the `len` elements from `start` on were above zero.
    fn count_range(&self, start: usize, len: usize) -> u64 {
        let words = self.words();
        let end = start + len;
        let (first, last) = (start / 64, end / 64);
        let below_start = low_bits(start % 64);
        if first == last {
            return u64::from((words[first] & !below_start & low_bits(end % 64)).count_ones());
        }
        let mut count = u64::from((words[first] & !below_start).count_ones());
        count += words[first + 1..last]
            .iter()
            .map(|word| u64::from(word.count_ones()))
            .sum::<u64>();
        if !end.is_multiple_of(64) {
            count += u64::from((words[last] & low_bits(end % 64)).count_ones());
        }
        count
    }

    /// The `len` bits from `start` on, at most 64, in the lowest places.
    #[inline]
    fn bits(&self, start: usize, len: usize) -> u64 {
        let (word, shift) = (start / 64, start % 64);
        let mut bits = self.words()[word] >> shift;
        if shift + len > 64 {
            bits |= self.words()[word + 1] << (64 - shift);
        }
        if len < 64 { bits & low_bits(len) } else { bits }
    }
}

/// 64 counters; word `i` holds their binary digits of weight `2^i`.
#[derive(Clone, Copy, Default)]
struct Counters([u64; 8]);

impl Counters {
    /// How often can be counted before a counter overflows.
    const MOST: u32 = 255;

    /// Adds 1 to the counters whose bits are set.
    #[inline]
    fn add(&mut self, bits: u64) {
        let mut carry = bits;
        for digit in &mut self.0 {
            let both = *digit & carry;
            *digit ^= carry;
            carry = both;
        }
    }
}

/// Moves what the counters hold to the counts.
fn drain(counters: &mut [Counters], counts: &mut [u64]) {
    for (counters, counts) in counters.iter_mut().zip(counts.chunks_mut(64)) {
        for (place, digit) in counters.0.iter().enumerate() {
            for (column, count) in counts.iter_mut().enumerate() {
                *count += (digit >> column & 1) << place;
            }
        }
        *counters = Counters::default();
    }
}
