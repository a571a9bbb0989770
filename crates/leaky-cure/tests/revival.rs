//! Revival leaves every output as it was, whatever lies between a unit and the weights around it.

use std::path::{Path, PathBuf};

use leaky_cure::data::{Arrays, Dataset};
use leaky_cure::diagnose::{Diagnosis, diagnose_samples};
use leaky_cure::difference::Difference;
use leaky_cure::revive::{Request, Revival, revive};
use leaky_cure::run::device;
use leaky_cure::stop::Stop;
use leaky_onnx::{Model, Network};
use serde_json::Value;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures/revival")
        .join(name)
}

fn cases() -> serde_json::Map<String, Value> {
    let text = std::fs::read_to_string(fixture("cases.json")).expect("the list of cases");
    let cases: Value = serde_json::from_str(&text).expect("it is JSON");
    cases.as_object().cloned().expect("one entry a network")
}

struct Revived {
    before: Diagnosis,
    after: Diagnosis,
    revival: Revival,
    difference: Difference,
}

fn revived(name: &str) -> Revived {
    let model = Model::read(fixture(&format!("{name}.onnx"))).expect("the network");
    let given = Network::new(&model, &device()).expect("it runs");
    let mut network = Network::new(&model, &device()).expect("it runs");
    let arrays = Arrays::open(&fixture(&format!("{name}.safetensors")), None).expect("its data");
    let data = arrays.for_network(&network).expect("they fit");
    let all: Vec<usize> = (0..data.samples()).collect();
    let look = |network: &Network, data: &Dataset| {
        diagnose_samples(network, name, data, &all, 20, &Stop::new(), || ()).expect("a verdict")
    };
    let before = look(&given, &data);
    let request = Request {
        data: &data,
        samples: &all,
        batch_size: 20,
        bound: 0.0,
        alpha: 0.01,
        seed: 3,
    };
    let revival = revive(&mut network, &before, &request).expect("it is revived");
    let difference =
        Difference::between([&given, &network], &data, &all, 20, &Stop::new()).expect("both run");
    Revived {
        before,
        after: look(&network, &data),
        revival,
        difference,
    }
}

#[test]
fn the_dead_units_are_those_that_onnx_runtime_finds() {
    for (name, case) in cases() {
        let found = revived(&name).before;
        for layer in &found.layers {
            let expected: Vec<usize> =
                serde_json::from_value(case["dead"][&layer.name].clone()).expect("a list");
            assert_eq!(layer.dead, expected, "{name}: {}", layer.name);
        }
    }
}

#[test]
fn outputs_stay_as_they_were() {
    for (name, _) in cases() {
        let difference = revived(&name).difference;
        assert!(
            difference.maximum <= 2e-6 * difference.magnitude.max(1.0),
            "{name}: {difference:?}"
        );
        assert!(difference.magnitude > 0.0, "{name} gives nothing but zeros");
    }
}

#[test]
fn revived_units_fire_on_about_half_of_the_data() {
    let mut seen = 0;
    for (name, case) in cases() {
        if case["revived"] == false {
            continue;
        }
        let Revived {
            before,
            after,
            revival,
            ..
        } = revived(&name);
        assert_eq!(revival.not_revived, [], "{name}");
        assert_eq!(revival.revived, before.dead, "{name}");
        for (before, after) in before.layers.iter().zip(&after.layers) {
            for &unit in &before.dead {
                assert!(
                    (0.3..0.7).contains(&after.active[unit]),
                    "{name}: unit {unit} fires on {}",
                    after.active[unit]
                );
                seen += 1;
            }
        }
    }
    assert!(seen > 30, "only {seen} units were looked at");
}

#[test]
fn units_whose_structure_does_not_allow_it_are_left_with_the_reason() {
    let mut seen = 0;
    for (name, case) in cases() {
        if case["revived"] == true {
            continue;
        }
        let Revived {
            before,
            after,
            revival,
            ..
        } = revived(&name);
        assert_eq!(revival.revived, 0, "{name}");
        assert_eq!(before, after, "{name} was changed all the same");
        let last = before.layers.last().expect("a layer");
        let left: Vec<_> = revival
            .not_revived
            .iter()
            .filter(|unit| unit.layer == last.name)
            .collect();
        assert_eq!(left.len(), last.dead.len(), "{name}");
        for unit in left {
            let reason = case["reason"].as_str().expect("a reason");
            assert!(unit.reason.contains(reason), "{name}: {}", unit.reason);
            seen += 1;
        }
    }
    assert!(seen >= 10, "only {seen} units were looked at");
}
