//! Reads the reference results in `fixtures`, which `tools/kernel_fixtures.py` writes.

use safetensors::SafeTensors;
use safetensors::tensor::TensorView;

/// Fails unless `found` has the bits of `expected`, any NaN counting as any other.
pub fn assert_same_bits<T: Element>(context: &str, found: &[T], expected: &[T]) {
    assert_eq!(found.len(), expected.len(), "{context}");
    for (i, (found, expected)) in found.iter().zip(expected).enumerate() {
        let same = found.bits() == expected.bits() || found.is_nan() && expected.is_nan();
        assert!(
            same,
            "{context}: element {i} is {found:?}, not {expected:?}"
        );
    }
}

/// Fails unless `found` is within `units` in the last place of `expected`.
pub fn assert_close<T: Element>(context: &str, found: &[T], expected: &[T], units: i64) {
    assert_eq!(found.len(), expected.len(), "{context}");
    for (i, (found, expected)) in found.iter().zip(expected).enumerate() {
        let close = found.is_nan() && expected.is_nan()
            || found.ordinal().abs_diff(expected.ordinal()) <= units as u64;
        assert!(
            close,
            "{context}: element {i} is {found:?}, not {expected:?}"
        );
    }
}

/// An element of a fixture.
pub trait Element: Copy + core::fmt::Debug {
    fn from_bytes(bytes: &[u8]) -> Self;
    fn bits(self) -> i64;
    fn is_nan(self) -> bool;
    /// Neighbouring numbers have neighbouring ordinals; both zeros have 0.
    fn ordinal(self) -> i64 {
        let bits = self.bits();
        if bits < 0 { i64::MIN - bits } else { bits }
    }
}

macro_rules! element {
    ($float:ty, $bits:ty) => {
        impl Element for $float {
            fn from_bytes(bytes: &[u8]) -> Self {
                <$float>::from_le_bytes(bytes.try_into().expect("the size of an element"))
            }
            fn bits(self) -> i64 {
                // The sign goes to the top, so that ordinals are far from overflowing.
                let bits = i64::from(self.to_bits() as $bits);
                if bits < 0 {
                    i64::MIN + (bits - i64::from(<$bits>::MIN))
                } else {
                    bits
                }
            }
            fn is_nan(self) -> bool {
                self.is_nan()
            }
        }
    };
}
element!(f32, i32);
element!(f64, i64);
element!(half::f16, i16);
element!(half::bf16, i16);

/// The elements of a tensor.
pub fn elements<T: Element>(tensor: &TensorView<'_>) -> Vec<T> {
    tensor
        .data()
        .chunks_exact(size_of::<T>())
        .map(T::from_bytes)
        .collect()
}

/// The elements of the tensor of that name.
pub fn read<T: Element>(file: &SafeTensors<'_>, name: &str) -> Vec<T> {
    elements(
        &file
            .tensor(name)
            .unwrap_or_else(|error| panic!("{name}: {error}")),
    )
}
