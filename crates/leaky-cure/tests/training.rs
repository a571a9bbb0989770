//! Training, beside PyTorch's: the optimisers, their options, the schedules and the losses.

use std::path::{Path, PathBuf};

use leaky_cure::cure::{CureOptions, Cured, cure};
use leaky_cure::data::{Arrays, Samples};
use leaky_cure::files::Destination;
use leaky_cure::objective::{ClassWeights, Metric, Objective, ObjectiveOptions};
use leaky_cure::progress::Progress;
use leaky_cure::stop::Stop;
use leaky_cure::task::Task;
use leaky_cure::train::{
    Checkpoint, End, Epoch, Optimizer, Recycle, Request, Schedule, TrainOptions, Training, train,
};
use leaky_onnx::{Model, Network};
use safetensors::SafeTensors;
use serde_json::Value;

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures/training")
        .join(name)
}

fn task(network: &str) -> Task {
    let model = Model::read(fixture(&format!("{network}.onnx"))).expect("a network");
    let data = fixture(&format!("{network}.safetensors"));
    let arrays = Arrays::open(&data, None).expect("its data");
    Task::new(network, model, &arrays).expect("they fit")
}

/// Trains and validates on all samples, in one batch each epoch; gives the network of the last epoch.
fn trained(
    network: &str,
    options: &TrainOptions,
    objective: ObjectiveOptions,
) -> (Network, Training) {
    let task = task(network);
    let mut network = task.network().expect("it runs");
    let (objective, target) =
        Objective::new(&network, &task.data, objective).expect("an objective");
    let all: Vec<usize> = (0..task.data.samples()).collect();
    let samples = Samples {
        data: &task.data,
        target: &target,
        chosen: &all,
    };
    let options = TrainOptions {
        batch_size: all.len(),
        ..options.clone()
    };
    let request = Request {
        objective: &objective,
        training: samples,
        validation: samples,
        options: &options,
    };
    let training = train(&mut network, &request, &Stop::new(), &mut ()).expect("it is trained");
    (network, training)
}

fn word<T: serde::de::DeserializeOwned>(case: &Value, key: &str) -> Option<T> {
    let word = case.get(key)?.clone();
    Some(serde_json::from_value(word).expect("a word of the engine's"))
}

#[test]
fn six_steps_come_to_what_they_come_to_in_pytorch() {
    let text = std::fs::read_to_string(fixture("cases.json")).expect("the cases");
    let cases: serde_json::Map<String, Value> = serde_json::from_str(&text).expect("JSON");
    let bytes = std::fs::read(fixture("trained.safetensors")).expect("PyTorch's weights");
    let expected = SafeTensors::deserialize(&bytes).expect("they can be read");
    assert!(cases.len() >= 16);
    for (name, case) in &cases {
        let number = |key: &str| case.get(key).and_then(Value::as_f64);
        let options = TrainOptions {
            epochs: 6,
            lr: number("lr").expect("a rate"),
            optimizer: word(case, "optimizer").expect("an optimizer"),
            momentum: number("momentum").unwrap_or(0.0),
            weight_decay: number("weight_decay").unwrap_or(0.0),
            clip_norm: number("clip_norm"),
            schedule: word(case, "schedule").unwrap_or(Schedule::Constant),
            warm_up: word(case, "warm_up").unwrap_or(0),
            train_statistics: word(case, "train_statistics").unwrap_or(false),
            pull: number("pull").unwrap_or(0.0),
            ..TrainOptions::default()
        };
        let objective = ObjectiveOptions {
            class_weights: word(case, "class_weights").unwrap_or_default(),
            label_smoothing: number("label_smoothing").unwrap_or(0.0),
            ..ObjectiveOptions::default()
        };
        let known = case.get("network").and_then(Value::as_str);
        let (network, training) = trained(known.unwrap_or("perceptron"), &options, objective);
        let first = number("first_loss").expect("a loss");
        let found = training.epochs[0].train_loss;
        assert!((found - first).abs() < 1e-6, "{name}: {found}, not {first}");
        for (index, parameter) in network.parameters().iter().enumerate() {
            let key = format!("{name}:{}", parameter.name);
            let expected = expected.tensor(&key).expect("PyTorch's weights");
            let expected = expected.data().as_chunks::<8>().0.iter();
            let expected = expected.map(|bytes| f64::from_le_bytes(*bytes));
            let found = network.parameter_data(index).expect("numbers");
            // Burn holds the constants of its optimisers in single precision, as exact as its size.
            for (found, expected) in found.iter::<f64>().zip(expected) {
                assert!(
                    (found - expected).abs() < 5e-6 * expected.abs().max(1.0),
                    "{key}: {found}, not {expected}"
                );
            }
        }
    }
}

#[test]
fn the_validation_loss_is_the_loss_that_is_trained_with() {
    let still = TrainOptions {
        epochs: 1,
        lr: 1e-12,
        optimizer: Optimizer::Sgd,
        ..TrainOptions::default()
    };
    for class_weights in [ClassWeights::Equal, ClassWeights::Balanced] {
        for label_smoothing in [0.0, 0.3] {
            let objective = ObjectiveOptions {
                class_weights,
                label_smoothing,
                ..ObjectiveOptions::default()
            };
            let epoch = &trained("perceptron", &still, objective).1.epochs[0];
            assert!(
                (epoch.train_loss - epoch.validation_loss).abs() < 1e-9,
                "{objective:?}: {epoch:?}"
            );
        }
    }
}

#[test]
fn dropout_drops_in_training_and_not_where_a_network_is_validated() {
    let still = TrainOptions {
        epochs: 2,
        lr: 1e-12,
        optimizer: Optimizer::Sgd,
        ..TrainOptions::default()
    };
    let epochs = |network| {
        trained(network, &still, ObjectiveOptions::default())
            .1
            .epochs
    };
    let (plain, dropped) = (epochs("perceptron"), epochs("dropped"));
    for (plain, dropped) in plain.iter().zip(&dropped) {
        let apart = (plain.validation_loss - dropped.validation_loss).abs();
        assert!(apart < 1e-9, "{plain:?} {dropped:?}");
        let apart = (plain.train_loss - dropped.train_loss).abs();
        assert!(apart > 1e-3, "{plain:?} {dropped:?}");
    }
    // Each step drops others.
    assert_ne!(dropped[0].train_loss, dropped[1].train_loss);
}

#[test]
fn training_that_does_not_validate_better_ends_once_patience_is_over() {
    let options = TrainOptions {
        epochs: 50,
        patience: Some(3),
        ..TrainOptions::default()
    };
    // Steps that climb: nothing validates better than what was given.
    let worse = TrainOptions {
        lr: 20.0,
        optimizer: Optimizer::Sgd,
        momentum: 0.9,
        ..options.clone()
    };
    let (_, training) = trained("perceptron", &worse, ObjectiveOptions::default());
    let End::NoBetter(waited) = training.end else {
        panic!("{:?} after {} epochs", training.end, training.epochs.len())
    };
    assert_eq!(waited, 3);
    assert_eq!(training.epochs.len(), training.best.epoch + 3);

    let patient = TrainOptions {
        patience: Some(50),
        ..options
    };
    let (_, training) = trained("perceptron", &patient, ObjectiveOptions::default());
    assert_eq!((training.end, training.epochs.len()), (End::Done, 50));
}

/// Asks to stop when an epoch of this number is done.
struct StopAt(usize, Stop);

impl Progress for StopAt {
    fn epoch(&mut self, number: usize, _: &Epoch, _: Metric) {
        if number == self.0 {
            self.1.ask();
        }
    }
}

#[test]
fn a_cure_that_was_stopped_goes_on_with_any_optimiser_to_the_same_bytes() {
    let adam = TrainOptions {
        epochs: 7,
        batch_size: 8,
        lr: 0.03,
        schedule: Schedule::Linear,
        recycle: Some(Recycle::every(3)),
        ..TrainOptions::default()
    };
    let sgd = TrainOptions {
        optimizer: Optimizer::Sgd,
        ..adam.clone()
    };
    let decayed = TrainOptions {
        weight_decay: 0.1,
        ..adam.clone()
    };
    let moved = TrainOptions {
        momentum: 0.9,
        ..sgd.clone()
    };
    let pulled = TrainOptions {
        pull: 0.1,
        train_statistics: true,
        ..adam.clone()
    };
    let perceptron =
        [&adam, &decayed, &sgd, &moved, &pulled].map(|training| ("perceptron", training));
    let cases = perceptron
        .into_iter()
        .chain([("normalized", &pulled), ("dropped", &adam)]);
    for (network, training) in cases {
        let folder = tempfile::tempdir().expect("a folder");
        let kept = Destination::new(&folder.path().join("kept"), []).expect("a file");
        let options = |checkpoint| CureOptions {
            training: training.clone(),
            checkpoint,
            ..CureOptions::default()
        };
        let bytes = |cured: Cured| cured.model.to_bytes().expect("a file");
        let task = task(network);
        let whole = cure(&task, &options(None), &Stop::new(), &mut ()).expect("it is cured");
        let resumed = options(Some(Checkpoint::new(kept)));
        for epoch in [2, 5] {
            let stop = Stop::new();
            let stopped = cure(&task, &resumed, &stop, &mut StopAt(epoch, stop.clone()));
            let stopped = stopped.expect("it ends with the best so far");
            // The wish is heard at the next step: that epoch has seen a part of the samples.
            assert_eq!(stopped.report.epochs.len(), epoch + 1);
        }
        let again = cure(&task, &resumed, &Stop::new(), &mut ()).expect("it is cured");
        assert_eq!(again.report.epochs.len(), 7);
        assert_eq!(again.report.recycled, whole.report.recycled);
        assert!(bytes(again) == bytes(whole), "{training:?}");
    }
}
