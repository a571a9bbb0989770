//! Tables as pandas writes them.

use std::path::{Path, PathBuf};

use leaky_cure::data::{Arrays, DType, Dataset, ExpectedInput, ExpectedOutput};
use safetensors::SafeTensors;

pub(super) fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures/data")
        .join(name)
}

/// The numbers of an array as they should be.
pub(super) fn expected(name: &str) -> Vec<f64> {
    let bytes = std::fs::read(fixture("expected.safetensors")).expect("what they are");
    let arrays = SafeTensors::deserialize(&bytes).expect("they can be read");
    let array = arrays.tensor(name).expect("it is there");
    let data = array.data();
    match array.dtype() {
        safetensors::Dtype::F64 => {
            let numbers = data.as_chunks().0.iter();
            numbers.map(|bytes| f64::from_le_bytes(*bytes)).collect()
        }
        _ => {
            let numbers = data.as_chunks().0.iter();
            numbers
                .map(|bytes| i64::from_le_bytes(*bytes) as f64)
                .collect()
        }
    }
}

pub(super) fn dataset(path: &Path, shape: &[usize], dtype: DType) -> Dataset {
    let sizes = shape.iter().map(|&size| Some(size));
    let input = ExpectedInput {
        name: "x".into(),
        shape: std::iter::once(None).chain(sizes).collect(),
        dtype,
        samples: Some(0),
        ranked: true,
    };
    let arrays = Arrays::open(path, None).expect("it can be read");
    arrays.dataset(&[input]).expect("it fits")
}

pub(super) fn samples(data: &Dataset) -> Vec<f64> {
    let all: Vec<usize> = (0..data.samples()).collect();
    data.batch(&all).expect("rows")[0].iter::<f64>().collect()
}

pub(super) fn answers(data: &Dataset, outputs: usize) -> Vec<f64> {
    let all: Vec<usize> = (0..data.samples()).collect();
    let output = ExpectedOutput {
        name: "logits".into(),
        shape: vec![all.len(), outputs],
        dtype: DType::F64,
    };
    let target = data.target(&output).expect("answers");
    target.batch(&all).expect("answers").iter::<f64>().collect()
}

#[test]
fn a_table_of_pandas_is_read_with_its_index_left_out_and_its_labels_found() {
    for name in ["table.csv", "table.tsv"] {
        let data = dataset(&fixture(name), &[4], DType::F64);
        assert_eq!(samples(&data), expected("table"), "{name}");
        assert_eq!(answers(&data, 3), expected("labels"), "{name}");
    }
    // Answers that are not whole are values to fit.
    let data = dataset(&fixture("values.csv"), &[4], DType::F64);
    let heights: Vec<f64> = expected("table").chunks(4).map(|row| row[2]).collect();
    assert_eq!(answers(&data, 1), heights);
}

#[test]
fn what_is_wrong_with_a_table_is_told_with_line_and_column() {
    let folder = tempfile::tempdir().expect("a folder");
    for (text, said) in [
        ("1,2\n3,4\n", "does not begin with the names of its columns"),
        ("a,b\n1,2\n3,\n", "holds nothing in column `b` of line 3"),
        ("a,y\n1,cat\n", "holds 'cat' in column `y` of line 2"),
        ("a,b\n1,2\n3\n", "is damaged: CSV error: record 2 (line: 3"),
        ("a,b\n", "array `x` is empty: its shape is [0, 2]"),
    ] {
        let path = folder.path().join("table.csv");
        std::fs::write(&path, text).expect("it is written");
        let input = ExpectedInput {
            name: "x".into(),
            shape: vec![None, None],
            dtype: DType::F32,
            samples: Some(0),
            ranked: true,
        };
        let read = Arrays::open(&path, None).and_then(|arrays| arrays.dataset(&[input]));
        let error = read.expect_err(text).to_string();
        assert!(error.contains(said), "{text:?}: {error}");
    }
}
