//! Fortran-ordered arrays, brought into C order so that their rows can be read by position.

use std::io::Write;
use std::sync::Arc;

use super::array::Array;
use super::error::DataError;
use super::storage::Scratch;

/// About how many bytes are reordered in one go.
const BLOCK_BYTES: usize = 16 << 20;

/// Rewrites the array row by row, in blocks, into memory up to `in_memory` bytes and into a
/// temporary file beyond.
///
/// In the file each element of a row stands in a column of its own, `rows` elements long; columns
/// follow one another with the row's first axis varying fastest.
pub(super) fn into_rows(array: &Array, in_memory: u64) -> Result<Array, DataError> {
    let unpack = |source| DataError::Unpack {
        file: array.storage.name().to_owned(),
        array: array.name.clone(),
        source,
    };
    let size = array.dtype.size();
    let (rows, columns) = (array.rows(), array.row_elements());
    let bytes = (rows * columns * size) as u64;
    let mut scratch = Scratch::for_bytes(bytes, in_memory).map_err(unpack)?;
    let block_rows = (BLOCK_BYTES / (columns * size)).clamp(1, rows);
    let mut block = vec![0; block_rows * columns * size];
    let mut column_part = vec![0; block_rows * size];

    for start in (0..rows).step_by(block_rows) {
        let count = block_rows.min(rows - start);
        let part = &mut column_part[..count * size];
        for (column, place) in column_places(array.row_shape()).enumerate() {
            let position = (column * rows + start) * size;
            array
                .storage
                .read_at(array.offset + position as u64, part)?;
            for (row, element) in part.chunks_exact(size).enumerate() {
                let at = (row * columns + place) * size;
                block[at..at + size].copy_from_slice(element);
            }
        }
        scratch
            .write_all(&block[..count * columns * size])
            .map_err(unpack)?;
    }
    Ok(Array {
        storage: Arc::new(scratch.into_storage(array.storage.name())),
        offset: 0,
        ..array.clone()
    })
}

/// For each column in the order of the file, the place of its elements in a row in C order.
fn column_places(row_shape: &[usize]) -> impl Iterator<Item = usize> {
    let columns: usize = row_shape.iter().product();
    let row_shape = row_shape.to_vec();
    (0..columns).map(move |mut column| {
        let mut index = Vec::with_capacity(row_shape.len());
        for &size in &row_shape {
            index.push(column % size);
            column /= size;
        }
        index
            .iter()
            .zip(&row_shape)
            .fold(0, |place, (&index, &size)| place * size + index)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::storage::Storage;
    use burn::tensor::DType;
    use proptest::prelude::*;

    /// A Fortran-ordered array whose elements, counted in C order, are 0, 1, 2, ….
    fn counting(shape: &[usize]) -> Array {
        let count: usize = shape.iter().product();
        let mut elements = vec![0_u32; count];
        for number in 0..count {
            let (mut rest, mut place, mut stride) = (number, 0, count);
            for &size in shape.iter().rev() {
                stride /= size;
                place += (rest % size) * stride;
                rest /= size;
            }
            elements[place] = number as u32;
        }
        let bytes: Vec<u8> = elements.iter().flat_map(|e| e.to_ne_bytes()).collect();
        let storage = Arc::new(Storage::memory("x.npy", bytes));
        Array {
            name: "x".into(),
            shape: shape.to_vec(),
            dtype: DType::U32,
            big_endian: cfg!(target_endian = "big"),
            storage,
            offset: 0,
        }
    }

    proptest! {
        #[test]
        fn rows_come_out_in_c_order_from_memory_and_from_a_file(
            shape in prop::collection::vec(1_usize..6, 2..5), in_file: bool,
        ) {
            let array = into_rows(&counting(&shape), if in_file { 0 } else { u64::MAX }).unwrap();
            let rows: Vec<usize> = (0..shape[0]).collect();
            let data = array.tensor(&rows, &shape[1..], DType::U32).unwrap();
            let count: usize = shape.iter().product();
            let expected: Vec<u32> = (0..count as u32).collect();
            prop_assert_eq!(data.as_slice::<u32>().unwrap(), expected);
        }
    }

    #[test]
    fn an_array_of_several_blocks_is_joined() {
        // One row takes a megabyte and a half, so that a block holds ten of them.
        let shape = [23, 3 << 17];
        let array = into_rows(&counting(&shape), u64::MAX).unwrap();
        let data = array.tensor(&[9, 10, 22], &shape[1..], DType::U32).unwrap();
        let found = data.as_slice::<u32>().unwrap();
        for (row, elements) in [9, 10, 22].into_iter().zip(found.chunks(shape[1])) {
            let first = (row * shape[1]) as u32;
            assert!(
                (first..)
                    .zip(elements)
                    .all(|(number, &element)| number == element)
            );
        }
    }
}
