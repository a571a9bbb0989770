//! Standard output that cannot be written is told; a reader that has read enough is not.

#![cfg(unix)]

use std::fs;
use std::process::{Command, Stdio};

use super::running::text;
use super::workplace::workplace;

/// What gives something on standard output, each in its own way.
const LINES: [&str; 10] = [
    "diagnose digits.onnx --data digits-train.npz",
    "diagnose digits.onnx --data digits-train.npz --json -",
    "cure --epochs 1",
    "cure --epochs 1 --json -",
    "convert digits.onnx -o leaky.onnx",
    "plot",
    "--help",
    "--version",
    "completions bash",
    "man",
];

#[cfg(target_os = "linux")]
#[test]
fn a_full_standard_output_ends_with_2_and_files_are_written_all_the_same() {
    let folder = workplace();
    for line in LINES {
        let full = fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_leaky"))
            .args(line.split_whitespace())
            .current_dir(&folder)
            .stdout(full)
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{line}: {said}");
        let expected = "error: cannot write standard output: No space left on device";
        assert!(said.starts_with(expected), "{line}: {said}");
        assert_eq!(said.lines().count(), 1, "{line}: {said}");
    }
    for file in ["cured.onnx", "leaky.onnx"] {
        assert!(folder.path().join(file).exists(), "{file}");
    }
}

#[test]
fn a_closed_pipe_is_silent() {
    let folder = workplace();
    for line in LINES {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = Command::new(env!("CARGO_BIN_EXE_leaky"))
            .args(line.split_whitespace())
            .current_dir(&folder)
            .stdout(writer)
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        assert_eq!(text(&output.stderr), "", "{line}");
        assert_eq!(output.status.code(), Some(0), "{line}");
    }
}
