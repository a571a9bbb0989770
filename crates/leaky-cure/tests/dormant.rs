//! Dormant units brought back: what they say on the average is kept, and what they say beyond it is lost.

use std::path::{Path, PathBuf};

use burn::tensor::TensorData;
use leaky_cure::data::{Arrays, Dataset};
use leaky_cure::diagnose::{DiagnoseOptions, Diagnosis, diagnose_samples, diagnose_with_causes};
use leaky_cure::difference::Difference;
use leaky_cure::revive::{Request, Revival, revive, revive_dormant};
use leaky_cure::run::device;
use leaky_cure::stop::Stop;
use leaky_onnx::{Model, Network};

fn fixture(name: &str, file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures/networks")
        .join(name)
        .join(file)
}

fn network(name: &str) -> Network {
    let model = Model::read(fixture(name, "model.onnx")).expect("the network");
    Network::new(&model, &device()).expect("it runs")
}

fn data(name: &str, network: &Network) -> Dataset {
    let arrays = Arrays::open(&fixture(name, "data.safetensors"), None).expect("its data");
    arrays.for_network(network).expect("they fit")
}

fn look(network: &Network, data: &Dataset, tau: Option<f64>) -> Diagnosis {
    let all: Vec<usize> = (0..data.samples()).collect();
    let options = DiagnoseOptions {
        batch_size: 64,
        tau,
    };
    diagnose_with_causes(network, "n", data, &all, options, &Stop::new(), || ()).expect("a verdict")
}

/// Exact revival or none.
fn request<'a>(data: &'a Dataset, samples: &'a [usize]) -> Request<'a> {
    Request {
        data,
        samples,
        batch_size: 64,
        bound: 0.0,
        alpha: 0.0,
        seed: 4,
    }
}

/// A verdict that calls one unit of one layer dormant and nothing dead.
fn only(mut diagnosis: Diagnosis, layer: usize, unit: usize) -> Diagnosis {
    for layer in &mut diagnosis.layers {
        layer.dormant.clear();
        layer.dead.clear();
    }
    diagnosis.layers[layer].dormant.push(unit);
    (diagnosis.dead, diagnosis.dormant) = (0, 1);
    diagnosis
}

/// The unit of a layer that varies least for how often it fires: one that fires most.
fn busiest(diagnosis: &Diagnosis, layer: usize) -> usize {
    let units = diagnosis.layers[layer].active.iter().enumerate();
    units
        .max_by(|(_, one), (_, other)| one.total_cmp(other))
        .expect("units")
        .0
}

type Reviving =
    fn(&mut Network, &Diagnosis, &Request) -> Result<Revival, leaky_cure::run::RunError>;

fn changed(name: &str, verdict: &Diagnosis, reviving: Reviving) -> (Revival, Difference) {
    let (given, mut network) = (network(name), network(name));
    let data = data(name, &given);
    let all: Vec<usize> = (0..data.samples()).collect();
    let request = request(&data, &all);
    let revival = reviving(&mut network, verdict, &request).expect("it is revived");
    let networks = [&given, &network];
    let difference = Difference::between(networks, &data, &all, 64, &Stop::new());
    (revival, difference.expect("both run"))
}

#[test]
fn the_score_is_the_mean_activation_beside_that_of_the_layer() {
    let network = network("mlp");
    let data = data("mlp", &network);
    let all: Vec<usize> = (0..data.samples()).collect();
    let tau = 0.5;
    let found = look(&network, &data, Some(tau));
    assert_eq!(found.tau, Some(tau));
    // The activations themselves, straight from the network.
    for (layer, rectifier) in found
        .layers
        .iter()
        .zip(network.rectifiers().expect("rectifiers"))
    {
        let batch = data.batch(&all).expect("samples");
        let inputs = batch
            .into_iter()
            .map(|array| leaky_onnx::Value::from_data(array, &device()));
        let values = network.forward(inputs.collect(), &[rectifier.output], |_, _| {});
        let activation = values
            .expect("it runs")
            .remove(0)
            .into_data()
            .expect("numbers");
        let numbers: Vec<f64> = activation.iter::<f64>().collect();
        let mean = |unit: usize| {
            let own = numbers.iter().skip(unit).step_by(layer.units);
            own.map(|number| number.abs()).sum::<f64>() / all.len() as f64
        };
        let whole = (0..layer.units).map(mean).sum::<f64>() / layer.units as f64;
        let expected: Vec<usize> = (0..layer.units)
            .filter(|unit| mean(*unit) <= tau * whole && !layer.dead.contains(unit))
            .collect();
        assert_eq!(layer.dormant, expected, "{}", layer.name);
    }
    assert!(found.dormant > 0);
    let plain = diagnose_samples(&network, "n", &data, &all, 64, &Stop::new(), || ());
    assert_eq!(
        look(&network, &data, None).layers[0].dormant,
        plain.expect("a verdict").layers[0].dormant
    );
}

#[test]
fn muting_a_unit_whose_mean_was_moved_is_felt_less_than_muting_it_alone() {
    for name in ["mlp", "conv", "conv-batch-norm", "transformer"] {
        let network = network(name);
        let data = data(name, &network);
        let verdict = look(&network, &data, None);
        let mut compared = 0;
        for layer in 0..verdict.layers.len() {
            let unit = busiest(&verdict, layer);
            let quiet = only(verdict.clone(), layer, unit);
            let mut dead = quiet.clone();
            for layer in &mut dead.layers {
                layer.dead = std::mem::take(&mut layer.dormant);
            }
            (dead.dead, dead.dormant) = (1, 0);
            let (moved, with) = changed(name, &quiet, revive_dormant);
            let (muted, without) = changed(name, &dead, revive);
            println!("{name} {layer}: {with:?} with, {without:?} without; {moved:?}");
            if moved.revived == 0 || muted.revived == 0 {
                continue;
            }
            compared += 1;
            assert!(
                with.relative < without.relative,
                "{name}, layer {layer}: {with:?}, {without:?}"
            );
        }
        assert!(compared > 0, "{name}");
    }
}

/// The network with one unit of its first layer that says 3, whatever it hears.
fn with_constant_unit(name: &str, unit: usize) -> Network {
    let mut network = network(name);
    let inputs = data(name, &network)
        .batch(&[0, 1])
        .expect("samples")
        .into_iter();
    let inputs = inputs.map(|array| leaky_onnx::Value::from_data(array, &device()));
    let shapes = network.shapes(inputs.collect()).expect("it runs");
    let map = network.unit_map(&shapes).expect("a map");
    let maker = map.group_of(0).makers[0].clone();
    let shift = maker.shift.expect("a bias");
    for (share, number) in [(maker.weights.expect("weights"), 0.0), (shift.share, 3.0)] {
        let mut parameters = network.parameters().iter();
        let index = parameters
            .position(|found| found.name == share.parameter)
            .expect("it");
        let numbers = network.parameter_data(index).expect("numbers");
        let shape = numbers.shape().to_vec();
        let mut numbers: Vec<f32> = numbers.iter::<f32>().collect();
        for place in share
            .of(unit)
            .into_iter()
            .flat_map(leaky_onnx::unit_map::Slice::places)
        {
            numbers[place] = number;
        }
        network.set_parameter(index, TensorData::new(numbers, shape));
    }
    network
}

#[test]
fn a_unit_that_always_says_the_same_is_replaced_without_a_change() {
    let unit = 5;
    let (given, mut network) = (
        with_constant_unit("mlp", unit),
        with_constant_unit("mlp", unit),
    );
    let data = data("mlp", &given);
    let all: Vec<usize> = (0..data.samples()).collect();
    let request = request(&data, &all);
    let before = look(&given, &data, None);
    assert_eq!(before.layers[0].active[unit], 1.0);
    let revival = revive_dormant(&mut network, &only(before, 0, unit), &request);
    assert_eq!(revival.expect("it is revived").revived, 1);
    let networks = [&given, &network];
    let found = Difference::between(networks, &data, &all, 64, &Stop::new()).expect("both run");
    assert!(found.is_rounding() && found.magnitude > 1.0, "{found:?}");
    let after = look(&network, &data, None).layers[0].active[unit];
    assert!((0.3..0.7).contains(&after), "{after}");
}
