//! The tool as its users call it: what it prints where, how it ends, and what it leaves behind.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

const EXAMPLE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/example");

fn example(name: &str) -> PathBuf {
    Path::new(EXAMPLE).join(name)
}

/// A folder with the bundled example in it, for commands to run in.
fn workplace() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["digits.onnx", "digits-train.npz", "digits-test.npz"] {
        fs::copy(example(name), folder.path().join(name)).unwrap();
    }
    folder
}

fn leaky(folder: &TempDir, line: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_leaky"))
        .args(line.split_whitespace())
        .current_dir(folder)
        .env_remove("NO_COLOR")
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// The names and contents of all files in a folder.
fn contents(folder: &TempDir) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_file())
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect();
    files.sort();
    files
}

/// Runs a command that must be refused with one line and without a trace; gives that line.
fn refusal(folder: &TempDir, line: &str) -> String {
    let before = contents(folder);
    let output = leaky(folder, line);
    let errors = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{line}: {errors}");
    assert_eq!(text(&output.stdout), "", "{line}");
    assert_eq!(errors.lines().count(), 1, "{line}: {errors}");
    assert!(contents(folder) == before, "{line} changed the folder");
    errors
        .trim_end()
        .strip_prefix("error: ")
        .unwrap()
        .to_owned()
}

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
fn diagnose_prints_a_plain_table_into_a_pipe_and_nothing_on_standard_error() {
    let folder = workplace();
    let output = leaky(&folder, "diagnose digits.onnx --data digits-train.npz");
    let table = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(text(&output.stderr), "");
    assert!(!table.contains('\u{1b}'));
    for word in [
        "layer",
        "operator",
        "units",
        "dead",
        "dormant",
        "always on",
        "1347 samples",
    ] {
        assert!(table.contains(word), "{table}");
    }
}

#[test]
fn json_on_standard_output_stands_there_alone_and_equals_the_file() {
    let folder = workplace();
    let line = "diagnose digits.onnx --data digits-train.npz --json";
    let alone = leaky(&folder, &format!("{line} -"));
    let report: serde_json::Value = serde_json::from_slice(&alone.stdout).unwrap();
    let file = leaky(&folder, &format!("{line} report.json"));
    assert!(text(&file.stdout).contains("units"));
    assert_eq!(
        fs::read(folder.path().join("report.json")).unwrap(),
        alone.stdout
    );

    assert_eq!(report["model"], "digits.onnx");
    assert_eq!(report["samples"], 1347);
    let layers = report["layers"].as_array().unwrap();
    let sum = |key: &str| -> usize {
        layers
            .iter()
            .map(|layer| layer[key].as_array().unwrap().len())
            .sum()
    };
    assert_eq!(report["dead"], sum("dead"));
    assert_eq!(report["units"], sum("active"));
    assert!(
        sum("dead") * 2 > sum("active"),
        "the example's network is mostly dead"
    );
}

#[test]
fn the_exit_code_says_whether_too_many_units_are_dead() {
    let folder = workplace();
    let line = "diagnose digits.onnx --data digits-train.npz --fail-above";
    assert_eq!(
        leaky(&folder, &format!("{line} 0.2")).status.code(),
        Some(1)
    );
    assert_eq!(leaky(&folder, &format!("{line} 1")).status.code(), Some(0));
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
            "text.npz is not a .npz, .safetensors or .npy file",
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
        ("not-a-zip.npz", "is not a .npz, .safetensors or .npy file"),
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
    let broken = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/broken");
    let mut files = Vec::new();
    for entry in fs::read_dir(broken).unwrap() {
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
        let diagnosis = leaky(&folder, &format!("diagnose network.onnx --data {name}"));
        assert_eq!(diagnosis.status.code(), Some(0), "{name}");
    }
}

#[test]
fn an_output_that_cannot_be_written_is_refused_before_the_work() {
    let folder = workplace();
    fs::create_dir(folder.path().join("folder")).unwrap();
    let data = "--data digits-train.npz";
    for (line, message) in [
        (
            "convert digits.onnx -o digits.onnx",
            "digits.onnx is the same file as digits.onnx",
        ),
        (
            "convert digits.onnx -o folder/../digits.onnx",
            "folder/../digits.onnx is the same file",
        ),
        (
            "convert digits.onnx -o no/out.onnx",
            "cannot write no/out.onnx: its folder no does not",
        ),
        (
            "convert digits.onnx -o folder",
            "cannot write folder: it is a folder",
        ),
        (
            &format!("cure digits.onnx {data} -o digits-train.npz"),
            "digits-train.npz is the same",
        ),
        (
            &format!("cure digits.onnx {data} -o a --json folder/../a"),
            "folder/../a is the same",
        ),
        (
            &format!("diagnose digits.onnx {data} --json digits.onnx"),
            "digits.onnx is the same",
        ),
    ] {
        let found = refusal(&folder, line);
        assert!(found.starts_with(message), "{line}: {found}");
    }
}

#[test]
fn a_request_that_makes_no_sense_is_refused_with_its_bound() {
    let folder = workplace();
    for (line, message) in [
        ("cure --lr 0", "above 0"),
        ("cure --epochs 0", "at least 1"),
        (
            "convert digits.onnx -o out.onnx --alpha inf",
            "must be finite",
        ),
        ("cure digits.onnx", "--data"),
        ("heal digits.onnx", "heal"),
    ] {
        let output = leaky(&folder, line);
        assert_eq!(output.status.code(), Some(2), "{line}");
        assert!(text(&output.stderr).contains(message), "{line}");
        assert_eq!(text(&output.stdout), "", "{line}");
    }
}

#[test]
fn help_and_version_are_results() {
    let folder = workplace();
    let help = leaky(&folder, "--help");
    assert_eq!(help.status.code(), Some(0));
    for command in ["diagnose", "convert", "cure"] {
        assert!(text(&help.stdout).contains(command));
        assert_eq!(
            leaky(&folder, &format!("{command} --help")).status.code(),
            Some(0)
        );
    }
    assert!(text(&leaky(&folder, "--version").stdout).starts_with("leaky "));
}
