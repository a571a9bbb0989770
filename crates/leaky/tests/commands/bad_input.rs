//! Bad input gives one clear line on standard error and exit code 2, and touches no file.

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
        ("control-flow.onnx", &["operator If"]),
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
fn data_that_do_not_fit_are_refused() {
    for (name, words) in [
        ("complex-numbers.npz", &["complex"] as &[&str]),
        ("strings.npz", &["x"]),
        ("infinity.npz", &["infinit"]),
        ("not-a-number.npz", &["NaN"]),
        ("label-outside-the-classes.npz", &["label"]),
        ("negative-label.npz", &["label"]),
        ("no-samples.npz", &["empty"]),
        ("no-x.npz", &["x"]),
        ("no-y.npz", &["y"]),
        ("not-a-zip.npz", &["not-a-zip.npz"]),
        (
            "shape-larger-than-the-file.npz",
            &["shape-larger-than-the-file.npz"],
        ),
        ("truncated.npz", &["truncated.npz"]),
        ("truncated.safetensors", &["truncated.safetensors"]),
        (
            "header-beyond-the-file.safetensors",
            &["header-beyond-the-file.safetensors"],
        ),
        (
            "header-length-lies.safetensors",
            &["header-length-lies.safetensors"],
        ),
        (
            "shape-and-offsets-disagree.safetensors",
            &["shape-and-offsets-disagree.safetensors"],
        ),
        ("unequal-lengths.npz", &["samples"]),
        (
            "wrong-feature-count.npz",
            &["axis 1", "size 3", "expects 4"],
        ),
        ("wrong-rank.npz", &["axes"]),
        ("does-not-exist.npz", &["does-not-exist.npz"]),
    ] {
        refused(&broken("network.onnx"), &broken(name), words);
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

#[test]
fn an_input_is_never_overwritten() {
    let folder = tempdir().expect("a folder");
    let network = folder.path().join("net.onnx");
    std::fs::copy(broken("network.onnx"), &network).expect("a copy");
    let before = std::fs::read(&network).expect("the copy");
    for output in [
        network.clone(),
        folder.path().join("./net.onnx"),
        folder.path().join("nowhere/out.onnx"),
    ] {
        let run = leaky([
            "cure".as_ref(),
            network.as_os_str(),
            "--data".as_ref(),
            broken("data.npz").as_os_str(),
            "-o".as_ref(),
            output.as_os_str(),
        ]);
        assert_eq!(run.status.code(), Some(2), "{}", text(&run.stderr));
        assert_eq!(std::fs::read(&network).expect("still there"), before);
    }
    assert_eq!(
        std::fs::read_dir(folder.path())
            .expect("the folder")
            .count(),
        1
    );
}
