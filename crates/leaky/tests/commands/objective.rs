//! The loss that follows from `y` and the end of the network, against scikit-learn's.

use tempfile::tempdir;

use super::running::{fixture, json, leaky, succeeds, text};

#[test]
fn the_loss_is_that_of_scikit_learn_however_the_network_ends() {
    let losses = json(&fixture("objective/losses.json"));
    for (name, expected) in losses.as_object().expect("an object") {
        let folder = tempdir().expect("a folder");
        let report = folder.path().join("report.json");
        let data = fixture(&format!("objective/{name}.safetensors"));
        // A step too small to change anything, validated on the same samples.
        succeeds([
            "cure".as_ref(),
            fixture(&format!("objective/{name}.onnx")).as_os_str(),
            "--data".as_ref(),
            data.as_os_str(),
            "--val".as_ref(),
            data.as_os_str(),
            "--no-revive".as_ref(),
            "--alpha".as_ref(),
            "0".as_ref(),
            "--epochs".as_ref(),
            "1".as_ref(),
            "--lr".as_ref(),
            "1e-12".as_ref(),
            "--json".as_ref(),
            report.as_os_str(),
            "-o".as_ref(),
            folder.path().join("cured.onnx").as_os_str(),
        ]);
        let report = json(&report);
        let expected = expected.as_f64().expect("a loss");
        for key in ["train_loss", "validation_loss"] {
            let found = report["epochs"][0][key].as_f64().expect("a loss");
            assert!(
                (found - expected).abs() < 1e-5 * expected.max(1.0),
                "{name}: {key} {found}, not {expected}"
            );
        }
        assert_eq!(report["score"]["metric"], "accuracy", "{name}");
    }
}

#[test]
fn an_output_without_a_row_a_sample_is_refused_with_what_to_do() {
    let folder = tempdir().expect("a folder");
    let run = leaky([
        "cure".as_ref(),
        fixture("objective/one-row.onnx").as_os_str(),
        "--data".as_ref(),
        fixture("objective/one-row.safetensors").as_os_str(),
        "-o".as_ref(),
        folder.path().join("cured.onnx").as_os_str(),
    ]);
    assert_eq!(run.status.code(), Some(2));
    let said = text(&run.stderr);
    assert!(
        said.contains("output 'answer' has shape [1, 15] for 5 samples")
            && said.contains("dynamic batch axis"),
        "{said}"
    );
}
