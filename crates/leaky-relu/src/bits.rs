//! Sign bits read and written block by block, also where a block does not start at a word.

use crate::split::Split;

/// Hands out sign bits in order.
pub(crate) struct BitReader<'a> {
    words: &'a [u64],
    /// How many bits of the first word have been handed out.
    taken: usize,
}

impl<'a> BitReader<'a> {
    pub(crate) fn new(words: &'a [u64]) -> Self {
        BitReader { words, taken: 0 }
    }

    /// The next `count` bits, at most 64; what stands above them is undefined.
    #[inline(always)]
    pub(crate) fn next(&mut self, count: usize) -> u64 {
        // By far the most frequent: a whole word at a time.
        if self.taken == 0
            && count == 64
            && let [word, rest @ ..] = self.words
        {
            self.words = rest;
            return *word;
        }
        let bits = match *self.words {
            [] => 0,
            [word] => word >> self.taken,
            // In two shifts, because one by 64 is no shift.
            [word, next, ..] => word >> self.taken | next << 1 << (63 - self.taken),
        };
        self.taken += count;
        if self.taken >= 64 {
            self.taken -= 64;
            self.words = &self.words[1..];
        }
        bits
    }
}

impl Split for BitReader<'_> {
    /// `middle` must be a multiple of 64, and no bits may have been handed out.
    fn split_at(self, middle: usize) -> (Self, Self) {
        let (first, rest) = self.words.split_at(middle / 64);
        (BitReader::new(first), BitReader::new(rest))
    }
}

/// Takes sign bits in order.
pub(crate) struct BitWriter<'a> {
    words: &'a mut [u64],
    /// The bits that do not fill a word yet.
    pending: u64,
    /// How many they are, below 64.
    count: usize,
}

impl<'a> BitWriter<'a> {
    pub(crate) fn new(words: &'a mut [u64]) -> Self {
        BitWriter {
            words,
            pending: 0,
            count: 0,
        }
    }

    /// Appends the lowest `count` bits, at most 64, and forgets the others.
    #[inline(always)]
    pub(crate) fn push(&mut self, bits: u64, count: usize) {
        // By far the most frequent: a whole word at a time.
        if self.count == 0 && count == 64 {
            return self.put(bits);
        }
        let bits = if count < 64 {
            bits & low_bits(count)
        } else {
            bits
        };
        self.pending |= bits << self.count;
        if self.count + count >= 64 {
            self.put(self.pending);
            // In two shifts, because one by 64 is no shift.
            self.pending = bits >> 1 >> (63 - self.count);
            self.count = self.count + count - 64;
        } else {
            self.count += count;
        }
    }

    /// Writes what does not fill a word.
    #[inline(always)]
    pub(crate) fn finish(&mut self) {
        if self.count > 0 {
            self.put(self.pending);
            self.count = 0;
        }
    }

    #[inline(always)]
    fn put(&mut self, bits: u64) {
        let (word, rest) = core::mem::take(&mut self.words)
            .split_first_mut()
            .expect("as many words as the elements need");
        *word = bits;
        self.words = rest;
    }
}

impl Split for BitWriter<'_> {
    /// `middle` must be a multiple of 64, and no bits may have been taken.
    fn split_at(self, middle: usize) -> (Self, Self) {
        let (first, rest) = self.words.split_at_mut(middle / 64);
        (BitWriter::new(first), BitWriter::new(rest))
    }
}

/// A word with the lowest `count` bits set, for `count` below 64.
pub(crate) fn low_bits(count: usize) -> u64 {
    (1 << count) - 1
}
