//! Graphs inside of nodes give what ONNX Runtime gives, and what stands in branches is seen.
//!
//! The cases are made by `tools/make_control_flow_fixtures.py`.

mod common;

use common::{arrays, cpu, difference, fixture, with_prefix};
use leaky_onnx::{Model, Network};

fn model(name: &str) -> Model {
    Model::read(fixture(&format!("control-flow/{name}.onnx"))).expect("a model")
}

/// Runs a case and tells what differs from ONNX Runtime.
fn differs(name: &str, model: &Model) -> Option<String> {
    let network = Network::new(model, &cpu()).map_err(|e| e.to_string());
    let network = match network {
        Ok(network) => network,
        Err(reason) => return Some(reason),
    };
    let arrays = arrays(&fixture(&format!("control-flow/{name}.safetensors")));
    let inputs = network.inputs().iter();
    let inputs = inputs.map(|input| arrays[&format!("input:{}", input.name)].clone());
    let outputs = match network.run(inputs.collect()) {
        Ok(outputs) => outputs,
        Err(error) => return Some(error.to_string()),
    };
    let named: Vec<_> = network.outputs().iter().zip(&outputs).collect();
    let differs = |(name, expected)| match named.iter().find(|(output, _)| output.name == name) {
        None => Some(format!("no output {name}")),
        Some((_, found)) => difference(found, expected, 1e-4).map(|what| format!("{name}: {what}")),
    };
    with_prefix(&arrays, "output:").find_map(differs)
}

const CASES: [&str; 7] = [
    "if-then",
    "if-else",
    "if-shape",
    "if-constant",
    "if-in-function",
    "loop",
    "scan",
];

#[test]
fn choices_and_loops_give_what_the_reference_gives() {
    let failures: Vec<String> = CASES
        .iter()
        .filter_map(|name| Some(format!("{name}: {}", differs(name, &model(name))?)))
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn rectifiers_and_weights_of_branches_are_found_and_a_choice_that_the_file_makes_leaves_one() {
    let look = |name: &str| {
        let network = Network::new(&model(name), &cpu()).expect("it runs");
        let rectifiers = network.rectifiers().expect("readable attributes");
        let trained = network.parameters().iter().filter(|p| p.trainable);
        let names = rectifiers.into_iter().map(|found| found.name);
        (names.collect::<Vec<_>>(), trained.count())
    };
    let (names, trained) = look("if-then");
    let inner = |branch| format!("choice/{branch}/rectifier");
    assert_eq!(
        names,
        [
            "relu".to_owned(),
            inner("then_branch"),
            inner("else_branch")
        ]
    );
    assert_eq!(trained, 4);
    let (names, trained) = look("if-constant");
    assert_eq!(names, ["relu".to_owned(), inner("else_branch")]);
    assert_eq!(trained, 3);
}

#[test]
fn what_is_changed_in_a_branch_is_written_there() {
    for name in ["if-then", "if-in-function"] {
        let mut changed = model(name);
        let mut network = Network::new(&changed, &cpu()).expect("it runs");
        let rectifiers = network.rectifiers().expect("readable attributes");
        let inside: Vec<_> = rectifiers
            .iter()
            .filter(|found| found.operator == "Relu" && found.name.contains("then_branch"))
            .collect();
        assert!(!inside.is_empty(), "{name}");
        changed.leak(&network, &inside, 0.5).expect("it leaks");
        let weights = network.parameters().iter();
        let weights = weights
            .zip(0..)
            .filter(|(p, _)| p.name.contains("then_branch"));
        let weights: Vec<usize> = weights.map(|(_, index)| index).collect();
        assert_eq!(weights.len(), inside.len(), "{name}");
        for &index in &weights {
            let data = network.parameter_data(index).expect("numbers");
            let moved: Vec<f32> = data.iter::<f32>().map(|number| number + 1.0).collect();
            let moved = burn::tensor::TensorData::new(moved, data.shape().clone());
            network.set_parameter(index, moved);
        }
        network.store(&mut changed).expect("stored");
        let written = Model::from_bytes(&changed.to_bytes().expect("bytes")).expect("a model");
        let read = Network::new(&written, &cpu()).expect("it runs");
        let leaking = read.rectifiers().expect("readable attributes");
        let leaking = leaking.iter().filter(|found| found.alpha == Some(0.5));
        assert_eq!(leaking.count(), inside.len(), "{name}");
        for (before, after) in network.parameters().iter().zip(read.parameters()) {
            assert_eq!(before.name, after.name);
        }
        for &index in &weights {
            let numbers = |network: &Network| network.parameter_data(index).expect("numbers");
            assert_eq!(numbers(&network), numbers(&read), "{name}");
        }
        assert!(differs(name, &written).is_some(), "the change is felt");
    }
}
