//! Sign bits: which inputs were above zero, one bit an element.

use alloc::vec::Vec;
use core::iter::FusedIterator;
use core::ops::Range;

use crate::bits::low_bits;
use crate::error::Error;
use crate::float::Float;
use crate::kernel::record;

const WORD: usize = u64::BITS as usize;

/// The packed record, one bit an element, of which inputs were above zero.
///
/// This is all that the gradient of a rectifier of the Leaky ReLU kind needs, 1/32 of what keeping
/// the `f32` input costs. Element `i` is bit `i % 64` of word `i / 64`; the bits behind the last
/// element are zero.
///
/// ```
/// use leaky_relu::SignBits;
///
/// let signs = SignBits::of(&[1.0_f32, -2.0, 0.0, 3.0]);
/// assert_eq!(signs.len(), 4);
/// assert_eq!(signs.count_ones(), 2);
/// assert_eq!(signs.get(3), Some(true));
/// assert!(signs.iter().eq([true, false, false, true]));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SignBits {
    words: Vec<u64>,
    len: usize,
}

impl SignBits {
    /// An empty record, to be filled by a `forward_with_signs`.
    pub const fn new() -> Self {
        SignBits {
            words: Vec::new(),
            len: 0,
        }
    }

    /// The sign bits of `x`: set where the element is above zero, clear at zero, below, and at NaN.
    pub fn of<T: Float>(x: &[T]) -> Self {
        let mut signs = SignBits::new();
        signs.record(x);
        signs
    }

    /// Replaces the record by the sign bits of `x`, in the same memory where it is large enough.
    pub fn record<T: Float>(&mut self, x: &[T]) {
        record(x, self.words_for(x.len()));
    }

    /// The record as bytes, eight elements a byte, the first element in the lowest bit.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes: Vec<u8> = self
            .words
            .iter()
            .flat_map(|word| word.to_le_bytes())
            .collect();
        bytes.truncate(self.len.div_ceil(8));
        bytes
    }

    /// Reads `len` sign bits back from [`to_bytes`](Self::to_bytes). Bits behind the last element
    /// are ignored.
    ///
    /// # Errors
    /// [`Error::WrongByteCount`] if there are not exactly `len / 8` bytes, rounded up.
    pub fn from_bytes(bytes: &[u8], len: usize) -> Result<Self, Error> {
        if bytes.len() != len.div_ceil(8) {
            return Err(Error::WrongByteCount {
                bits: len,
                bytes: bytes.len(),
            });
        }
        let words = bytes.chunks(8).map(|chunk| {
            let mut word = [0; 8];
            word[..chunk.len()].copy_from_slice(chunk);
            u64::from_le_bytes(word)
        });
        Ok(SignBits::trimmed(words.collect(), len))
    }

    /// Takes `len` sign bits in [`words`](Self::words), 64 elements each, the first element in the
    /// lowest bit. Bits behind the last element are ignored.
    ///
    /// # Errors
    /// [`Error::WrongWordCount`] if there are not exactly `len / 64` words, rounded up.
    pub fn from_words(words: Vec<u64>, len: usize) -> Result<Self, Error> {
        if words.len() != len.div_ceil(WORD) {
            return Err(Error::WrongWordCount {
                bits: len,
                words: words.len(),
            });
        }
        Ok(SignBits::trimmed(words, len))
    }

    /// The record of the lowest `len` bits of as many words as these need.
    fn trimmed(mut words: Vec<u64>, len: usize) -> Self {
        if let Some(last) = words.last_mut()
            && !len.is_multiple_of(WORD)
        {
            *last &= low_bits(len % WORD);
        }
        SignBits { words, len }
    }

    /// The number of elements.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no elements.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether element `index` was above zero; `None` if there is no such element.
    pub fn get(&self, index: usize) -> Option<bool> {
        (index < self.len).then(|| self.bit(index))
    }

    /// Whether each element was above zero, in order.
    pub fn iter(&self) -> SignBitsIter<'_> {
        SignBitsIter {
            signs: self,
            range: 0..self.len,
        }
    }

    fn bit(&self, index: usize) -> bool {
        self.words[index / WORD] >> (index % WORD) & 1 == 1
    }

    /// How many elements were above zero.
    pub fn count_ones(&self) -> u64 {
        self.words
            .iter()
            .map(|word| u64::from(word.count_ones()))
            .sum()
    }

    /// The words, 64 elements each, the first element in the lowest bit.
    pub fn words(&self) -> &[u64] {
        &self.words
    }

    /// Makes room for `len` elements and hands out the words; every word is to be written.
    pub(crate) fn words_for(&mut self, len: usize) -> &mut [u64] {
        self.words.resize(len.div_ceil(WORD), 0);
        self.len = len;
        &mut self.words
    }
}

impl FromIterator<bool> for SignBits {
    /// The record of elements of which each was above zero or not.
    fn from_iter<I: IntoIterator<Item = bool>>(signs: I) -> Self {
        let mut record = SignBits::new();
        for above_zero in signs {
            if record.len.is_multiple_of(WORD) {
                record.words.push(0);
            }
            record.words[record.len / WORD] |= u64::from(above_zero) << (record.len % WORD);
            record.len += 1;
        }
        record
    }
}

impl<'a> IntoIterator for &'a SignBits {
    type Item = bool;
    type IntoIter = SignBitsIter<'a>;

    fn into_iter(self) -> SignBitsIter<'a> {
        self.iter()
    }
}

/// Whether each element was above zero: see [`SignBits::iter`].
#[derive(Clone, Debug)]
pub struct SignBitsIter<'a> {
    signs: &'a SignBits,
    /// The elements that are still to come.
    range: Range<usize>,
}

impl Iterator for SignBitsIter<'_> {
    type Item = bool;

    fn next(&mut self) -> Option<bool> {
        self.range.next().map(|index| self.signs.bit(index))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.range.size_hint()
    }
}

impl DoubleEndedIterator for SignBitsIter<'_> {
    fn next_back(&mut self) -> Option<bool> {
        self.range.next_back().map(|index| self.signs.bit(index))
    }
}

impl ExactSizeIterator for SignBitsIter<'_> {}

impl FusedIterator for SignBitsIter<'_> {}
