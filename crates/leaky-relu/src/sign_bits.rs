//! Sign bits: which inputs were above zero, one bit an element.

use alloc::vec::Vec;

use crate::kernel::{BitWriter, Operand, Signs, execute_work};
use crate::{Error, Float};

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
/// assert!(signs.get(3));
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
        let signs = BitWriter::new(self.words_for(x.len()));
        let x = Operand::new(x);
        execute_work(Signs { x, signs });
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
        let mut words: Vec<u64> = bytes
            .chunks(8)
            .map(|chunk| {
                let mut word = [0; 8];
                word[..chunk.len()].copy_from_slice(chunk);
                u64::from_le_bytes(word)
            })
            .collect();
        if let Some(last) = words.last_mut()
            && !len.is_multiple_of(WORD)
        {
            *last &= low_bits(len % WORD);
        }
        Ok(SignBits { words, len })
    }

    /// The number of elements.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are no elements.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether element `index` was above zero.
    ///
    /// # Panics
    /// If `index` is not below [`len`](Self::len).
    pub fn get(&self, index: usize) -> bool {
        assert!(
            index < self.len,
            "element {index} of a record of {} sign bits",
            self.len
        );
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
        self.resize(len);
        &mut self.words
    }

    fn resize(&mut self, len: usize) {
        self.words.resize(len.div_ceil(WORD), 0);
        self.len = len;
    }
}

/// A word with the lowest `count` bits set, for `count` below 64.
pub(crate) fn low_bits(count: usize) -> u64 {
    (1 << count) - 1
}
