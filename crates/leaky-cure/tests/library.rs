//! The engine as other programs call it: from memory, watched and stopped, with results as values.

use std::sync::{Arc, Mutex};

use leaky_cure::compare::Comparison;
use leaky_cure::convert::Done;
use leaky_cure::cure::Report;
use leaky_cure::data::{DType, Split};
use leaky_cure::difference::Difference;
use leaky_cure::progress::{Phase, Progress};
use leaky_cure::revive::Revival;
use leaky_cure::train::{Epoch, TrainOptions};
use leaky_cure::{
    Arrays, CompareOptions, ConvertOptions, CureOptions, Diagnosis, MemoryArray, Model, Stop, Task,
    compare, convert, cure, diagnose,
};
use leaky_cure::{compare::CompareError, objective::Metric, run::RunError};

const NETWORK: &[u8] = include_bytes!("../../leaky/example/digits.onnx");
const DATA: &[u8] = include_bytes!("../../leaky/example/digits-train.npz");

fn model() -> Model {
    Model::from_bytes(NETWORK).expect("the example is a network")
}

fn file() -> Task {
    let arrays = Arrays::from_bytes("digits-train.npz", DATA).expect("the example has data");
    Task::new("digits", model(), &arrays).expect("they fit")
}

/// The samples of the file as numbers, and their labels.
fn numbers() -> (Vec<f32>, Vec<i64>) {
    let data = file().data;
    let all: Vec<usize> = (0..data.samples()).collect();
    let output = leaky_cure::data::ExpectedOutput {
        name: "logits".into(),
        shape: vec![all.len(), 10],
        dtype: DType::F32,
    };
    let inputs = data.batch(&all).expect("samples");
    let target = data.target(&output).expect("labels");
    let labels = target.batch(&all).expect("labels");
    (
        inputs[0].iter::<f32>().collect(),
        labels.iter::<i64>().collect(),
    )
}

fn memory() -> Task {
    let (x, y) = numbers();
    let samples = y.len();
    let arrays = Arrays::in_memory([
        MemoryArray::of("x", &[samples, 64], x).expect("64 pixels each"),
        MemoryArray::of("y", &[samples], y).expect("a label each"),
    ]);
    Task::new("digits", model(), &arrays.expect("two arrays")).expect("they fit")
}

fn short() -> CureOptions {
    CureOptions {
        training: TrainOptions {
            epochs: 2,
            ..TrainOptions::default()
        },
        ..CureOptions::default()
    }
}

#[test]
fn arrays_in_memory_give_what_the_same_arrays_in_a_file_give() {
    let look = |task: &Task| diagnose(task, 64, &Stop::new(), &mut ()).expect("a verdict");
    let (from_file, from_memory) = (look(&file()), look(&memory()));
    assert!(from_memory.dead > 100, "the example is mostly dead");
    assert_eq!(from_memory, from_file);

    // The same in Fortran order, as the transposed view of an array gives it.
    let (x, y) = numbers();
    let samples = y.len();
    let columns: Vec<u8> = (0..64)
        .flat_map(|pixel| (0..samples).map(move |sample| (sample, pixel)))
        .flat_map(|(sample, pixel)| x[sample * 64 + pixel].to_ne_bytes())
        .collect();
    let strides = [4, 4 * samples as isize];
    let turned = MemoryArray::strided("x", DType::F32, &[samples, 64], &strides, &columns, 0);
    let arrays = Arrays::in_memory([turned.expect("it lies within")]).expect("one array");
    let task = Task::new("digits", model(), &arrays).expect("they fit");
    assert_eq!(look(&task), from_file);
}

#[test]
fn a_cure_in_memory_writes_nothing_and_its_figures_have_the_keys_of_the_contract() {
    let cured = cure(&memory(), &short(), &Stop::new(), &mut ()).expect("a cure");
    let json = serde_json::to_value(&cured.report).expect("JSON");
    for key in [
        "before",
        "after",
        "score",
        "alpha",
        "revived",
        "not_revived",
        "revival_max_difference",
        "revival_max_difference_validation",
        "epochs",
        "output",
        "verified_max_difference",
        "seconds",
    ] {
        assert!(json.get(key).is_some(), "{key}: {json}");
    }
    assert!(json["output"].is_null() && cured.verified.is_none());
    assert!(json["score"]["after"].as_f64() > json["score"]["before"].as_f64());
    let read: Report = serde_json::from_value(json.clone()).expect("figures");
    assert_eq!(serde_json::to_value(&read).expect("JSON"), json);

    // What is handed back is the network that the figures tell of.
    let arrays = Arrays::from_bytes("digits-train.npz", DATA).expect("data");
    let bytes = cured.model.to_bytes().expect("a file");
    let again = Model::from_bytes(&bytes).expect("a network");
    let task = Task::new("digits", again, &arrays).expect("they fit");
    let verdict = diagnose(&task, 64, &Stop::new(), &mut ()).expect("a verdict");
    assert_eq!(verdict, read.after);
    assert!(read.after.dead < read.before.dead);
}

/// Keeps what a revival came to, and what it changed for the samples to train on and to validate with.
#[derive(Default)]
struct Revivals(Vec<(Revival, [Difference; 2])>);

impl Progress for Revivals {
    fn revived(&mut self, revival: &Revival, training: Difference, validation: Difference) {
        self.0.push((revival.clone(), [training, validation]));
    }
}

#[test]
fn samples_held_out_for_validation_have_no_part_in_what_is_revived() {
    let (mut x, y) = numbers();
    let samples = y.len();
    let classes: Vec<i128> = y.iter().map(|&label| label.into()).collect();
    let held_out = Split::stratified(&classes, 0.2, 0).expect("a split");
    let held_out = held_out.validation;
    // Turned inside out, they wake units that are dead on all others.
    for &sample in &held_out {
        for pixel in &mut x[sample * 64..][..64] {
            *pixel *= -20.0;
        }
    }
    let arrays = Arrays::in_memory([
        MemoryArray::of("x", &[samples, 64], x).expect("64 pixels each"),
        MemoryArray::of("y", &[samples], y).expect("a label each"),
    ]);
    let task = Task::new("digits", model(), &arrays.expect("two arrays")).expect("they fit");
    let mut seen = Revivals::default();
    let cured = cure(&task, &short(), &Stop::new(), &mut seen).expect("a cure");
    let [(revival, [training, validation])] = &seen.0[..] else {
        panic!("one revival");
    };
    let dead_on_all = cured.report.before.dead;
    assert!(
        revival.revived > dead_on_all,
        "{revival:?}, {dead_on_all} dead"
    );
    assert!(training.is_rounding(), "{training:?}");
    // That it changes much for the others is told, and nothing is decided by it.
    assert!(!validation.is_rounding(), "{validation:?}");
}

/// Keeps what it sees.
#[derive(Default)]
struct Seen {
    phases: Vec<(Phase, usize)>,
    steps: usize,
    epochs: Vec<usize>,
    diagnosed: Option<Diagnosis>,
}

impl Progress for Seen {
    fn phase(&mut self, phase: Phase, steps: usize) {
        self.phases.push((phase, steps));
    }

    fn step(&mut self) {
        self.steps += 1;
    }

    fn epoch(&mut self, number: usize, _: &Epoch, _: Metric) {
        self.epochs.push(number);
    }

    fn diagnosed(&mut self, before: &Diagnosis, _: Metric, _: f64) {
        self.diagnosed = Some(before.clone());
    }
}

#[test]
fn a_cure_tells_of_its_phases_and_of_each_step_of_them() {
    let mut seen = Seen::default();
    let cured = cure(&file(), &short(), &Stop::new(), &mut seen).expect("a cure");
    let phases: Vec<Phase> = seen.phases.iter().map(|(phase, _)| *phase).collect();
    let metric = Metric::Accuracy;
    assert_eq!(
        phases,
        [
            Phase::Diagnose,
            Phase::Train { epochs: 2, metric },
            Phase::Diagnose
        ]
    );
    let steps: usize = seen.phases.iter().map(|(_, steps)| steps).sum();
    assert_eq!(seen.steps, steps);
    assert_eq!(seen.epochs, [1, 2]);
    assert_eq!(seen.diagnosed, Some(cured.report.before));
}

/// Asks to stop at the first step that it sees.
struct Impatient(Stop, Arc<Mutex<usize>>);

impl Progress for Impatient {
    fn step(&mut self) {
        *self.1.lock().expect("nobody panicked") += 1;
        self.0.ask();
    }
}

#[test]
fn a_comparison_is_a_value_and_ends_when_it_is_asked_to() {
    let options = CompareOptions {
        rectifiers: ["relu", "leaky-relu:0.1"]
            .map(|name| name.parse().expect("a rectifier"))
            .to_vec(),
        seeds: 2,
        training: TrainOptions {
            epochs: 1,
            ..TrainOptions::default()
        },
        jobs: 2,
        ..CompareOptions::default()
    };
    let task = memory();
    let compared = compare(&task, &options, &Stop::new(), &mut ()).expect("a comparison");
    assert_eq!((compared.trials.len(), compared.summary.len()), (4, 2));
    let json = serde_json::to_string(&compared).expect("JSON");
    let read: Comparison = serde_json::from_str(&json).expect("a comparison");
    assert_eq!(read, compared);

    let (stop, steps) = (Stop::new(), Arc::default());
    let mut impatient = Impatient(stop.clone(), Arc::clone(&steps));
    let stopped = compare(&task, &options, &stop, &mut impatient).expect_err("it was stopped");
    assert!(
        matches!(stopped, CompareError::Run(RunError::Stopped(_))),
        "{stopped}"
    );
    assert!(*steps.lock().expect("nobody panicked") > 0);
}

#[test]
fn a_conversion_says_what_became_of_each_rectifier() {
    let mut converted = model();
    let options = ConvertOptions {
        alpha: 0.2,
        ..ConvertOptions::default()
    };
    let conversion = convert(&mut converted, "digits", &options).expect("it is converted");
    assert_eq!(conversion.converted, conversion.rectifiers.len());
    assert!(
        conversion
            .rectifiers
            .iter()
            .all(|rectifier| rectifier.done == Done::Converted && rectifier.op == "Relu")
    );
    let arrays = Arrays::from_bytes("digits-train.npz", DATA).expect("data");
    let task = Task::new("digits", converted, &arrays).expect("they fit");
    let verdict = diagnose(&task, 64, &Stop::new(), &mut ()).expect("a verdict");
    assert_eq!(verdict.layers.len(), conversion.converted);
    assert!(verdict.layers.iter().all(|layer| layer.op == "LeakyRelu"));

    let first = conversion.rectifiers[0].name.clone();
    let skip = ConvertOptions {
        skip: vec![first],
        ..ConvertOptions::default()
    };
    let conversion = convert(&mut model(), "digits", &skip).expect("the others are converted");
    assert_eq!(conversion.rectifiers[0].done, Done::NotAsked);
    assert_eq!(conversion.converted + 1, conversion.rectifiers.len());
}

/// The program that the page of the crate shows is the example, but for hidden lines.
#[test]
fn the_first_program_of_the_readme_is_the_example() {
    let readme = include_str!("../README.md");
    let (_, rest) = readme.split_once("```rust\n").expect("a program");
    let (program, _) = rest.split_once("```").expect("its end");
    let shown: String = program
        .lines()
        .filter(|line| !line.starts_with("# "))
        .map(|line| format!("{line}\n"))
        .collect();
    let example = include_str!("../examples/cure.rs");
    let (_, example) = example.split_once("\n\n").expect("a comment before it");
    assert_eq!(shown, example);
    assert!(example.lines().count() < 20);
}
