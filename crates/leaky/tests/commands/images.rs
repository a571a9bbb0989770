//! Folders of images as data, and data that are scaled.

use serde_json::Value;
use tempfile::tempdir;

use super::running::{fixture, json, leaky, succeeds, text};

fn network() -> String {
    fixture("networks/conv/model.onnx").display().to_string()
}

fn digits() -> String {
    fixture("data/digits").display().to_string()
}

#[test]
fn a_cure_reads_images_by_class_and_says_how_they_are_scaled() {
    let folder = tempdir().expect("a folder");
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (output, report) = (path("cured.onnx"), path("report.json"));
    let (network, data) = (network(), digits());
    let asked = [
        "cure",
        &network,
        "--data",
        &data,
        "--epochs",
        "2",
        "--normalize",
        "-o",
        &output,
        "--json",
        &report,
    ];
    let printed = succeeds(asked);
    let figures: Value = json(std::path::Path::new(&report));
    assert_eq!(figures["before"]["samples"], 40);
    let scaling = &figures["before"]["normalization"][0];
    let mean = scaling["mean"][0].as_f64().expect("a mean");
    // The digits' own ink.
    assert!((0.2..0.4).contains(&mean), "{scaling}");
    assert!(
        printed.contains("is given (x - mean) / deviation (0.3"),
        "{printed}"
    );
    assert_eq!(figures["epochs"].as_array().map(Vec::len), Some(2));
}

#[test]
fn given_numbers_scale_what_a_diagnosis_looks_at() {
    let (network, data) = (network(), digits());
    let dead = |scaling: &[&str]| {
        let asked = ["diagnose", &network, "--data", &data, "--json", "-"];
        let output = leaky(asked.iter().chain(scaling));
        let figures: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        figures["layers"][0]["active"].clone()
    };
    assert_eq!(dead(&[]), dead(&["--normalize=0/1"]));
    assert_ne!(dead(&[]), dead(&["--normalize=0.5/0.25"]));
}

#[test]
fn classes_of_other_names_are_refused_and_so_is_an_output_in_the_place_of_an_image() {
    let folder = tempdir().expect("a folder");
    let (network, data) = (network(), digits());
    let other = folder.path().join("other");
    for class in ["one", "two"] {
        std::fs::create_dir_all(other.join(class)).expect("a folder");
        let image = fixture("data/digits/0/0.png");
        std::fs::copy(image, other.join(class).join("0.png")).expect("it is copied");
    }
    let output = folder.path().join("cured.onnx");
    let [path, output] = [&other, &output].map(|path| path.display().to_string());
    let refused = leaky([
        "cure", &network, "--data", &data, "--val", &path, "-o", &output,
    ]);
    assert_eq!(refused.status.code(), Some(2));
    let said = text(&refused.stderr);
    assert!(
        said.contains("are one, two, but those of the data are 0, 1, 2"),
        "{said}"
    );

    let image = other.join("one").join("0.png");
    let asked = ["diagnose", &network, "--data", &path, "--json"];
    let refused = leaky(
        asked
            .iter()
            .map(ToString::to_string)
            .chain([image.display().to_string()]),
    );
    assert_eq!(refused.status.code(), Some(2), "{}", text(&refused.stderr));
    let kept = std::fs::read(&image).expect("it stands");
    assert!(kept.starts_with(b"\x89PNG"));
}
