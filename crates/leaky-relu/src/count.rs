//! How often each channel was above zero: what the diagnosis of dead units counts with.

use alloc::vec;
use alloc::vec::Vec;

use crate::SignBits;
use crate::sign_bits::low_bits;

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
        let block = counts.len() * inner;
        assert!(
            block != 0 && self.len().is_multiple_of(block),
            "{} sign bits are not whole samples of {} channels of {inner} elements",
            self.len(),
            counts.len(),
        );
        let mut start = 0;
        while start < self.len() {
            for count in counts.iter_mut() {
                *count += self.count_range(start, inner);
                start += inner;
            }
        }
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
}
