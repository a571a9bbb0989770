//! Networks of well-known kinds that training made sick come back: nearly all of their dead units live
//! again, and the outputs stay within the bound.

use std::path::{Path, PathBuf};

use leaky_cure::cure::{Alpha, CureOptions, cure};
use leaky_cure::data::{Arrays, Dataset};
use leaky_cure::diagnose::{Diagnosis, diagnose_samples};
use leaky_cure::difference::Difference;
use leaky_cure::revive::{DEFAULT_BOUND, Request, Revival, revive};
use leaky_cure::run::device;
use leaky_cure::stop::Stop;
use leaky_cure::task::Task;
use leaky_onnx::{Model, Network};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures/sick")
        .join(name)
}

fn kinds() -> Vec<(String, serde_json::Value)> {
    let text = std::fs::read_to_string(fixture("cases.json")).expect("the list of cases");
    let cases: serde_json::Map<_, _> = serde_json::from_str(&text).expect("it is JSON");
    cases.into_iter().collect()
}

fn model(name: &str) -> Model {
    Model::read(fixture(&format!("{name}.onnx"))).expect("the network")
}

fn arrays(name: &str) -> Arrays {
    Arrays::open(&fixture(&format!("{name}.safetensors")), None).expect("its data")
}

fn look(network: &Network, data: &Dataset) -> Diagnosis {
    let all: Vec<usize> = (0..data.samples()).collect();
    diagnose_samples(network, "sick", data, &all, 32, &Stop::new(), || ()).expect("a verdict")
}

struct Revived {
    before: Diagnosis,
    after: Diagnosis,
    revival: Revival,
    difference: Difference,
}

fn revived(name: &str, bound: f64) -> Revived {
    let given = Network::new(&model(name), &device()).expect("it runs");
    let mut network = Network::new(&model(name), &device()).expect("it runs");
    let data = arrays(name).for_network(&network).expect("they fit");
    let all: Vec<usize> = (0..data.samples()).collect();
    let before = look(&given, &data);
    let request = Request {
        data: &data,
        samples: &all,
        batch_size: 32,
        bound,
        alpha: 0.01,
        seed: 1,
    };
    let revival = revive(&mut network, &before, &request).expect("it is revived");
    let networks = [&given, &network];
    let difference =
        Difference::between(networks, &data, &all, 32, &Stop::new()).expect("both run");
    Revived {
        after: look(&network, &data),
        before,
        revival,
        difference,
    }
}

#[test]
fn the_dead_units_are_those_that_onnx_runtime_counts() {
    for (name, dead) in kinds() {
        let network = Network::new(&model(&name), &device()).expect("it runs");
        let data = arrays(&name).for_network(&network).expect("they fit");
        for layer in look(&network, &data).layers {
            assert_eq!(
                layer.dead.len(),
                dead[&layer.name],
                "{name}: {}",
                layer.name
            );
        }
    }
}

#[test]
fn nearly_all_dead_units_live_again_and_the_outputs_stay_within_the_bound() {
    for (name, _) in kinds() {
        let Revived {
            before,
            after,
            revival,
            difference,
        } = revived(&name, DEFAULT_BOUND);
        assert!(
            difference.is_within(DEFAULT_BOUND),
            "{name}: {difference:?}"
        );
        assert!(
            revival.revived as f64 >= 0.95 * before.dead as f64,
            "{name}: {} of {}, left: {:?}",
            revival.revived,
            before.dead,
            revival.not_revived
        );
        assert_eq!(
            revival.revived + revival.not_revived.len(),
            before.dead,
            "{name}"
        );
        // What fires only behind others that were revived is counted too.
        assert!(
            after.dead <= revival.not_revived.len(),
            "{name}: {} dead",
            after.dead
        );
    }
}

#[test]
fn without_a_bound_only_what_changes_nothing_is_revived() {
    for (name, _) in kinds() {
        let Revived {
            revival,
            difference,
            ..
        } = revived(&name, 0.0);
        assert_eq!(revival.within_bound, 0, "{name}");
        assert!(difference.is_rounding(), "{name}: {difference:?}");
    }
}

#[test]
fn training_goes_on_from_a_revival_without_a_shout() {
    for (name, _) in kinds() {
        let epoch = |revive: bool| {
            let arrays = arrays(&name);
            let task = Task::new(&name, model(&name), &arrays).expect("they fit");
            let mut options = CureOptions {
                alpha: Alpha::Fixed(0.0),
                revive,
                ..CureOptions::default()
            };
            options.training.epochs = 1;
            options.training.lr = 1e-3;
            let cured = cure(&task, &options, &Stop::new(), &mut ()).expect("it is cured");
            cured.report.epochs[0].validation_loss
        };
        let (revived, left) = (epoch(true), epoch(false));
        assert!(
            revived <= 2.0 * left + 1.0,
            "{name}: {revived} with, {left} without"
        );
    }
}
