//! Revival leaves every output as it was, whatever lies between a unit and the weights around it.

use std::path::{Path, PathBuf};

use leaky_cure::data::{Arrays, Dataset};
use leaky_cure::diagnose::{Diagnosis, diagnose_samples};
use leaky_cure::difference::Difference;
use leaky_cure::revive::{Request, Revival, plan, revive};
use leaky_cure::run::device;
use leaky_cure::stop::Stop;
use leaky_onnx::{Model, Network, Normalization, Role};
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
    network: Network,
    data: Dataset,
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
        network,
        data,
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

#[test]
fn a_batch_norm_behind_revived_units_expects_what_they_say_now() {
    let Revived {
        before,
        network,
        data,
        ..
    } = revived("normalized-behind");
    let mut nodes = network.nodes().iter();
    let norm = nodes
        .find(|node| node.role == Role::Normalization(Normalization::Batch))
        .expect("a batch normalisation");
    let taken = norm.input(0).expect("what it normalises");
    let all: Vec<usize> = (0..data.samples()).collect();
    let inputs = data.batch(&all).expect("the samples").into_iter();
    let inputs = inputs.map(|array| leaky_onnx::Value::from_data(array, network.device()));
    let found = network
        .forward(inputs.collect(), &[taken], |_, _| {})
        .expect("it runs");
    let found = found[0].clone().into_data().expect("numbers");
    let (channels, inner) = (found.shape()[1], found.shape()[2] * found.shape()[3]);
    let numbers: Vec<f64> = found.iter::<f64>().collect();
    let stored = |input: usize| -> Vec<f64> {
        let parameter = network.parameter_behind(norm.input(input).expect("statistics"));
        let data = network.parameter_data(parameter.expect("of its own"));
        data.expect("numbers").iter::<f64>().collect()
    };
    let dead = &before.layers[0].dead;
    assert!(!dead.is_empty());
    for &unit in dead {
        let own = numbers.iter().enumerate();
        let own = own.filter(|(place, _)| place / inner % channels == unit);
        let own: Vec<f64> = own.map(|(_, number)| *number).collect();
        let mean = own.iter().sum::<f64>() / own.len() as f64;
        let squares = own.iter().map(|number| (number - mean).powi(2));
        let variance = squares.sum::<f64>() / own.len() as f64;
        assert!((stored(3)[unit] - mean).abs() < 1e-3, "unit {unit}");
        assert!(
            (stored(4)[unit] / variance - 1.0).abs() < 1e-2,
            "unit {unit}"
        );
    }
}

#[test]
fn the_plan_without_numbers_is_what_a_revival_does() {
    for name in cases().keys() {
        let Revived {
            before,
            revival,
            network,
            data,
            ..
        } = revived(name);
        let few = data.batch(&[0, 1]).expect("two samples").into_iter();
        let few = few.map(|array| leaky_onnx::Value::from_data(array, network.device()));
        let shapes = network.shapes(few.collect()).expect("it runs");
        let map = network.unit_map(&shapes).expect("a map");
        let dead: Vec<Vec<usize>> = before.layers.iter().map(|l| l.dead.clone()).collect();
        let left: Vec<(String, usize, String)> = plan(&map, &dead, false)
            .into_iter()
            .flat_map(|treatment| {
                assert!(treatment.bounded.is_empty(), "{name}");
                let units = treatment.units;
                treatment.left.into_iter().flat_map(move |left| {
                    let reason = left.reason;
                    let units = units.clone().into_iter();
                    units.map(move |unit| (left.layer, unit, reason.clone()))
                })
            })
            .map(|(layer, unit, reason)| (before.layers[layer].name.clone(), unit, reason))
            .collect();
        // What was planned and did not come to life is left too, for another reason.
        for found in &left {
            let told = revival.not_revived.iter();
            let told =
                told.filter(|l| (&l.layer, l.unit, &l.reason) == (&found.0, found.1, &found.2));
            assert_eq!(told.count(), 1, "{name}: {found:?}");
        }
        let planned: usize = dead.iter().map(Vec::len).sum::<usize>() - left.len();
        assert!(revival.revived <= planned, "{name}");
    }
}
