//! Diffusion: handwritten digits come out of noise, with ReLU and with Leaky ReLU.
//!
//! ```text
//! cargo run --release -p examples --bin diffusion
//! ```

mod network;
mod noise;

use std::process::ExitCode;

use burn::module::Module;
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Distribution, Tensor, TensorData};
use leaky_burn::{Rectifier, count_units};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use examples::Result;
use examples::batches::shuffled;
use examples::digits::{Digits, SIZE};
use examples::judge::Judge;
use examples::options::Options;
use examples::output::Output;
use examples::picture::{Picture, grey};
use examples::rectifiers::relu_and_leaky;
use examples::report::report;
use examples::start::start;
use examples::trained::{write_networks, write_samples};
use examples::trials::{Score, Trial, train_all};
use examples::watch::Watch;

use network::UNet;
use noise::{STEPS, Schedule, with_time};

const ABOUT: &str = "Diffusion: a small U-Net brings handwritten digits out of noise, with ReLU and with Leaky ReLU";
const BATCH: usize = 48;

fn main() -> ExitCode {
    start("diffusion", ABOUT, run)
}

fn run(options: &Options, output: &Output) -> Result {
    let (digits, held_out) = (Digits::training()?, Digits::held_out()?);
    let judge = Judge::new(&digits, &held_out);
    let epochs = options.amount(16, 3);
    let rate = options.learning_rate.unwrap_or(0.002);
    let settings = relu_and_leaky(&[0.01, 0.1]);
    let steps = (epochs * digits.images.len().div_ceil(BATCH)) as u64;
    let schedule = Schedule::new();
    let count = options.amount(300, 100);
    let trials = train_all(options, &settings, steps, |&rectifier, seed, watch| {
        let network = train(rectifier, seed, &digits, &schedule, epochs, rate, watch);
        let verdict = judge.verdict(&pixels(&schedule.made(&network, count, STEPS).0));
        let scores = vec![
            Score::low("Fréchet distance", verdict.distance),
            Score::high("digits made", verdict.digits as f64),
        ];
        Ok((network, scores))
    })?;
    println!(
        "The judge names {:.1} % of held-out digits right.\n",
        judge.accuracy(&held_out) * 100.0
    );
    report(options, output, &trials)?;
    let first = &trials[..settings.len()];
    output.write("digits.png", &drawn(first, &digits, &schedule)?)?;

    let device = Device::flex();
    device.seed(0);
    let clean = images(&held_out.images, &device);
    let noise = Tensor::random(clean.shape(), Distribution::Normal(0.0, 1.0), &device);
    let at: Vec<usize> = (0..held_out.images.len())
        .map(|place| place % STEPS)
        .collect();
    let x = with_time(schedule.drown(clean, noise.clone(), &at), &at);
    write_samples(
        output,
        "noisy.safetensors",
        &x.to_data(),
        Some(&noise.to_data()),
    )?;
    write_networks(output, first, &x.to_data(), |network| {
        Ok((network.onnx()?, network.forward(x.clone()).to_data()))
    })
}

fn train(
    rectifier: Rectifier,
    seed: u64,
    digits: &Digits,
    schedule: &Schedule,
    epochs: usize,
    rate: f64,
    watch: &mut Watch,
) -> UNet {
    let device = Device::flex().autodiff();
    device.seed(seed);
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut network = UNet::new(rectifier, &device);
    let mut optimizer = AdamConfig::new().init();
    let all = images(&digits.images, &device);
    for epoch in 0..epochs {
        // Falls to a tenth from the first epoch to the last.
        let rate = rate * 0.1_f64.powf(epoch as f64 / epochs as f64);
        for batch in shuffled(digits.images.len(), BATCH, &mut random, &device) {
            let clean = all.clone().select(0, batch);
            let at: Vec<usize> = (0..clean.dims()[0])
                .map(|_| random.random_range(0..STEPS))
                .collect();
            let noise = Tensor::random(clean.shape(), Distribution::Normal(0.0, 1.0), &device);
            let noisy = with_time(schedule.drown(clean, noise.clone(), &at), &at);
            let (told, counts) = count_units(|| network.forward(noisy));
            let loss = (told - noise).powi_scalar(2).mean();
            watch.step(loss.clone().into_scalar(), &counts);
            let gradients = GradientsParams::from_grads(loss.backward(), &network);
            network = optimizer.step(rate, network, gradients);
        }
        watch.epoch(None);
    }
    network.valid()
}

/// Digits as the network sees them: from -1 to 1.
fn images(images: &[Vec<f32>], device: &Device) -> Tensor<4> {
    let data = TensorData::new(images.concat(), [images.len(), 1, SIZE, SIZE]);
    Tensor::from_data(data, device) * 2.0 - 1.0
}

/// And as they are looked at: from 0 to 1.
fn pixels(digits: &Tensor<4>) -> Vec<Vec<f32>> {
    let digits = ((digits.clone() + 1.0) / 2.0).clamp(0.0, 1.0).to_data();
    let pixels: Vec<f32> = digits.iter().collect();
    pixels.chunks(SIZE * SIZE).map(<[f32]>::to_vec).collect()
}

/// Real digits, what each network makes of the same noise, and one line of how they come out of it.
fn drawn(trials: &[Trial<UNet>], real: &Digits, schedule: &Schedule) -> Result<Vec<u8>> {
    const SHOWN: usize = 14;
    const SCALE: usize = 5;
    const STEP: usize = SIZE * SCALE + 5;
    const LEFT: usize = 160;
    let mut rows = vec![("real".to_owned(), real.images[..2 * SHOWN].to_vec())];
    for trial in trials {
        let (made, way) = schedule.made(&trial.network, 2 * SHOWN, STEPS / SHOWN + 1);
        rows.push((trial.name.clone(), pixels(&made)));
        let one = |noisy: &Tensor<4>| pixels(&noisy.clone().narrow(0, 0, 1)).remove(0);
        let mut steps: Vec<Vec<f32>> = way.iter().map(one).collect();
        steps.push(one(&made));
        rows.push(("  on the way".to_owned(), steps));
    }
    let height: usize = rows
        .iter()
        .map(|(_, digits)| digits.len().div_ceil(SHOWN) * STEP + 8)
        .sum();
    let mut picture = Picture::new(LEFT + SHOWN * STEP, height, [255; 3]);
    let mut top = 4;
    for (name, digits) in &rows {
        let lines = digits.len().div_ceil(SHOWN);
        picture.text([8, top + lines * STEP / 2], 16, name)?;
        for (place, digit) in digits.iter().enumerate() {
            let corner = [LEFT + place % SHOWN * STEP, top + place / SHOWN * STEP];
            picture.image(corner, SCALE, SIZE, digit.iter().map(|&pixel| grey(pixel)));
        }
        top += lines * STEP + 8;
    }
    picture.png()
}
