//! A folder to run the tool in, and what it may leave there.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use super::running::text;

/// A folder with the bundled example in it, for commands to run in.
pub fn workplace() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("example");
    for name in ["digits.onnx", "digits-train.npz", "digits-test.npz"] {
        fs::copy(example.join(name), folder.path().join(name)).unwrap();
    }
    folder
}

/// Runs `leaky` in a folder with the arguments of this line.
pub fn run(folder: &TempDir, line: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_leaky"))
        .args(line.split_whitespace())
        .current_dir(folder)
        .env_remove("NO_COLOR")
        .output()
        .unwrap()
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

/// Runs a command that must be refused with one line, and below it at most one of advice, and without
/// a trace; gives what is said.
pub fn refusal(folder: &TempDir, line: &str) -> String {
    let before = contents(folder);
    let output = run(folder, line);
    let errors = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{line}: {errors}");
    assert_eq!(text(&output.stdout), "", "{line}");
    let mut lines = errors.lines().skip(1);
    assert!(
        lines.next().is_none_or(|line| line.starts_with("hint: ")) && lines.next().is_none(),
        "{line}: {errors}"
    );
    assert!(contents(folder) == before, "{line} changed the folder");
    errors
        .trim_end()
        .strip_prefix("error: ")
        .unwrap()
        .to_owned()
}
