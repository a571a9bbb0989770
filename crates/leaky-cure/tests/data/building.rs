//! Array files made on the spot.

use std::io::{Cursor, Write};

use burn::tensor::DType;
use leaky_cure::data::{Arrays, DataError, Dataset, ExpectedInput, ExpectedOutput};
use proptest::sample::Index;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// A `.npy` array of the given type and shape around these bytes, whether they fill it or not.
pub fn npy(descr: &str, shape: &[usize], bytes: &[u8]) -> Vec<u8> {
    let sizes: String = shape.iter().map(|size| format!("{size}, ")).collect();
    let header = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({sizes}), }}\n");
    let mut file = b"\x93NUMPY\x01\x00".to_vec();
    file.extend((header.len() as u16).to_le_bytes());
    file.extend(header.as_bytes());
    file.extend(bytes);
    file
}

/// A `float32` array.
pub fn floats(shape: &[usize], values: &[f32]) -> Vec<u8> {
    let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    npy("<f4", shape, &bytes)
}

/// A `float32` array of zeros.
pub fn zeros(shape: &[usize]) -> Vec<u8> {
    floats(shape, &vec![0.0; shape.iter().product()])
}

/// An `int64` array.
pub fn integers(shape: &[usize], values: &[i64]) -> Vec<u8> {
    let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    npy("<i8", shape, &bytes)
}

/// A zip archive of `.npy` arrays, as NumPy writes it.
pub fn npz(arrays: &[(&str, Vec<u8>)], method: CompressionMethod) -> Vec<u8> {
    let options = SimpleFileOptions::default().compression_method(method);
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in arrays {
        archive.start_file(format!("{name}.npy"), options).unwrap();
        archive.write_all(bytes).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// The arrays of a stored archive.
pub fn arrays(arrays: &[(&str, Vec<u8>)]) -> Arrays {
    Arrays::from_bytes("train.npz", npz(arrays, CompressionMethod::Stored)).unwrap()
}

/// An input of a network; the first size stands for the samples.
pub fn input(name: &str, shape: &[Option<usize>], dtype: DType) -> ExpectedInput {
    ExpectedInput {
        samples: Some(0),
        ranked: true,
        name: name.to_owned(),
        shape: shape.to_vec(),
        dtype,
    }
}

/// What a network says of a single float input with rows of the given sizes.
pub fn float_input(row: &[usize]) -> Vec<ExpectedInput> {
    let mut shape = vec![None];
    shape.extend(row.iter().copied().map(Some));
    vec![input("input", &shape, DType::F32)]
}

/// The message that data which do not fit are refused with.
pub fn refusal(arrays: &Arrays, expected: &[ExpectedInput]) -> String {
    line(arrays.dataset(expected).map(|_: Dataset| ()))
}

/// The message of an error, which must be one line.
pub fn line(result: Result<(), DataError>) -> String {
    let message = result.unwrap_err().to_string();
    assert!(!message.contains('\n'), "{message}");
    message
}

/// An output named `answer`, of floats.
pub fn output(shape: &[usize]) -> ExpectedOutput {
    ExpectedOutput {
        name: "answer".into(),
        shape: shape.to_vec(),
        dtype: DType::F32,
    }
}

/// Cuts a file off after every so many bytes, and before its last: it is refused in one line.
pub fn refused_where_cut(file: &[u8], step: usize) {
    for length in (0..file.len()).step_by(step).chain([file.len() - 1]) {
        let result = Arrays::from_bytes("cut", file[..length].to_vec());
        let message = result.expect_err("a file that is cut off").to_string();
        assert!(!message.contains('\n'), "{message}");
    }
}

/// A file with other bytes in some places.
pub fn changed(file: &[u8], changes: &[(Index, u8)]) -> Vec<u8> {
    let mut bytes = file.to_vec();
    for (place, value) in changes {
        let place = place.index(bytes.len());
        bytes[place] = *value;
    }
    bytes
}
