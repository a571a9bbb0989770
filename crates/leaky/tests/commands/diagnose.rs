use serde_json::Value;

use super::running::{fixture, leaky, networks, succeeds, text};

fn diagnosis(name: &str) -> Value {
    let folder = fixture(&format!("networks/{name}"));
    let (network, data) = (folder.join("model.onnx"), folder.join("data.safetensors"));
    let printed = succeeds([
        "diagnose".as_ref(),
        network.as_os_str(),
        "--data".as_ref(),
        data.as_os_str(),
        "--json".as_ref(),
        "-".as_ref(),
    ]);
    serde_json::from_str(&printed).expect("nothing but JSON stands on standard output")
}

#[test]
fn every_network_gets_the_verdict_that_onnx_runtime_gives() {
    for name in networks() {
        let expected = std::fs::read_to_string(fixture(&format!("networks/{name}/expected.json")))
            .expect("every network has an expected verdict");
        let expected: Value = serde_json::from_str(&expected).expect("it is JSON");
        let found = diagnosis(&name);
        for key in ["samples", "units", "dead", "dormant", "always_on"] {
            assert_eq!(found[key], expected[key], "{name}: {key}");
        }
        let layers = |diagnosis: &Value| {
            diagnosis["layers"]
                .as_array()
                .cloned()
                .expect("a list of layers")
        };
        assert_eq!(layers(&found).len(), layers(&expected).len(), "{name}");
        for (found, expected) in layers(&found).iter().zip(&layers(&expected)) {
            for key in ["name", "op", "units", "dead", "dormant", "always_on"] {
                assert_eq!(
                    found[key], expected[key],
                    "{name}: {key} of {}",
                    expected["name"]
                );
            }
            match expected["alpha"].as_f64() {
                Some(alpha) => assert!(
                    (found["alpha"].as_f64().expect("a slope") - alpha).abs() < 1e-6,
                    "{name}"
                ),
                None => assert!(found["alpha"].is_null(), "{name}"),
            }
        }
    }
}

#[test]
fn every_unit_fires_as_often_as_onnx_runtime_counts() {
    for name in networks() {
        let bytes = std::fs::read(fixture(&format!("networks/{name}/expected.safetensors")))
            .expect("expected arrays");
        let arrays = safetensors::SafeTensors::deserialize(&bytes).expect("they can be read");
        for layer in diagnosis(&name)["layers"].as_array().expect("layers") {
            let layer_name = layer["name"].as_str().expect("a name");
            let expected = arrays
                .tensor(&format!("active:{layer_name}"))
                .expect("counts of the layer");
            let expected = expected
                .data()
                .as_chunks::<4>()
                .0
                .iter()
                .map(|bytes| f64::from(f32::from_le_bytes(*bytes)));
            let found = layer["active"].as_array().expect("a list");
            assert_eq!(found.len(), expected.len(), "{name}: {layer_name}");
            for (unit, (found, expected)) in found.iter().zip(expected).enumerate() {
                let found = found.as_f64().expect("a fraction");
                assert!(
                    (found - expected).abs() < 2e-3,
                    "{name}: {layer_name} unit {unit}: {found}, not {expected}"
                );
            }
        }
    }
}

#[test]
fn the_table_names_each_layer_and_the_sentence_sums_up() {
    let folder = fixture("networks/mlp");
    let printed = succeeds([
        "diagnose".as_ref(),
        folder.join("model.onnx").as_os_str(),
        "--data".as_ref(),
        folder.join("data.safetensors").as_os_str(),
    ]);
    assert!(
        printed.contains("/rectifier.0/Relu") && printed.contains("/rectifier.1/Relu"),
        "{printed}"
    );
    assert!(
        printed.contains("40 of 64 units (62.5 %) are dead"),
        "{printed}"
    );
    assert!(!printed.contains('\u{1b}'), "no colour into a pipe");
}

#[test]
fn a_threshold_that_is_crossed_ends_with_1() {
    let folder = fixture("networks/mlp");
    for (limit, code) in [("0.5", 1), ("0.7", 0)] {
        let output = leaky([
            "diagnose".as_ref(),
            folder.join("model.onnx").as_os_str(),
            "--data".as_ref(),
            folder.join("data.safetensors").as_os_str(),
            "--fail-above".as_ref(),
            limit.as_ref(),
        ]);
        assert_eq!(output.status.code(), Some(code), "{}", text(&output.stderr));
    }
}

#[test]
fn the_verdict_does_not_depend_on_the_batch_size() {
    let folder = fixture("networks/conv");
    let verdict = |size: &str| {
        succeeds([
            "diagnose".as_ref(),
            folder.join("model.onnx").as_os_str(),
            "--data".as_ref(),
            folder.join("data.safetensors").as_os_str(),
            "--batch-size".as_ref(),
            size.as_ref(),
        ])
    };
    assert_eq!(verdict("7"), verdict("1000"));
}

#[test]
fn why_units_died_and_what_to_do_is_told_in_the_table_the_json_and_the_page() {
    let folder = fixture("causes");
    let place = tempfile::tempdir().expect("a folder");
    let page = place.path().join("page.html");
    let json = place.path().join("figures.json");
    let printed = succeeds([
        "diagnose".as_ref(),
        folder.join("raw-pixels.onnx").as_os_str(),
        "--data".as_ref(),
        folder.join("raw-pixels.safetensors").as_os_str(),
        "--report".as_ref(),
        page.as_os_str(),
        "--json".as_ref(),
        json.as_os_str(),
    ]);
    let page = std::fs::read_to_string(&page).expect("a page");
    let json = std::fs::read_to_string(&json).expect("figures");
    let figures: Value = serde_json::from_str(&json).expect("JSON");
    let cause = &figures["layers"][0]["causes"][0];
    assert_eq!(cause["cause"], "unscaled_inputs");
    assert_eq!(cause["units"].as_array().map(Vec::len), Some(13));
    assert_eq!(cause["inputs"]["maximum"], 255.0);
    let remedy = &figures["prescription"][0];
    assert_eq!(remedy["remedy"], "inputs");
    for sentence in [&cause["sentence"], &remedy["sentence"]] {
        let sentence = sentence.as_str().expect("words");
        assert!(sentence.contains("from 0 to 255"), "{sentence}");
        assert!(printed.contains(sentence), "{printed}");
        assert!(page.contains(sentence), "{sentence} stands on the page");
    }
    assert!(
        printed.contains("13 of 24 units: the inputs of the network"),
        "{printed}"
    );
}
