//! Language: a small transformer learns to write like Jules Verne, with ReLU and with Leaky ReLU in its
//! feed-forward parts.
//!
//! ```text
//! cargo run --release -p examples --bin language
//! ```

mod network;
mod text;

use std::process::ExitCode;

use burn::grad_clipping::GradientClippingConfig;
use burn::module::Module;
use burn::optim::{AdamWConfig, GradientsParams};
use burn::tensor::activation::softmax;
use burn::tensor::{Device, Int, Tensor, TensorData};
use leaky_burn::{Rectifier, UnitCounts, count_units};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use examples::Result;
use examples::loss::cross_entropy;
use examples::options::Options;
use examples::output::Output;
use examples::picture::{Picture, grey};
use examples::rectifiers::relu_and_leaky;
use examples::report::report;
use examples::start::start;
use examples::trained::{write_networks, write_samples};
use examples::trials::{Score, Trial, train_all};
use examples::watch::Watch;

use network::{CONTEXT, Transformer, UNITS};
use text::{Text, Windows};

const ABOUT: &str = "Language: a small transformer learns to write like Jules Verne, character by character, with ReLU and with Leaky ReLU in its feed-forward parts";
const BATCH: usize = 16;
/// How many characters each network writes.
const WRITTEN: usize = 400;

fn main() -> ExitCode {
    start("language", ABOUT, run)
}

fn run(options: &Options, output: &Output) -> Result {
    let text = Text::new();
    let steps = options.amount(1000, 200);
    let rate = options.learning_rate.unwrap_or(0.002);
    let held_out = text.held_out(options.amount(256, 64), CONTEXT);
    let settings = relu_and_leaky(&[0.01, 0.1]);
    let trials = train_all(options, &settings, steps, |&rectifier, seed, watch| {
        let network = train(rectifier, seed, &text, steps, rate, watch);
        let bits = bits(&network, &held_out);
        Ok((network, vec![Score::low("bits a character", bits)]))
    })?;
    report(options, output, &trials)?;

    let first = &trials[..settings.len()];
    output.write("units.png", &drawn(first, &held_out)?)?;
    let mut written = String::new();
    for trial in first {
        let sample = write(&trial.network, &text, options.amount(WRITTEN, 60));
        written += &format!("== {}\n\n{sample}\n\n", trial.name);
    }
    println!("\n{}", written.trim_end());
    output.write("sample.txt", written.as_bytes())?;

    let x = TensorData::new(held_out.given.clone(), [held_out.batch, CONTEXT]);
    write_samples(output, "text.safetensors", &x, Some(&next(&held_out)))?;
    write_networks(output, first, &x, |network| {
        let logits = network.forward(given(&held_out, &Device::flex()));
        Ok((network.onnx()?, logits.to_data()))
    })
}

fn train(
    rectifier: Rectifier,
    seed: u64,
    text: &Text,
    steps: u64,
    rate: f64,
    watch: &mut Watch,
) -> Transformer {
    let device = Device::flex().autodiff();
    device.seed(seed);
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut network = Transformer::new(text.characters.len(), rectifier, &device);
    let clipping = GradientClippingConfig::Norm(1.0);
    let mut optimizer = AdamWConfig::new().with_grad_clipping(Some(clipping)).init();
    for step in 0..steps {
        let windows = text.random(BATCH, CONTEXT, &mut random);
        let (logits, counts) = count_units(|| network.forward(given(&windows, &device)));
        let loss = loss(logits, &windows);
        watch.step(loss.clone().into_scalar(), &counts);
        let gradients = GradientsParams::from_grads(loss.backward(), &network);
        // Rises over the first steps, then falls along a cosine.
        let done = step as f64 / steps as f64;
        let rising = ((step + 1) as f64 / 30.0).min(1.0);
        let rate = rate * rising * (0.55 + 0.45 * (std::f64::consts::PI * done).cos());
        network = optimizer.step(rate, network, gradients);
        if (step + 1) % (steps / 20) == 0 {
            watch.epoch(None);
        }
    }
    network.valid()
}

/// The mean cross-entropy of what follows each character, in nats.
fn loss(logits: Tensor<3>, windows: &Windows) -> Tensor<1> {
    let [batch, length, characters] = logits.dims();
    let next = Tensor::<2, Int>::from_data(next(windows), &logits.device());
    cross_entropy(
        logits.reshape([batch * length, characters]),
        next.reshape([batch * length]),
    )
}

fn given(windows: &Windows, device: &Device) -> Tensor<2, Int> {
    Tensor::from_data(
        TensorData::new(windows.given.clone(), [windows.batch, CONTEXT]),
        device,
    )
}

fn next(windows: &Windows) -> TensorData {
    TensorData::new(windows.next.clone(), [windows.batch, CONTEXT])
}

/// How many bits the network needs for a character.
fn bits(network: &Transformer, windows: &Windows) -> f64 {
    let logits = network.forward(given(windows, &Device::flex()));
    loss(logits, windows).into_scalar::<f64>() / std::f64::consts::LN_2
}

/// What the network writes behind the beginning of a chapter; its characters are drawn by their
/// probabilities, sharpened a little.
fn write(network: &Transformer, text: &Text, length: usize) -> String {
    let mut random = ChaCha8Rng::seed_from_u64(0);
    let beginning = "In the morning Mr. Fogg and Passepartout set out";
    let number = |own: char| text.characters.binary_search(&own).unwrap_or(0) as i64;
    let mut written: Vec<i64> = beginning.chars().map(number).collect();
    for _ in 0..length {
        let seen = written[written.len() - CONTEXT..].to_vec();
        let given = Tensor::from_data(TensorData::new(seen, [1, CONTEXT]), &Device::flex());
        let logits = network.forward(given).narrow(1, CONTEXT - 1, 1) / 0.7;
        let mut left = random.random_range(0.0..1.0_f32);
        let probabilities = softmax(logits, 2).to_data();
        let drawn = probabilities.iter::<f32>().position(|probability| {
            left -= probability;
            left < 0.0
        });
        written.push(drawn.unwrap_or(0) as i64);
    }
    written
        .iter()
        .map(|&own| text.characters[own as usize])
        .collect()
}

/// Each feed-forward unit as a square: the brighter, the more often it is above zero; red where never.
fn drawn(trials: &[Trial<Transformer>], windows: &Windows) -> Result<Vec<u8>> {
    const SCALE: usize = 8;
    const COLUMNS: usize = 32;
    const LEFT: usize = 130;
    let height = UNITS / COLUMNS * SCALE;
    let mut picture = Picture::new(
        LEFT + 2 * (COLUMNS * SCALE + 10),
        30 + trials.len() * (height + 10),
        [255; 3],
    );
    picture.text([LEFT, 15], 16, "units of the first layer")?;
    picture.text(
        [LEFT + COLUMNS * SCALE + 10, 15],
        16,
        "units of the second layer",
    )?;
    for (row, trial) in trials.iter().enumerate() {
        let top = 30 + row * (height + 10);
        picture.text([8, top + height / 2], 16, &trial.name)?;
        let given = given(windows, &Device::flex());
        let (_, counts) = count_units(|| trial.network.forward(given));
        for (layer, counts) in counts.iter().enumerate() {
            let left = LEFT + layer * (COLUMNS * SCALE + 10);
            picture.image([left, top], SCALE, COLUMNS, shades(counts));
        }
    }
    picture.png()
}

fn shades(counts: &UnitCounts) -> impl Iterator<Item = [u8; 3]> {
    let total = counts.total() as f32;
    counts.above_zero().iter().map(move |&count| match count {
        0 => [220, 40, 40],
        count => grey((count as f32 / total).sqrt()),
    })
}
