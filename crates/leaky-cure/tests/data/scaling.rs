//! Data scaled to mean 0 and deviation 1, those to validate and to test with by the same numbers.

use std::path::{Path, PathBuf};

use leaky_cure::data::{Arrays, Dataset, Normalize};
use leaky_cure::task::Task;
use leaky_onnx::Model;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures/networks/conv")
        .join(name)
}

fn task() -> Task {
    let model = Model::read(fixture("model.onnx")).expect("a network");
    let arrays = Arrays::open(&fixture("data.safetensors"), None).expect("its data");
    let task = Task::new("conv", model, &arrays).expect("they fit");
    let task = task.validated_on(&arrays).expect("they fit");
    task.tested_on(&arrays).expect("they fit")
}

fn numbers(data: &Dataset) -> Vec<f64> {
    let all: Vec<usize> = (0..data.samples()).collect();
    data.batch(&all).expect("samples")[0]
        .iter::<f64>()
        .collect()
}

#[test]
fn measured_numbers_bring_each_channel_to_mean_0_and_deviation_1() {
    let given = numbers(&task().data);
    let task = task()
        .normalized(&Normalize::Measured)
        .expect("it is scaled");
    let found = numbers(&task.data);
    let count = found.len() as f64;
    let mean = found.iter().sum::<f64>() / count;
    let square = found.iter().map(|number| number * number).sum::<f64>() / count;
    assert!(
        mean.abs() < 1e-5 && (square - 1.0).abs() < 1e-5,
        "{mean} {square}"
    );
    let normalization = &task.data.normalization()[0];
    assert_eq!(normalization.mean.len(), 1);
    for (found, given) in found.iter().zip(given) {
        let expected = (given - normalization.mean[0]) / normalization.deviation[0];
        assert!((found - expected).abs() < 1e-5);
    }
}

#[test]
fn data_to_validate_and_to_test_with_are_scaled_by_the_numbers_of_those_to_train_on() {
    let given = Normalize::Given {
        mean: vec![0.5],
        deviation: vec![0.25],
    };
    let plain = numbers(&task().data);
    let task = task().normalized(&given).expect("it is scaled");
    let [validation, test] = [task.validation, task.test].map(|data| data.expect("it is there"));
    for data in [&task.data, &validation, &test] {
        for (found, plain) in numbers(data).iter().zip(&plain) {
            assert!((found - (plain - 0.5) / 0.25).abs() < 1e-6);
        }
    }
}

#[test]
fn numbers_that_are_not_one_for_each_channel_are_refused() {
    let given = Normalize::Given {
        mean: vec![0.5; 3],
        deviation: vec![0.25; 3],
    };
    let error = task().normalized(&given).expect_err("one channel");
    let said = "has 1 channels (axis 1), but 3 means and 3 deviations are given";
    assert!(error.to_string().contains(said), "{error}");
}
