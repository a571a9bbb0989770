//! Where results go, and requests that make no sense.

use std::fs;

use super::running::text;
use super::workplace::{refusal, run, workplace};

#[test]
fn json_on_standard_output_stands_there_alone_and_equals_the_file() {
    let folder = workplace();
    let line = "diagnose digits.onnx --data digits-train.npz --json";
    let alone = run(&folder, &format!("{line} -"));
    let report: serde_json::Value = serde_json::from_slice(&alone.stdout).unwrap();
    let file = run(&folder, &format!("{line} report.json"));
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
        let output = run(&folder, line);
        assert_eq!(output.status.code(), Some(2), "{line}");
        assert!(text(&output.stderr).contains(message), "{line}");
        assert_eq!(text(&output.stdout), "", "{line}");
    }
}

#[test]
fn help_and_version_are_results() {
    let folder = workplace();
    let help = run(&folder, "--help");
    assert_eq!(help.status.code(), Some(0));
    for command in ["diagnose", "convert", "cure"] {
        assert!(text(&help.stdout).contains(command));
        assert_eq!(
            run(&folder, &format!("{command} --help")).status.code(),
            Some(0)
        );
    }
    assert!(text(&run(&folder, "--version").stdout).starts_with("leaky "));
}
