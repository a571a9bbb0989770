use tempfile::tempdir;

use super::running::{diagnosis, fixture, leaky, succeeds, text};

#[test]
fn hidden_relus_leak_and_are_found_again_by_a_diagnosis() {
    let folder = tempdir().expect("a folder");
    let output = folder.path().join("leaky.onnx");
    let network = fixture("networks/conv");
    let printed = succeeds([
        "convert".as_ref(),
        network.join("model.onnx").as_os_str(),
        "-o".as_ref(),
        output.as_os_str(),
        "--alpha".as_ref(),
        "0.2".as_ref(),
        "--skip".as_ref(),
        "*_2".as_ref(),
    ]);
    assert!(printed.contains("node_relu_2: left, as asked"), "{printed}");
    assert!(
        printed.ends_with("(docs/evidence.md): `leaky cure` does.\n"),
        "{printed}"
    );
    let diagnosis = diagnosis(&output, &network);
    let operators: Vec<&str> = diagnosis["layers"]
        .as_array()
        .expect("layers")
        .iter()
        .filter_map(|layer| layer["op"].as_str())
        .collect();
    assert_eq!(operators, ["LeakyRelu", "LeakyRelu", "Relu"]);
    assert!((diagnosis["layers"][0]["alpha"].as_f64().expect("a slope") - 0.2).abs() < 1e-6);
}

#[test]
fn nothing_to_convert_is_said_with_what_there_is() {
    let folder = tempdir().expect("a folder");
    let output = folder.path().join("leaky.onnx");
    let run = leaky([
        "convert".as_ref(),
        fixture("networks/mlp/model.onnx").as_os_str(),
        "-o".as_ref(),
        output.as_os_str(),
        "--only".as_ref(),
        "no such name".as_ref(),
    ]);
    assert_eq!(run.status.code(), Some(2));
    assert!(
        text(&run.stderr).contains("/rectifier.0/Relu (Relu)"),
        "{}",
        text(&run.stderr)
    );
    assert!(!output.exists());
}

#[test]
fn weights_outside_of_the_file_are_never_overwritten() {
    let folder = tempdir().expect("a folder");
    for file in ["model.onnx", "model.onnx.data"] {
        let from = fixture("networks/external-data").join(file);
        std::fs::copy(from, folder.path().join(file)).expect("a copy");
    }
    let weights = folder.path().join("model.onnx.data");
    let before = std::fs::read(&weights).expect("the weights");
    let run = leaky([
        "convert".as_ref(),
        folder.path().join("model.onnx").as_os_str(),
        "-o".as_ref(),
        weights.as_os_str(),
    ]);
    assert_eq!(run.status.code(), Some(2), "{}", text(&run.stderr));
    assert_eq!(std::fs::read(&weights).expect("still there"), before);
}

#[test]
fn a_network_that_leaks_gets_another_slope_when_that_is_asked_for() {
    let folder = tempdir().expect("a folder");
    let network = fixture("networks/conv");
    let path = |name: &str| folder.path().join(name);
    let convert = |from: &std::path::Path, to: &std::path::Path, rest: [&str; 4]| {
        let mut arguments = vec!["convert".as_ref(), from.as_os_str(), "-o".as_ref()];
        arguments.push(to.as_os_str());
        arguments.extend(rest.iter().map(std::ffi::OsStr::new));
        leaky(arguments)
    };
    let relu = network.join("model.onnx");
    let (leaks, leaks_more) = (path("leaky.onnx"), path("leakier.onnx"));
    let first = convert(&relu, &leaks, ["--alpha", "0.1", "--from", "relu"]);
    assert!(first.status.success(), "{}", text(&first.stderr));
    let again = convert(
        &leaks,
        &path("none.onnx"),
        ["--alpha", "0.2", "--from", "relu"],
    );
    assert_eq!(again.status.code(), Some(2), "no ReLU is left");
    let second = convert(
        &leaks,
        &leaks_more,
        ["--alpha", "0.2", "--from", "leaky-relu"],
    );
    assert!(second.status.success(), "{}", text(&second.stderr));
    let diagnosis = diagnosis(&leaks_more, &network);
    for layer in diagnosis["layers"].as_array().expect("layers") {
        let alpha = layer["alpha"].as_f64().expect("a slope");
        assert!((alpha - 0.2).abs() < 1e-6, "{layer}");
    }
}
