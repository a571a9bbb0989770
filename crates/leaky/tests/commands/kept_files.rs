//! No file that a command reads is ever written, the weights outside of the network's file included.

use std::fs;

use tempfile::TempDir;

use super::running::fixture;
use super::workplace::{refusal, run};

/// A folder with a network whose weights lie in a file of their own, and its data.
fn external() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in ["model.onnx", "model.onnx.data", "data.safetensors"] {
        let from = fixture("networks/external-data").join(file);
        fs::copy(from, folder.path().join(file)).unwrap();
    }
    folder
}

#[test]
fn weights_outside_of_the_file_are_kept_from_every_output_of_every_command() {
    let folder = external();
    fs::create_dir(folder.path().join("sub")).unwrap();
    let data = "model.onnx --data data.safetensors";
    for weights in ["model.onnx.data", "sub/../model.onnx.data"] {
        for line in [
            format!("diagnose {data} --json {weights}"),
            format!("diagnose {data} --report {weights}"),
            format!("diagnose {data} --at-init --draws 1 --json {weights}"),
            format!("convert model.onnx -o {weights}"),
            format!("cure {data} -o {weights}"),
            format!("cure {data} --json {weights}"),
            format!("cure {data} --report {weights}"),
            format!("compare {data} -o {weights}"),
            format!("compare {data} --json {weights}"),
            format!("compare {data} --report {weights}"),
            format!("compare {data} --resume {weights}"),
        ] {
            let found = refusal(&folder, &line);
            assert!(
                found.starts_with(&format!("{weights} is the same file as")),
                "{line}: {found}"
            );
        }
    }
}

#[test]
fn data_and_labels_are_kept_from_every_output() {
    let folder = external();
    for name in ["x.npy", "y.npy", "vx.npy", "vy.npy"] {
        fs::write(folder.path().join(name), name).unwrap();
    }
    let case = "model.onnx --data x.npy --labels y.npy";
    let validated = format!("{case} --val vx.npy --val-labels vy.npy");
    for read in ["model.onnx", "x.npy", "y.npy", "vx.npy", "vy.npy"] {
        let mut lines = Vec::new();
        for output in ["-o", "--json", "--report"] {
            lines.push(format!("cure {validated} {output} {read}"));
            lines.push(format!("compare {validated} {output} {read}"));
        }
        lines.push(format!("compare {validated} --resume {read}"));
        if !read.starts_with('v') {
            lines.push(format!("diagnose {case} --json {read}"));
            lines.push(format!("diagnose {case} --report {read}"));
        }
        for line in lines {
            let found = refusal(&folder, &line);
            assert!(
                found.starts_with(&format!("{read} is the same file as")),
                "{line}: {found}"
            );
        }
    }
}

#[test]
fn outputs_do_not_take_the_place_of_each_other() {
    let folder = external();
    let data = "model.onnx --data data.safetensors";
    for line in [
        format!("diagnose {data} --json out --report out"),
        format!("cure {data} -o out --report out"),
        format!("compare {data} -o out --resume out"),
        format!("compare {data} --json out --resume out"),
    ] {
        let found = refusal(&folder, &line);
        assert!(
            found.starts_with("out is the same file as out"),
            "{line}: {found}"
        );
    }
}

#[test]
fn an_output_beside_external_weights_is_written() {
    let folder = external();
    let output = run(
        &folder,
        "diagnose model.onnx --data data.safetensors --json figures.json --report page.html",
    );
    assert_eq!(output.status.code(), Some(0));
    assert!(folder.path().join("figures.json").exists());
    assert!(folder.path().join("page.html").exists());
}
