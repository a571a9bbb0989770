//! Always-on units given back a bend that the data reach: what that keeps, and what it leaves.

use std::path::{Path, PathBuf};

use leaky_cure::data::{Arrays, Dataset};
use leaky_cure::diagnose::{Diagnosis, diagnose_samples};
use leaky_cure::revive::{Recentring, Request, recentre};
use leaky_cure::run::device;
use leaky_cure::stop::Stop;
use leaky_onnx::{Model, Network, Value};

fn fixture(name: &str, file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures/networks")
        .join(name)
        .join(file)
}

struct Case {
    network: Network,
    data: Dataset,
    all: Vec<usize>,
}

impl Case {
    fn new(name: &str) -> Self {
        let model = Model::read(fixture(name, "model.onnx")).expect("the network");
        let network = Network::new(&model, &device()).expect("it runs");
        let arrays = Arrays::open(&fixture(name, "data.safetensors"), None).expect("its data");
        let data = arrays.for_network(&network).expect("they fit");
        let all = (0..data.samples()).collect();
        Self { network, data, all }
    }

    fn look(&self) -> Diagnosis {
        let (network, data) = (&self.network, &self.data);
        let found = diagnose_samples(network, "n", data, &self.all, 64, &Stop::new(), || ());
        found.expect("a verdict")
    }

    fn recentre(&mut self, verdict: &Diagnosis) -> Recentring {
        let request = Request {
            data: &self.data,
            samples: &self.all,
            batch_size: 64,
            bound: 0.0,
            alpha: 0.0,
            seed: 4,
        };
        recentre(&mut self.network, verdict, &request).expect("it runs")
    }

    /// The mean pre-activation of each unit of the second rectifier of a plain stack.
    fn means_behind(&self, units: usize) -> Vec<f64> {
        let wanted = self.network.rectifiers().expect("rectifiers")[1].input;
        let batch = self.data.batch(&self.all).expect("samples").into_iter();
        let inputs = batch.map(|array| Value::from_data(array, &device()));
        let found = self.network.compute(inputs.collect(), &[wanted]);
        let found = found.expect("it runs").remove(0).into_data();
        let numbers: Vec<f64> = found.expect("numbers").iter::<f64>().collect();
        let mean = |unit: usize| {
            let own = numbers.iter().skip(unit).step_by(units);
            own.sum::<f64>() / self.all.len() as f64
        };
        (0..units).map(mean).collect()
    }
}

#[test]
fn a_unit_that_was_always_on_is_on_half_of_the_time() {
    for name in ["mlp", "conv", "conv-batch-norm", "double", "keras"] {
        let mut case = Case::new(name);
        let before = case.look();
        let done = case.recentre(&before);
        assert!(before.always_on > 0, "{name}");
        assert_eq!(done.recentred, before.always_on, "{name}: {done:?}");
        let after = case.look();
        for (layer, (before, after)) in before.layers.iter().zip(&after.layers).enumerate() {
            for &unit in &before.always_on {
                let active = after.active[unit];
                assert!(
                    (0.4..0.6).contains(&active),
                    "{name}, {layer}: {unit} {active}"
                );
            }
        }
    }
}

#[test]
fn what_hears_a_recentred_unit_hears_as_much_as_before_on_the_average() {
    let mut case = Case::new("mlp");
    let mut verdict = case.look();
    verdict.layers[1].always_on.clear();
    let units = verdict.layers[1].units;
    let before = case.means_behind(units);
    let given = case.recentre(&verdict);
    assert_eq!(given.recentred, verdict.layers[0].always_on.len());
    for (unit, (before, after)) in before.iter().zip(case.means_behind(units)).enumerate() {
        let apart = (before - after).abs();
        assert!(
            apart < 1e-4 * before.abs().max(1.0),
            "{unit}: {before}, {after}"
        );
    }
}

#[test]
fn units_of_a_residual_stream_are_left_as_they_are_with_the_reason() {
    let mut case = Case::new("residual");
    let mut verdict = case.look();
    for layer in &mut verdict.layers {
        layer.always_on = vec![0];
    }
    verdict.always_on = verdict.layers.len();
    let done = case.recentre(&verdict);
    assert_eq!(done.recentred + done.left.len(), verdict.layers.len());
    let tied = |reason: &str| reason.contains("its channel is that of '");
    assert!(
        done.left.iter().any(|left| tied(&left.reason)),
        "{:?}",
        done.left
    );
}
