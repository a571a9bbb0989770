//! Why units died: networks that were killed in known ways are told apart, as experiments in PyTorch tell
//! them apart.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use leaky_cure::data::Arrays;
use leaky_cure::diagnose::{Cause, Diagnosis, Remedy, diagnose_samples, diagnose_with_causes};
use leaky_cure::run::device;
use leaky_cure::stop::Stop;
use leaky_onnx::{Model, Network};

fn fixture(folder: &str, name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures")
        .join(folder)
        .join(name)
}

type Causes = BTreeMap<Cause, Vec<usize>>;

fn cases() -> BTreeMap<String, Vec<Causes>> {
    let text = std::fs::read_to_string(fixture("causes", "cases.json")).expect("the cases");
    serde_json::from_str(&text).expect("they are JSON")
}

fn diagnosed(folder: &str, name: &str, batch_size: usize) -> Diagnosis {
    let model = Model::read(fixture(folder, &format!("{name}.onnx"))).expect("the network");
    let network = Network::new(&model, &device()).expect("it runs");
    let arrays = Arrays::open(&fixture(folder, &format!("{name}.safetensors")), None);
    let data = arrays
        .expect("its data")
        .for_network(&network)
        .expect("they fit");
    let all: Vec<usize> = (0..data.samples()).collect();
    diagnose_with_causes(
        &network,
        name,
        &data,
        &all,
        batch_size.into(),
        &Stop::new(),
        || (),
    )
    .expect("a verdict")
}

fn found(diagnosis: &Diagnosis) -> Vec<Causes> {
    let layers = diagnosis.layers.iter().map(|layer| {
        let mut causes = Causes::new();
        for found in &layer.causes {
            let units = causes.entry(found.cause).or_default();
            units.extend(&found.units);
            units.sort_unstable();
        }
        causes
    });
    layers.collect()
}

#[test]
fn networks_killed_in_known_ways_are_told_apart() {
    for (name, expected) in cases() {
        let diagnosis = diagnosed("causes", &name, 20);
        for layer in &diagnosis.layers {
            for cause in &layer.causes {
                println!(
                    "{name} {}: {} units: {}",
                    layer.name,
                    cause.units.len(),
                    cause.sentence
                );
            }
        }
        for remedy in &diagnosis.prescription {
            println!("{name}: {}", remedy.sentence);
        }
        assert_eq!(found(&diagnosis), expected, "{name}");
    }
}

#[test]
fn what_is_to_be_done_follows_from_the_cause() {
    for (name, remedy) in [
        ("rate-too-high", Remedy::LearningRate),
        ("biases-too-low", Remedy::LearningRate),
        ("shifts-too-low", Remedy::LearningRate),
        ("inputs-constant", Remedy::Inputs),
        ("raw-pixels", Remedy::Inputs),
        ("off-centre", Remedy::Inputs),
        ("tiny-inputs", Remedy::Inputs),
        ("old-statistics", Remedy::Statistics),
        ("born-dead", Remedy::Initialization),
        ("pruned", Remedy::Initialization),
    ] {
        let prescription = diagnosed("causes", name, 64).prescription;
        let first = prescription.first().expect("something is to be done");
        assert_eq!(first.remedy, remedy, "{name}: {prescription:?}");
        let last = prescription.last().expect("something is to be done");
        assert_eq!(last.remedy, Remedy::Slope, "{name}: {prescription:?}");
    }
}

#[test]
fn where_it_cannot_be_told_that_is_said_with_the_reason() {
    let diagnosis = diagnosed("causes", "products", 64);
    let [cause] = &diagnosis.layers[0].causes[..] else {
        panic!("one cause: {:?}", diagnosis.layers[0].causes);
    };
    assert!(
        cause.sentence.contains("cannot be told"),
        "{}",
        cause.sentence
    );
    assert!(cause.sentence.contains("Mul"), "{}", cause.sentence);
}

#[test]
fn every_dead_unit_has_one_cause_and_no_other_unit_has_any() {
    let sick = [
        "densenet",
        "mobilenet",
        "resnet",
        "resnet-pre-activation",
        "transformer",
        "unet",
    ];
    for name in sick {
        let diagnosis = diagnosed("sick", name, 32);
        for layer in &diagnosis.layers {
            let mut units: Vec<usize> = layer.causes.iter().flat_map(|c| c.units.clone()).collect();
            for cause in &layer.causes {
                println!(
                    "{name} {}: {} units: {}",
                    layer.name,
                    cause.units.len(),
                    cause.sentence
                );
            }
            units.sort_unstable();
            assert_eq!(units, layer.dead, "{name}: {}", layer.name);
        }
        for remedy in &diagnosis.prescription {
            println!("{name}: {}", remedy.sentence);
        }
    }
}

#[test]
fn the_causes_do_not_depend_on_the_batches_and_change_no_verdict() {
    for (name, _) in cases() {
        let one = diagnosed("causes", &name, 7);
        assert_eq!(
            found(&one),
            found(&diagnosed("causes", &name, 64)),
            "{name}"
        );
        let model = Model::read(fixture("causes", &format!("{name}.onnx"))).expect("the network");
        let network = Network::new(&model, &device()).expect("it runs");
        let arrays = Arrays::open(&fixture("causes", &format!("{name}.safetensors")), None);
        let data = arrays
            .expect("its data")
            .for_network(&network)
            .expect("they fit");
        let all: Vec<usize> = (0..data.samples()).collect();
        let plain = diagnose_samples(&network, &name, &data, &all, 7, &Stop::new(), || ());
        let mut without = one;
        without.prescription.clear();
        without
            .layers
            .iter_mut()
            .for_each(|layer| layer.causes.clear());
        assert_eq!(plain.expect("a verdict"), without, "{name}");
    }
}
