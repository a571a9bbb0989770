//! Revival under a check: a unit whose revival changes the outputs is left, and the others stand.

use std::path::{Path, PathBuf};

use leaky_cure::data::{Arrays, Dataset};
use leaky_cure::diagnose::{Diagnosis, diagnose_samples};
use leaky_cure::difference::Difference;
use leaky_cure::revive::{Request, Revival, revive, revive_checked};
use leaky_cure::run::device;
use leaky_cure::stop::Stop;
use leaky_onnx::{Model, Network};

fn fixture(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures/networks/mlp")
        .join(file)
}

fn network() -> Network {
    let model = Model::read(fixture("model.onnx")).expect("the network");
    Network::new(&model, &device()).expect("it runs")
}

fn data(network: &Network) -> Dataset {
    let arrays = Arrays::open(&fixture("data.safetensors"), None).expect("its data");
    arrays.for_network(network).expect("they fit")
}

fn look(network: &Network, data: &Dataset) -> Diagnosis {
    let all: Vec<usize> = (0..data.samples()).collect();
    diagnose_samples(network, "mlp", data, &all, 64, &Stop::new(), || ()).expect("a verdict")
}

/// Exact revival or none.
fn request<'a>(data: &'a Dataset, samples: &'a [usize]) -> Request<'a> {
    Request {
        data,
        samples,
        batch_size: 64,
        bound: 0.0,
        alpha: 0.01,
        seed: 5,
    }
}

/// The units of each layer that fire most: to mute them is felt.
fn busiest(diagnosis: &Diagnosis) -> Vec<usize> {
    let layers = diagnosis.layers.iter().map(|layer| {
        let units = layer.active.iter().enumerate();
        let most = units.max_by(|(_, one), (_, other)| one.total_cmp(other));
        most.expect("units").0
    });
    layers.collect()
}

/// What revival makes of the network by a verdict.
fn checked(diagnosis: &Diagnosis) -> (Network, Revival, Difference) {
    let (given, mut network) = (network(), network());
    let data = data(&given);
    let all: Vec<usize> = (0..data.samples()).collect();
    let request = request(&data, &all);
    let stop = Stop::new();
    let (revival, difference) =
        revive_checked(&mut network, &given, diagnosis, &request, &all, &stop)
            .expect("it is revived");
    (network, revival, difference)
}

#[test]
fn a_unit_that_fails_the_check_is_left_and_the_others_live() {
    let given = network();
    let data = data(&given);
    let honest = look(&given, &data);
    // The verdict takes one busy unit of each layer for dead.
    let mut wrong = honest.clone();
    let busy = busiest(&honest);
    for (layer, &unit) in wrong.layers.iter_mut().zip(&busy) {
        layer.dead.push(unit);
        layer.dead.sort_unstable();
        wrong.dead += 1;
    }
    let (cured, revival, difference) = checked(&wrong);
    assert!(difference.is_rounding(), "{difference:?}");
    assert_eq!(revival.revived, honest.dead, "{:?}", revival.not_revived);
    let left: Vec<(&str, usize)> = revival
        .not_revived
        .iter()
        .map(|left| (left.layer.as_str(), left.unit))
        .collect();
    let layers = honest.layers.iter().zip(&busy);
    let expected: Vec<(&str, usize)> = layers
        .map(|(layer, &unit)| (layer.name.as_str(), unit))
        .collect();
    assert_eq!(left, expected);
    for left in &revival.not_revived {
        assert!(left.reason.contains("more than it may"), "{}", left.reason);
    }
    assert_eq!(look(&cured, &data).dead, 0);
}

#[test]
fn without_the_check_such_a_unit_is_felt() {
    let (given, mut network) = (network(), network());
    let data = data(&given);
    let mut wrong = look(&given, &data);
    let unit = busiest(&wrong)[0];
    wrong.layers[0].dead.push(unit);
    wrong.dead += 1;
    let all: Vec<usize> = (0..data.samples()).collect();
    let request = request(&data, &all);
    revive(&mut network, &wrong, &request).expect("it is revived");
    let networks = [&given, &network];
    let found = Difference::between(networks, &data, &all, 64, &Stop::new()).expect("both run");
    assert!(!found.is_rounding(), "{found:?}");
}

#[test]
fn where_nothing_fails_the_check_changes_nothing() {
    let given = network();
    let data = data(&given);
    let honest = look(&given, &data);
    let (checked, revival, difference) = checked(&honest);
    assert_eq!(revival.revived, honest.dead);
    assert!(difference.is_rounding(), "{difference:?}");
    let all: Vec<usize> = (0..data.samples()).collect();
    let request = request(&data, &all);
    let mut plain = network();
    revive(&mut plain, &honest, &request).expect("it is revived");
    for index in 0..plain.parameters().len() {
        assert_eq!(
            plain.parameter_data(index).expect("numbers"),
            checked.parameter_data(index).expect("numbers")
        );
    }
}
