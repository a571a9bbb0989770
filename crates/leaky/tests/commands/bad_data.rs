//! Data that do not fit, and files that are broken, are refused before the work.

use std::fs;
use std::path::Path;

use super::running::fixture;
use super::workplace::{refusal, run, workplace};

/// A `float32` `.npy` file.
fn write_floats(path: &Path, shape: &str, values: &[f32]) {
    let header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({shape}), }}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((header.len() as u16).to_le_bytes());
    bytes.extend(header.as_bytes());
    bytes.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    fs::write(path, bytes).unwrap();
}

#[test]
fn data_that_do_not_fit_are_refused_by_every_command_before_the_work() {
    let folder = workplace();
    let file = |name: &str| folder.path().join(name);
    write_floats(&file("narrow.npy"), "2, 63", &[0.0; 126]);
    write_floats(&file("flat.npy"), "128,", &[0.0; 128]);
    write_floats(&file("empty.npy"), "0, 64", &[]);
    write_floats(&file("hollow.npy"), "2, 64", &[0.0; 64]);
    write_floats(&file("good.npy"), "2, 64", &[0.0; 128]);
    write_floats(&file("three.npy"), "3,", &[0.0; 3]);
    write_floats(&file("two.npy"), "2,", &[0.0; 2]);
    let mut values = [0.0; 128];
    values[70] = f32::NAN;
    write_floats(&file("nan.npy"), "2, 64", &values);
    let archive = fs::read(file("digits-train.npz")).unwrap();
    fs::write(file("cut.npz"), &archive[..archive.len() / 2]).unwrap();
    fs::write(file("text.npz"), "not an archive").unwrap();

    for (data, message) in [
        ("none.npz", "cannot read none.npz"),
        ("narrow.npy", "axis 1 of array `x` has size 63"),
        ("flat.npy", "array `x` has 1 axes"),
        ("empty.npy", "array `x` is empty: its shape is [0, 64]"),
        ("hollow.npy", "hollow.npy is damaged"),
        (
            "nan.npy",
            "array `x` holds values that are not finite: 1 NaN and 0 infinite, the first at x[1, 6]",
        ),
        ("cut.npz", "cut.npz is damaged"),
        (
            "text.npz",
            "text.npz is not a .npz, .safetensors, .npy or Parquet file",
        ),
        (
            "good.npy --labels three.npy",
            "`x` holds 2 samples but `y` holds 3",
        ),
    ] {
        for command in [
            "diagnose digits.onnx --json report.json",
            "cure digits.onnx -o cured.onnx",
        ] {
            let found = refusal(&folder, &format!("{command} --data {data}"));
            assert!(found.starts_with(message), "{command} {data}: {found}");
        }
    }
    for (data, message) in [
        ("good.npy", "good.npy has no array `y` to train towards"),
        (
            "good.npy --labels two.npy",
            "`y` is float32 of shape [2], but the network's output",
        ),
        (
            "digits-train.npz --val good.npy",
            "good.npy has no array `y` to train towards",
        ),
    ] {
        let found = refusal(
            &folder,
            &format!("cure digits.onnx -o cured.onnx --data {data}"),
        );
        assert!(found.starts_with(message), "{data}: {found}");
    }
}

#[test]
fn a_validation_target_of_another_kind_than_the_training_target_is_refused_with_both_shapes() {
    let folder = workplace();
    let file = |name: &str| folder.path().join(name);
    write_floats(&file("x.npy"), "2, 64", &[0.0; 128]);
    write_floats(&file("values.npy"), "2, 10", &[0.0; 20]);
    let found = refusal(
        &folder,
        "cure digits.onnx -o cured.onnx --data digits-train.npz --val x.npy --val-labels values.npy",
    );
    assert_eq!(
        found,
        "the `y` to validate with holds values (float32 of shape [2, 10]), but the `y` to train \
         with holds class labels (int64 of shape [1347]): give both in the same form"
    );
}

/// Data with one fault each, and how the refusal of that fault goes on after the file's name or the
/// array's; those of the second list are only at fault where a target is needed.
#[test]
fn each_broken_data_file_is_refused_for_its_own_fault() {
    let any_use = [
        (
            "complex-numbers.npz",
            "has elements of type <c8, which is not supported",
        ),
        ("header-beyond-the-file.safetensors", "but it holds 384"),
        (
            "header-length-lies.safetensors",
            "its header claims 1152921504606846976 bytes",
        ),
        ("infinity.npz", "0 NaN and 2 infinite, the first at x[3, 2]"),
        ("no-samples.npz", "array `x` is empty: its shape is [0, 4]"),
        (
            "no-x.npz",
            "expected `x`, found `features` (float32 [24, 4])",
        ),
        (
            "not-a-number.npz",
            "2 NaN and 0 infinite, the first at x[3, 2]",
        ),
        (
            "not-a-zip.npz",
            "is not a .npz, .safetensors, .npy or Parquet file",
        ),
        (
            "shape-and-offsets-disagree.safetensors",
            "its header does not hold together",
        ),
        (
            "shape-larger-than-the-file.npz",
            "array `x`: its header describes 16000000128 bytes",
        ),
        (
            "strings.npz",
            "has elements of type <U8, which is not supported",
        ),
        ("truncated.npz", "its zip archive is cut off"),
        (
            "truncated.safetensors",
            "describes 384 bytes of arrays, but it holds 284",
        ),
        (
            "unequal-lengths.npz",
            "`x` holds 24 samples but `y` holds 21",
        ),
        (
            "wrong-feature-count.npz",
            "axis 1 of array `x` has size 3, but",
        ),
        (
            "wrong-rank.npz",
            "array `x` has 3 axes, shape [24, 4, 1], but",
        ),
    ];
    let as_target = [
        (
            "label-outside-the-classes.npz",
            "1 in all, the first is y[5] = 3",
        ),
        ("negative-label.npz", "1 in all, the first is y[5] = -1"),
        ("no-y.npz", "no-y.npz has no array `y` to train towards"),
    ];
    let folder = tempfile::tempdir().unwrap();
    let mut files = Vec::new();
    for entry in fs::read_dir(fixture("broken")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        fs::copy(&path, folder.path().join(&name)).unwrap();
        files.push(name);
    }
    files.retain(|name| name.ends_with(".npz") || name.ends_with(".safetensors"));
    files.retain(|name| name != "data.npz");
    files.sort();
    let mut listed: Vec<&str> = any_use
        .iter()
        .chain(&as_target)
        .map(|(name, _)| *name)
        .collect();
    listed.sort_unstable();
    assert_eq!(files, listed, "every broken data file has its line here");

    for (name, message) in any_use {
        for command in ["diagnose network.onnx", "cure network.onnx -o cured.onnx"] {
            let found = refusal(&folder, &format!("{command} --data {name}"));
            assert!(found.contains(message), "{name}: {found}");
        }
    }
    for (name, message) in as_target {
        let found = refusal(
            &folder,
            &format!("cure network.onnx -o cured.onnx --data {name}"),
        );
        assert!(found.contains(message), "{name}: {found}");
        let diagnosis = run(&folder, &format!("diagnose network.onnx --data {name}"));
        assert_eq!(diagnosis.status.code(), Some(0), "{name}");
    }
}
