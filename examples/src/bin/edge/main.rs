//! Edge: a network reads handwritten digits on a microcontroller, in `f32` and in 8 bits, with ReLU and
//! with Leaky ReLU.
//!
//! ```text
//! cargo run --release -p examples --bin edge
//! ```
//!
//! It is trained here, put in 8 bits, and compiled for a Cortex-M4 together with the lines of code that
//! compute it. An emulator runs that, and every output must have the bits that it has here.

mod microcontroller;
mod network;
mod source;
mod weights;

use std::collections::BTreeMap;
use std::process::ExitCode;

use burn::module::Module;
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Int, Tensor, TensorData};
use edge_network::{BRIGHTEST, FloatLayer, Layer, QuantizedLayer};
use leaky_burn::{Rectifier, count_units};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

use examples::Result;
use examples::batches::shuffled;
use examples::digits::{Digits, SIZE, drawn};
use examples::loss::cross_entropy;
use examples::options::Options;
use examples::output::Output;
use examples::rectifiers::relu_and_leaky;
use examples::report::{report, table};
use examples::start::start;
use examples::trained::{file_name, write_networks, write_samples};
use examples::trials::{Score, Trial, progress, train_all};
use examples::watch::Watch;

use microcontroller::{Figures, Form, Microcontroller};
use network::Reader;
use weights::Weights;

const ABOUT: &str = "Edge: a network reads handwritten digits on a microcontroller, in f32 and in 8 bits, with ReLU and with Leaky ReLU";
const BATCH: usize = 32;
/// By how much the sums of `edge-network` may differ from Burn's, as a part of the largest output.
const TOLERANCE: f32 = 1e-4;

/// Digits as Burn has them and as the microcontroller has them.
struct Samples {
    images: Tensor<4>,
    pixels: Vec<Vec<u8>>,
    labels: Vec<i64>,
}

impl Samples {
    fn new(digits: Digits, most: usize) -> Self {
        let count = digits.images.len().min(most);
        let images: Vec<f32> = digits.images[..count].concat();
        let pixel = |part: &f32| (part * f32::from(BRIGHTEST)).round() as u8;
        Samples {
            pixels: digits.images[..count]
                .iter()
                .map(|image| image.iter().map(pixel).collect())
                .collect(),
            images: Tensor::from_data(
                TensorData::new(images, [count, 1, SIZE, SIZE]),
                &Device::flex(),
            ),
            labels: digits.labels[..count].to_vec(),
        }
    }
}

/// A trained network, and what the microcontroller gets of it.
struct Trained {
    reader: Reader,
    weights: Weights,
}

fn main() -> ExitCode {
    start("edge", ABOUT, run)
}

fn run(options: &Options, output: &Output) -> Result {
    let training = Samples::new(Digits::training()?, usize::MAX);
    let held_out = Samples::new(Digits::held_out()?, options.amount(usize::MAX, 60));
    let epochs = options.amount(30, 4);
    let rate = options.learning_rate.unwrap_or(0.003);
    let settings = relu_and_leaky(&[0.01, 0.1]);
    let steps = (epochs * training.labels.len().div_ceil(BATCH)) as u64;
    let trials = train_all(options, &settings, steps, |&rectifier, seed, watch| {
        let reader = train(rectifier, seed, &training, epochs, rate, watch);
        let weights = Weights::new(&reader, alpha(rectifier), &training.pixels)?;
        let logits: Vec<f32> = reader
            .forward(held_out.images.clone())
            .to_data()
            .iter()
            .collect();
        let float = weights.float_outputs(&held_out.pixels)?;
        same_network(&logits, &float.concat())?;
        let scores = vec![
            Score::high("accuracy", accuracy(&float, &held_out.labels)),
            Score::high(
                "in 8 bits",
                accuracy(
                    &weights.quantized_outputs(&held_out.pixels)?,
                    &held_out.labels,
                ),
            ),
        ];
        Ok((Trained { reader, weights }, scores))
    })?;
    report(options, output, &trials)?;

    let first = &trials[..settings.len()];
    for trial in first {
        let source = source::source(&trial.network.weights, &held_out.pixels);
        output.write(&format!("{}.rs", file_name(&trial.name)), source.as_bytes())?;
    }
    output.write("digits.png", &misread(first, &held_out)?)?;
    let x = held_out.images.to_data();
    let labels = TensorData::new(held_out.labels.clone(), [held_out.labels.len()]);
    write_samples(output, "digits.safetensors", &x, Some(&labels))?;
    write_networks(output, first, &x, |network| {
        let reader = &network.reader;
        Ok((
            reader.onnx()?,
            reader.forward(held_out.images.clone()).to_data(),
        ))
    })?;
    match Microcontroller::find() {
        Ok(microcontroller) => {
            on_microcontroller(&microcontroller, output, first, &held_out.pixels)
        }
        Err(missing) => {
            println!("\n{missing}");
            Ok(())
        }
    }
}

/// The slope below zero; none is a ReLU.
fn alpha(rectifier: Rectifier) -> Option<f32> {
    match rectifier {
        Rectifier::Relu => None,
        Rectifier::LeakyRelu { negative_slope } => Some(negative_slope as f32),
    }
}

fn train(
    rectifier: Rectifier,
    seed: u64,
    digits: &Samples,
    epochs: usize,
    rate: f64,
    watch: &mut Watch,
) -> Reader {
    let device = Device::flex().autodiff();
    device.seed(seed);
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut network = Reader::new(rectifier, &device);
    let mut optimizer = AdamConfig::new().init();
    let images = Tensor::<4>::from_data(digits.images.to_data(), &device);
    let labels = TensorData::new(digits.labels.clone(), [digits.labels.len()]);
    let labels = Tensor::<1, Int>::from_data(labels, &device);
    for _ in 0..epochs {
        for batch in shuffled(digits.labels.len(), BATCH, &mut random, &device) {
            let images = images.clone().select(0, batch.clone());
            let (logits, counts) = count_units(|| network.forward(images));
            let loss = cross_entropy(logits, labels.clone().select(0, batch));
            watch.step(loss.clone().into_scalar(), &counts);
            let gradients = GradientsParams::from_grads(loss.backward(), &network);
            network = optimizer.step(rate, network, gradients);
        }
        watch.epoch(None);
    }
    network.valid()
}

/// # Errors
/// If the lines for the microcontroller give another network than the one that was trained.
fn same_network(logits: &[f32], float: &[f32]) -> Result {
    let largest = logits
        .iter()
        .fold(f32::MIN_POSITIVE, |most, logit| most.max(logit.abs()));
    let differ = |(a, b): (&f32, &f32)| (a - b).abs() / largest > TOLERANCE || (a - b).is_nan();
    if logits.len() != float.len() || logits.iter().zip(float).any(differ) {
        return Err(
            "the network for the microcontroller gives other outputs than the one that was trained"
                .into(),
        );
    }
    Ok(())
}

/// The digit with the largest output, the first where several have it.
fn named<T: PartialOrd + Copy>(outputs: &[T]) -> usize {
    (1..outputs.len()).fold(0, |best, digit| {
        if outputs[digit] > outputs[best] {
            digit
        } else {
            best
        }
    })
}

fn accuracy<T: PartialOrd + Copy>(outputs: &[Vec<T>], labels: &[i64]) -> f64 {
    let pairs = outputs.iter().zip(labels);
    let right = pairs
        .filter(|(outputs, label)| named(outputs) as i64 == **label)
        .count();
    right as f64 / labels.len() as f64
}

/// The digits that a network in 8 bits names wrong, and those that it names otherwise than in `f32`.
fn misread(trials: &[Trial<Trained>], digits: &Samples) -> Result<Vec<u8>> {
    let mut groups = Vec::new();
    for trial in trials {
        let float = trial.network.weights.float_outputs(&digits.pixels)?;
        let quantized = trial.network.weights.quantized_outputs(&digits.pixels)?;
        let chosen = |wanted: &dyn Fn(usize) -> bool| -> Vec<Vec<f32>> {
            let images = digits
                .pixels
                .iter()
                .enumerate()
                .filter(|(place, _)| wanted(*place));
            images
                .map(|(_, pixels)| {
                    pixels
                        .iter()
                        .map(|&pixel| FloatLayer::pixel(pixel))
                        .collect()
                })
                .collect()
        };
        let wrong = |place: usize| named(&quantized[place]) as i64 != digits.labels[place];
        let other = |place: usize| named(&quantized[place]) != named(&float[place]);
        groups.push((trial.name.clone(), chosen(&wrong)));
        groups.push(("not as in f32".to_owned(), chosen(&other)));
    }
    groups.retain(|(_, digits)| !digits.is_empty());
    drawn(&groups)
}

/// Runs both forms of each network on the microcontroller, and prints and writes what they take.
fn on_microcontroller(
    microcontroller: &Microcontroller,
    output: &Output,
    trials: &[Trial<Trained>],
    digits: &[Vec<u8>],
) -> Result {
    let bar = progress((trials.len() * Form::BOTH.len()) as u64)?;
    let mut rows = Vec::new();
    let mut figures: BTreeMap<&str, BTreeMap<&str, Figures>> = BTreeMap::new();
    for Trial { name, network, .. } in trials {
        for form in Form::BOTH {
            bar.set_message(format!("{name} in {} on the microcontroller", form.name()));
            let weights = &network.weights;
            let (bytes, expected) = match form {
                Form::Float => (
                    weights.float_bytes(),
                    bits::<FloatLayer>(&weights.float_outputs(digits)?),
                ),
                Form::Quantized => (
                    weights.quantized_bytes(),
                    bits::<QuantizedLayer>(&weights.quantized_outputs(digits)?),
                ),
            };
            let source = output.path(&format!("{}.rs", file_name(name)));
            let log = output.path("microcontroller.txt");
            let own = microcontroller.run(form, &source, &log, &expected)?;
            rows.push(vec![
                format!("{name}, {}", form.name()),
                bytes.to_string(),
                own.flash.to_string(),
                own.memory.to_string(),
                format!("{:.0}", own.instructions),
                format!("{:.0}", own.rectifier_instructions),
            ]);
            figures.entry(name).or_default().insert(form.name(), own);
            bar.inc(1);
        }
    }
    bar.finish_and_clear();
    let columns = [
        "network",
        "parameters, B",
        "flash, B",
        "RAM, B",
        "instructions a digit",
        "of the rectifiers",
    ];
    println!("\n{}", table(columns.map(str::to_owned), rows));
    println!(
        "On an emulated Cortex-M4 ({}): all outputs of {} digits have the bits that they have here.",
        microcontroller.version,
        digits.len()
    );
    output.write_json("microcontroller.json", &figures)
}

fn bits<L: Layer>(outputs: &[Vec<L::Number>]) -> Vec<Vec<u32>> {
    let digit = |outputs: &Vec<L::Number>| outputs.iter().map(|&output| L::bits(output)).collect();
    outputs.iter().map(digit).collect()
}
