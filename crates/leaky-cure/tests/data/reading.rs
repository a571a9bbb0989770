//! Whatever NumPy and safetensors write is read as they wrote it.

use std::path::{Path, PathBuf};

use burn::tensor::{BoolStore, DType, TensorData};
use leaky_cure::data::{Arrays, Dataset, ExpectedInput};
use proptest::prelude::*;
use zip::CompressionMethod;

use super::building::{arrays, float_input, floats, input, integers, npz, output};

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/data/files")
        .join(name)
}

const BOOL: DType = DType::Bool(BoolStore::Native);

const TYPES: [(&str, DType); 12] = [
    ("f2", DType::F16),
    ("f4", DType::F32),
    ("f8", DType::F64),
    ("i1", DType::I8),
    ("i2", DType::I16),
    ("i4", DType::I32),
    ("i8", DType::I64),
    ("u1", DType::U8),
    ("u2", DType::U16),
    ("u4", DType::U32),
    ("u8", DType::U64),
    ("b1", BOOL),
];

/// The number that the generator of the files puts at place `i` of an array of this kind.
fn value(kind: &str, i: usize) -> f64 {
    match kind.as_bytes()[0] {
        b'f' => (i as f64 - 12.0) / 2.0,
        b'i' => i as f64 - 12.0,
        b'u' => i as f64,
        _ => f64::from(i.is_multiple_of(3)),
    }
}

fn expected_rows(kind: &str, rows: &[usize]) -> Vec<f64> {
    rows.iter()
        .flat_map(|row| (row * 6..row * 6 + 6).map(|i| value(kind, i)))
        .collect()
}

fn dataset(arrays: &Arrays, name: &str, dtype: DType) -> Dataset {
    arrays
        .dataset(&[input(name, &[None, Some(2), Some(3)], dtype)])
        .unwrap()
}

fn numbers(data: &TensorData) -> Vec<f64> {
    data.iter::<f64>().collect()
}

#[test]
fn every_type_order_and_byte_order_is_read_as_numpy_wrote_it() {
    for archive in ["stored.npz", "deflated.npz"] {
        let arrays = Arrays::open(&file(archive), None).unwrap();
        for (name, dtype) in TYPES {
            for layout in ["", "_fortran", "_big"] {
                let data = dataset(&arrays, &format!("{name}{layout}"), dtype);
                assert_eq!(data.samples(), 5);
                let rows = [4, 0, 2, 2, 3];
                let batch = data.batch(&rows).unwrap().remove(0);
                assert_eq!(batch.dtype(), dtype);
                assert_eq!(batch.shape().as_slice(), [5, 2, 3]);
                assert_eq!(
                    numbers(&batch),
                    expected_rows(name, &rows),
                    "{name}{layout}"
                );
            }
        }
        let both = dataset(&arrays, "f4_fortran_big", DType::F32);
        let batch = both.batch(&[1, 2]).unwrap().remove(0);
        assert_eq!(numbers(&batch), expected_rows("f4", &[1, 2]));
    }
}

#[test]
fn every_type_of_safetensors_is_read() {
    let arrays = Arrays::open(&file("stored.safetensors"), None).unwrap();
    for (name, dtype) in TYPES.into_iter().chain([("bf16", DType::BF16)]) {
        let batch = dataset(&arrays, name, dtype)
            .batch(&[3, 1])
            .unwrap()
            .remove(0);
        let kind = if name == "bf16" { "f" } else { name };
        assert_eq!(batch.dtype(), dtype);
        assert_eq!(numbers(&batch), expected_rows(kind, &[3, 1]), "{name}");
    }
}

#[test]
fn every_number_is_converted_to_the_float_type_a_network_wants() {
    let arrays = Arrays::open(&file("stored.npz"), None).unwrap();
    for (name, _) in TYPES {
        for wanted in [DType::F64, DType::F32, DType::F16, DType::BF16] {
            let batch = dataset(&arrays, name, wanted)
                .batch(&[4])
                .unwrap()
                .remove(0);
            assert_eq!(batch.dtype(), wanted);
            assert_eq!(
                numbers(&batch),
                expected_rows(name, &[4]),
                "{name} {wanted:?}"
            );
        }
    }
}

#[test]
fn integers_and_booleans_are_converted_to_the_integer_type_a_network_wants() {
    let arrays = Arrays::open(&file("stored.npz"), None).unwrap();
    for (name, _) in TYPES.iter().filter(|(name, _)| !name.starts_with('f')) {
        for (_, wanted) in TYPES.iter().filter(|(name, _)| name.starts_with('i')) {
            let batch = dataset(&arrays, name, *wanted)
                .batch(&[4])
                .unwrap()
                .remove(0);
            assert_eq!(batch.dtype(), *wanted);
            assert_eq!(
                numbers(&batch),
                expected_rows(name, &[4]),
                "{name} {wanted:?}"
            );
        }
    }
}

#[test]
fn npy_files_of_samples_and_labels_go_together() {
    let arrays = Arrays::open(&file("x.npy"), Some(&file("labels.npy"))).unwrap();
    let data = dataset(&arrays, "any name", DType::F32);
    let target = data.target(&output(&[1, 3])).unwrap();
    let labels = target.batch(&[4, 0, 3]).unwrap();
    assert_eq!(labels.as_slice::<i64>().unwrap(), [0, 2, 2]);
}

#[test]
fn labels_given_apart_take_the_place_of_those_in_the_data_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("train.npz");
    let archive = [
        ("x", floats(&[5, 1], &[0.0; 5])),
        ("y", integers(&[5], &[9; 5])),
    ];
    std::fs::write(&path, npz(&archive, CompressionMethod::Stored)).unwrap();
    let arrays = Arrays::open(&path, Some(&file("labels.npy"))).unwrap();
    let data = arrays.dataset(&float_input(&[1])).unwrap();
    let target = data.target(&output(&[1, 3])).unwrap();
    assert_eq!(target.batch(&[0]).unwrap().as_slice::<i64>().unwrap(), [2]);
}

#[test]
fn arrays_that_the_network_does_not_use_may_be_of_any_kind() {
    let arrays = Arrays::open(&file("odd-ends.npz"), None).unwrap();
    assert_eq!(dataset(&arrays, "x", DType::F32).samples(), 5);
}

#[test]
fn arrays_stand_in_the_order_of_the_network_s_inputs() {
    let arrays = arrays(&[
        ("left", floats(&[2, 1], &[1.0, 2.0])),
        ("right", floats(&[2, 1], &[3.0, 4.0])),
    ]);
    let expected: [ExpectedInput; 2] =
        ["right", "left"].map(|name| input(name, &[None, None], DType::F32));
    let batch = arrays.dataset(&expected).unwrap().batch(&[1]).unwrap();
    assert_eq!(
        batch.iter().map(numbers).collect::<Vec<_>>(),
        [[4.0], [2.0]]
    );
}

#[test]
fn the_only_input_takes_x_before_an_array_of_its_own_name() {
    let arrays = arrays(&[
        ("input", floats(&[1, 1], &[1.0])),
        ("x", floats(&[1, 1], &[2.0])),
    ]);
    let data = arrays.dataset(&float_input(&[1])).unwrap();
    assert_eq!(numbers(&data.batch(&[0]).unwrap()[0]), [2.0]);
}

#[test]
fn an_input_named_y_is_no_target() {
    let arrays = arrays(&[
        ("a", floats(&[1, 1], &[1.0])),
        ("y", floats(&[1, 1], &[2.0])),
    ]);
    let expected = ["a", "y"].map(|name| input(name, &[None, None], DType::F32));
    assert!(!arrays.dataset(&expected).unwrap().has_target());
}

#[test]
fn a_double_rounds_to_the_nearest_single_as_the_language_does() {
    let values = [
        0.1_f64,
        1.0 + f64::EPSILON,
        -1e-46,
        3.4028235677973366e38 * 0.999,
    ];
    let bytes: Vec<u8> = values.iter().flat_map(|v| v.to_le_bytes()).collect();
    let arrays = arrays(&[("x", super::building::npy("<f8", &[4, 1], &bytes))]);
    let batch = arrays
        .dataset(&float_input(&[1]))
        .unwrap()
        .batch(&[0, 1, 2, 3]);
    let found = batch.unwrap().remove(0);
    assert_eq!(found.as_slice::<f32>().unwrap(), values.map(|v| v as f32));
}

proptest! {
    #[test]
    fn any_choice_of_rows_in_any_order_is_what_was_stored(
        row in 1_usize..5,
        values in prop::collection::vec(any::<i16>(), 1..40),
        choice in prop::collection::vec(any::<prop::sample::Index>(), 0..30),
        deflate: bool,
    ) {
        let samples = values.len();
        let all: Vec<f32> = values.iter().flat_map(|&v| vec![f32::from(v); row]).collect();
        let method = match deflate {
            true => CompressionMethod::Deflated,
            false => CompressionMethod::Stored,
        };
        let file = npz(&[("x", floats(&[samples, row], &all))], method);
        let data = Arrays::from_bytes("x.npz", file).unwrap().dataset(&float_input(&[row])).unwrap();
        let rows: Vec<usize> = choice.iter().map(|index| index.index(samples)).collect();
        let batch = data.batch(&rows).unwrap().remove(0);
        let expected: Vec<f32> =
            rows.iter().flat_map(|&r| vec![f32::from(values[r]); row]).collect();
        prop_assert_eq!(batch.shape().as_slice(), [rows.len(), row]);
        prop_assert_eq!(batch.as_slice::<f32>().unwrap(), expected);
    }

    #[test]
    fn whole_numbers_become_floats_exactly_or_not_at_all(
        values in prop::collection::vec(
            prop_oneof![any::<i64>(), -20_000_000_i64..20_000_000, -300_i64..300], 1..8),
        wide: bool,
    ) {
        let wanted = if wide { DType::F64 } else { DType::F32 };
        let arrays = arrays(&[("x", integers(&[values.len(), 1], &values))]);
        let dataset = arrays.dataset(&[input("x", &[None, Some(1)], wanted)]);
        let exact = |v: i64| match wide {
            true => v as f64 as i128 == i128::from(v),
            false => v as f32 as i128 == i128::from(v),
        };
        match values.iter().position(|&v| !exact(v)) {
            None => {
                let rows: Vec<usize> = (0..values.len()).collect();
                let batch = dataset.unwrap().batch(&rows).unwrap().remove(0);
                let found: Vec<i64> = batch.iter::<f64>().map(|v| v as i64).collect();
                prop_assert_eq!(found, values);
            }
            Some(first) => {
                let message = dataset.unwrap_err().to_string();
                let start = format!("x[{first}, 0] is {}, which float", values[first]);
                prop_assert!(message.starts_with(&start), "{}", message);
            }
        }
    }
}
