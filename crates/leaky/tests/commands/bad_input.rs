//! A network that cannot be read or run gives one clear line on standard error and exit code 2, and touches
//! no file.

use std::path::{Path, PathBuf};

use tempfile::tempdir;

use super::running::{fixture, leaky, text};

/// Cures `network` with `data` and expects one line that says all of `words`.
fn refused(network: &Path, data: &Path, words: &[&str]) {
    let folder = tempdir().expect("a folder");
    let output = folder.path().join("cured.onnx");
    let run = leaky([
        "cure".as_ref(),
        network.as_os_str(),
        "--data".as_ref(),
        data.as_os_str(),
        "-o".as_ref(),
        output.as_os_str(),
        "--epochs".as_ref(),
        "1".as_ref(),
    ]);
    let said = text(&run.stderr);
    let what = format!("{} with {}: {said}", network.display(), data.display());
    assert_eq!(run.status.code(), Some(2), "{what}");
    assert_eq!(said.lines().count(), 1, "{what}");
    assert!(
        said.starts_with("error: ") && !said.contains("panicked"),
        "{what}"
    );
    for word in words {
        assert!(said.contains(word), "'{word}' is missing: {what}");
    }
    assert_eq!(
        std::fs::read_dir(folder.path())
            .expect("the folder")
            .count(),
        0,
        "{what}"
    );
}

fn broken(name: &str) -> PathBuf {
    fixture("broken").join(name)
}

#[test]
fn a_network_that_cannot_be_read_or_run_is_refused() {
    for (name, words) in [
        ("not-onnx.onnx", &["not a readable ONNX file"] as &[&str]),
        ("truncated.onnx", &["not a readable ONNX file", "cut off"]),
        ("empty.onnx", &["not a readable ONNX file", "no graph"]),
        ("unsupported-operators.onnx", &["operator"]),
        ("custom-domain.onnx", &["operator"]),
        ("opset-6.onnx", &["operator set 6", "7 to"]),
        ("opset-99.onnx", &["operator set 99"]),
        ("external-data-missing.onnx", &["external data"]),
        ("external-data-short.onnx", &["bytes"]),
        ("external-data-outside.onnx", &["outside"]),
        ("initializer-larger-than-its-data.onnx", &["shape"]),
        ("initializer-of-unknown-type.onnx", &["type"]),
        ("initializer-with-negative-size.onnx", &["negative"]),
        ("undefined-value.onnx", &["no earlier node gives"]),
        ("cycle.onnx", &["no earlier node gives"]),
        ("no-rectifier.onnx", &["no rectifier"]),
        ("weights-do-not-fit.onnx", &["node"]),
        ("does-not-exist.onnx", &["does-not-exist.onnx"]),
    ] {
        refused(&broken(name), &broken("data.npz"), words);
    }
}

#[test]
fn every_unsupported_operator_is_listed_with_its_node() {
    let run = leaky([
        "diagnose".as_ref(),
        broken("unsupported-operators.onnx").as_os_str(),
        "--data".as_ref(),
        broken("data.npz").as_os_str(),
    ]);
    let said = text(&run.stderr);
    assert!(said.matches("at node '").count() >= 2, "{said}");
}
