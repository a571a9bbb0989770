//! Object detection: a one-stage detector finds digits and shapes in scenes, with ReLU and with
//! Leaky ReLU.
//!
//! ```text
//! cargo run --release -p examples --bin detection
//! ```

mod network;
mod precision;
mod scenes;

use std::process::ExitCode;

use burn::module::Module;
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Tensor, TensorData};
use leaky_burn::{Rectifier, count_units};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;

use examples::Result;
use examples::digits::Digits;
use examples::options::Options;
use examples::output::Output;
use examples::picture::{Colour, Picture, grey};
use examples::rectifiers::relu_and_leaky;
use examples::report::report;
use examples::start::start;
use examples::trained::{write_networks, write_samples};
use examples::trials::{Score, Trial, train_all};
use examples::watch::Watch;

use network::{Detector, detections, loss, targets};
use precision::mean_average_precision;
use scenes::{CLASSES, SIZE, Scene, scenes};

const ABOUT: &str = "Object detection: a one-stage detector finds digits and shapes in scenes, with ReLU and with Leaky ReLU";
const BATCH: usize = 16;
/// Boxes that the detector is less sure of are not drawn.
const DRAWN: f32 = 0.4;
const COLOURS: [Colour; CLASSES.len()] = [
    [250, 200, 40],
    [70, 170, 250],
    [90, 220, 110],
    [240, 90, 190],
];

fn main() -> ExitCode {
    start("detection", ABOUT, run)
}

fn run(options: &Options, output: &Output) -> Result {
    let training = scenes(options.amount(600, 128), &Digits::training()?, 1)?;
    let held_out = scenes(options.amount(200, 48), &Digits::held_out()?, 2)?;
    let epochs = options.amount(30, 25);
    let rate = options.learning_rate.unwrap_or(0.002);
    let settings = relu_and_leaky(&[0.01, 0.1]);
    let steps = (epochs * training.len().div_ceil(BATCH)) as u64;
    let device = Device::flex();
    let x = pixels(&held_out.iter().collect::<Vec<_>>(), &device);
    let trials = train_all(options, &settings, steps, |&rectifier, seed, watch| {
        let network = train(rectifier, seed, &training, epochs, rate, watch);
        let found = detections(network.forward(x.clone()));
        Ok((
            network,
            vec![Score::high(
                "mean average precision",
                mean_average_precision(&found, &held_out),
            )],
        ))
    })?;
    report(options, output, &trials)?;

    let first = &trials[..settings.len()];
    output.write("boxes.png", &drawn(first, &held_out)?)?;
    write_samples(output, "scenes.safetensors", &x.to_data(), None)?;
    write_networks(output, first, &x.to_data(), |network| {
        Ok((network.onnx()?, network.forward(x.clone()).to_data()))
    })
}

fn train(
    rectifier: Rectifier,
    seed: u64,
    scenes: &[Scene],
    epochs: usize,
    rate: f64,
    watch: &mut Watch,
) -> Detector {
    let device = Device::flex().autodiff();
    device.seed(seed);
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut network = Detector::new(rectifier, &device);
    let mut optimizer = AdamConfig::new().init();
    let mut order: Vec<&Scene> = scenes.iter().collect();
    for epoch in 0..epochs {
        // Falls to a tenth from the first epoch to the last.
        let rate = rate * 0.1_f64.powf(epoch as f64 / epochs as f64);
        order.shuffle(&mut random);
        for batch in order.chunks(BATCH) {
            let (told, counts) = count_units(|| network.forward(pixels(batch, &device)));
            let loss = loss(told, targets(batch, &device));
            watch.step(loss.clone().into_scalar(), &counts);
            let gradients = GradientsParams::from_grads(loss.backward(), &network);
            network = optimizer.step(rate, network, gradients);
        }
        watch.epoch(None);
    }
    network.valid()
}

fn pixels(scenes: &[&Scene], device: &Device) -> Tensor<4> {
    let pixels = scenes.iter().flat_map(|scene| scene.pixels.iter().copied());
    let data = TensorData::new(pixels.collect::<Vec<f32>>(), [scenes.len(), 1, SIZE, SIZE]);
    Tensor::from_data(data, device)
}

/// Scenes with the true boxes, and below them with those that each network finds.
fn drawn(trials: &[Trial<Detector>], held_out: &[Scene]) -> Result<Vec<u8>> {
    const SHOWN: usize = 6;
    const SCALE: usize = 3;
    const STEP: usize = SIZE * SCALE + 6;
    const LEFT: usize = 130;
    let scenes: Vec<&Scene> = held_out.iter().take(SHOWN).collect();
    let truth = scenes.iter().map(|scene| scene.objects.clone()).collect();
    let mut rows = vec![("what is there", truth)];
    for trial in trials {
        let found = detections(trial.network.forward(pixels(&scenes, &Device::flex())));
        let sure = found.into_iter().map(|found| {
            found
                .into_iter()
                .filter(|(sure, _)| *sure >= DRAWN)
                .map(|(_, object)| object)
                .collect()
        });
        rows.push((trial.name.as_str(), sure.collect::<Vec<Vec<_>>>()));
    }
    let mut picture = Picture::new(LEFT + SHOWN * STEP, rows.len() * STEP + 30, [255; 3]);
    for (row, (name, boxes)) in rows.iter().enumerate() {
        picture.text([8, row * STEP + STEP / 2], 16, name)?;
        for (column, (scene, boxes)) in scenes.iter().zip(boxes).enumerate() {
            let corner = [LEFT + column * STEP, row * STEP + 4];
            picture.image(
                corner,
                SCALE,
                SIZE,
                scene.pixels.iter().map(|&pixel| grey(pixel)),
            );
            for object in boxes {
                let start = |middle: f32, length: f32| {
                    ((middle - length / 2.0).max(0.0) * SCALE as f32) as usize
                };
                let length = |length: f32| (length * SCALE as f32) as usize;
                let at = [
                    corner[0] + start(object.x, object.width),
                    corner[1] + start(object.y, object.height),
                ];
                let size = [length(object.width), length(object.height)];
                picture.frame(at, size, COLOURS[object.class]);
                picture.frame(
                    [at[0] + 1, at[1] + 1],
                    size.map(|size| size.saturating_sub(2)),
                    COLOURS[object.class],
                );
            }
        }
    }
    let bottom = rows.len() * STEP + 8;
    for (class, name) in CLASSES.iter().enumerate() {
        picture.fill([LEFT + class * 100, bottom], [12; 2], COLOURS[class]);
        picture.text([LEFT + class * 100 + 18, bottom + 6], 15, name)?;
    }
    picture.png()
}
