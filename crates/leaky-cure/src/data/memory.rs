//! Arrays that are in memory already.

use std::sync::Arc;

use burn::tensor::{BoolStore, DType};
use bytemuck::NoUninit;
use half::{bf16, f16};

use super::entry::{Entry, Place};
use super::error::DataError;
use super::storage::{Bytes, Storage};
use crate::text::printable;

/// What messages call the place where arrays in memory come from.
pub(super) const NAME: &str = "the data in memory";

/// A type of elements that arrays hold.
pub trait Element: NoUninit + Send + Sync + sealed::Sealed {
    /// The type, as networks know it.
    const DTYPE: DType;
}

mod sealed {
    pub trait Sealed {}
}

macro_rules! elements {
    ($($element:ty: $dtype:expr),+ $(,)?) => {
        $(
            impl sealed::Sealed for $element {}
            impl Element for $element {
                const DTYPE: DType = $dtype;
            }
        )+
    };
}

elements! {
    f64: DType::F64, f32: DType::F32, f16: DType::F16, bf16: DType::BF16,
    i64: DType::I64, i32: DType::I32, i16: DType::I16, i8: DType::I8,
    u64: DType::U64, u32: DType::U32, u16: DType::U16, u8: DType::U8,
    bool: DType::Bool(BoolStore::Native),
}

/// A named array in memory, in C order. Clones share its elements.
#[derive(Debug, Clone)]
pub struct MemoryArray(Entry);

/// A vector seen as the bytes of its elements.
struct Elements<T>(Vec<T>);

impl<T: NoUninit> AsRef<[u8]> for Elements<T> {
    fn as_ref(&self) -> &[u8] {
        bytemuck::cast_slice(&self.0)
    }
}

impl MemoryArray {
    /// An array of these elements, in C order.
    ///
    /// # Errors
    ///
    /// If the shape has not as many elements.
    pub fn of<T: Element>(
        name: &str,
        shape: &[usize],
        elements: impl Into<Vec<T>>,
    ) -> Result<Self, DataError> {
        Self::shared(name, T::DTYPE, shape, Arc::new(Elements(elements.into())))
    }

    /// An array whose elements stand in C order and in this machine's byte order in memory that the
    /// caller shares. Nothing is copied.
    ///
    /// # Errors
    ///
    /// If the shape takes more or fewer bytes.
    pub fn shared(
        name: &str,
        dtype: DType,
        shape: &[usize],
        bytes: Bytes,
    ) -> Result<Self, DataError> {
        let name = printable(name);
        let held = (*bytes).as_ref().len();
        let described = size_in_bytes(dtype, shape);
        if described != Some(held) {
            return Err(DataError::Size {
                array: name,
                shape: super::error::shape_text(shape),
                described: described.map_or("more than can be counted".into(), |n| n.to_string()),
                held,
            });
        }
        Ok(Self(Entry {
            name,
            dtype: Ok(dtype),
            big_endian: cfg!(target_endian = "big"),
            fortran_order: false,
            shape: shape.to_vec(),
            storage: Arc::new(Storage::shared(NAME, bytes)),
            place: Place::Plain { offset: 0 },
        }))
    }

    /// An array whose elements stand in any regular order, such as Fortran's, or backwards: those of
    /// an axis follow each other `strides` bytes apart, and the first of all is at byte `first`. They
    /// are copied.
    ///
    /// # Errors
    ///
    /// If there is not a stride for each axis, or an element lies outside of the bytes.
    pub fn strided(
        name: &str,
        dtype: DType,
        shape: &[usize],
        strides: &[isize],
        bytes: &[u8],
        first: usize,
    ) -> Result<Self, DataError> {
        let outside = || DataError::Strides {
            array: printable(name),
            shape: super::error::shape_text(shape),
            strides: format!("{strides:?}"),
            held: bytes.len(),
        };
        let size = dtype.size();
        let total = size_in_bytes(dtype, shape)
            .filter(|_| strides.len() == shape.len())
            .ok_or_else(outside)?;
        if total > 0 && !lies_inside(shape, strides, first, size, bytes.len()) {
            return Err(outside());
        }
        let mut ordered = Vec::with_capacity(total);
        let mut index = vec![0; shape.len()];
        let mut place = first as isize;
        while ordered.len() < total {
            let start = place as usize;
            ordered.extend_from_slice(&bytes[start..start + size]);
            for (axis, &length) in shape.iter().enumerate().rev() {
                index[axis] += 1;
                // Strides of axes of length 1 may be any number.
                place = place.wrapping_add(strides[axis]);
                if index[axis] < length {
                    break;
                }
                place = place.wrapping_sub(strides[axis].wrapping_mul(length as isize));
                index[axis] = 0;
            }
        }
        Self::shared(name, dtype, shape, Arc::new(ordered))
    }

    pub(super) fn into_entry(self) -> Entry {
        self.0
    }
}

fn size_in_bytes(dtype: DType, shape: &[usize]) -> Option<usize> {
    let mut sizes = shape.iter();
    sizes.try_fold(dtype.size(), |all, &size| all.checked_mul(size))
}

/// Whether the elements that lie farthest apart are among so many bytes.
fn lies_inside(shape: &[usize], strides: &[isize], first: usize, size: usize, held: usize) -> bool {
    let mut range = Some((first as i128, first as i128));
    for (&length, &stride) in shape.iter().zip(strides) {
        let reach = (length as i128 - 1).checked_mul(stride as i128);
        range = range.zip(reach).and_then(|((low, high), reach)| {
            Some((
                low.checked_add(reach.min(0))?,
                high.checked_add(reach.max(0))?,
            ))
        });
    }
    range.is_some_and(|(low, high)| low >= 0 && high + size as i128 <= held as i128)
}

#[cfg(test)]
mod tests {
    use burn::tensor::TensorData;
    use proptest::prelude::*;

    use super::*;
    use crate::data::arrays::Arrays;
    use crate::data::expected::ExpectedInput;

    fn rows(array: MemoryArray) -> TensorData {
        let entry = array.0.clone();
        let samples: Vec<usize> = (0..entry.shape[0]).collect();
        let arrays = Arrays::in_memory([array]).expect("one array");
        let expected = ExpectedInput {
            samples: Some(0),
            ranked: true,
            name: "x".into(),
            shape: vec![None; entry.shape.len()],
            dtype: entry.dtype.expect("a type"),
        };
        let data = arrays.dataset(&[expected]).expect("it fits");
        data.batch(&samples).expect("rows").remove(0)
    }

    #[test]
    fn elements_that_the_caller_shares_are_read_where_they_stand() {
        let bytes: Bytes = Arc::new([1.0_f32, 2.0, 3.0, 4.0].map(f32::to_ne_bytes).concat());
        let array = MemoryArray::shared("x", DType::F32, &[2, 2], bytes.clone()).expect("it fits");
        // One for the caller, one for the array.
        assert_eq!(Arc::strong_count(&bytes), 2);
        let expected = TensorData::from([[1.0_f32, 2.0], [3.0, 4.0]]);
        assert_eq!(rows(array), expected);
    }

    #[test]
    fn a_shape_that_the_elements_do_not_fill_is_refused() {
        let refused = MemoryArray::of("x", &[2, 3], vec![1.0_f32; 5]).expect_err("five, not six");
        assert_eq!(
            refused.to_string(),
            "array `x` of shape [2, 3] takes 24 bytes, but 20 were given"
        );
        let refused = MemoryArray::of("x", &[usize::MAX, 3], vec![0_u8]).expect_err("too many");
        assert!(
            refused.to_string().contains("more than can be counted"),
            "{refused}"
        );
    }

    proptest! {
        #[test]
        fn a_strided_array_is_read_in_c_order(
            shape in prop::collection::vec(1_usize..4, 1..4), turned: [bool; 3], fortran: bool,
        ) {
            let count: usize = shape.iter().product();
            // The stride of each axis, in elements, of an array stored in C or Fortran order.
            let mut strides = vec![0_isize; shape.len()];
            let mut axes: Vec<usize> = (0..shape.len()).collect();
            if !fortran {
                axes.reverse();
            }
            let mut stride = 1;
            for axis in axes {
                strides[axis] = stride as isize;
                stride *= shape[axis];
            }
            let mut first = 0;
            for (axis, stride) in strides.iter_mut().enumerate() {
                if turned[axis] {
                    first += (shape[axis] - 1) * *stride as usize;
                    *stride = -*stride;
                }
            }
            let stored: Vec<u8> = (0..count as u32).flat_map(u32::to_ne_bytes).collect();
            let expected: Vec<u32> = (0..count)
                .map(|number| {
                    let (mut rest, mut place) = (number, first as isize);
                    for (&size, &stride) in shape.iter().zip(&strides).rev() {
                        place += (rest % size) as isize * stride;
                        rest /= size;
                    }
                    place as u32
                })
                .collect();
            let in_bytes: Vec<isize> = strides.iter().map(|stride| 4 * stride).collect();
            let array =
                MemoryArray::strided("x", DType::U32, &shape, &in_bytes, &stored, 4 * first).unwrap();
            prop_assert_eq!(rows(array), TensorData::new(expected, shape));
        }

        #[test]
        fn strides_that_lead_outside_are_refused_and_never_followed(
            shape in prop::collection::vec(0_usize..6, 0..4),
            strides in prop::collection::vec(any::<isize>(), 0..4),
            first: usize,
        ) {
            let bytes = [0; 16];
            let made = MemoryArray::strided("x", DType::F32, &shape, &strides, &bytes, first);
            if strides.len() != shape.len() {
                prop_assert!(made.is_err());
            }
        }
    }
}
