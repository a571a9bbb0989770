//! Medical images: a U-Net marks lesions in scans, with ReLU and with Leaky ReLU.
//!
//! ```text
//! cargo run --release -p examples --bin segmentation
//! ```

mod measures;
mod network;
mod scans;

use std::process::ExitCode;

use burn::module::Module;
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Tensor};
use leaky_burn::{Rectifier, count_units};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

use examples::Result;
use examples::batches::shuffled;
use examples::loss::binary_cross_entropy;
use examples::options::Options;
use examples::output::Output;
use examples::picture::{Picture, grey};
use examples::rectifiers::relu_and_leaky;
use examples::report::report;
use examples::start::start;
use examples::trained::{write_networks, write_samples};
use examples::trials::{Score, Trial, train_all};
use examples::watch::Watch;

use measures::{dice, sensitivity_to_small};
use network::UNet;
use scans::{SIZE, Scans};

const ABOUT: &str = "Medical images: a U-Net marks lesions in scans that are made to look like tumours in an organ, with ReLU and with Leaky ReLU";
const BATCH: usize = 16;

fn main() -> ExitCode {
    start("segmentation", ABOUT, run)
}

fn run(options: &Options, output: &Output) -> Result {
    let training = Scans::new(options.amount(384, 96), 1)?;
    let held_out = Scans::new(options.amount(192, 32), 2)?;
    let epochs = options.amount(25, 20);
    let rate = options.learning_rate.unwrap_or(0.003);
    let settings = relu_and_leaky(&[0.01, 0.1]);
    let steps = (epochs * training.images.len().div_ceil(BATCH)) as u64;
    let trials = train_all(options, &settings, steps, |&rectifier, seed, watch| {
        let network = train(rectifier, seed, &training, epochs, rate, watch);
        let found = masks(&network, &held_out);
        let scores = vec![
            Score::high("Dice", dice(&found, &held_out.masks)),
            Score::high(
                "small lesions",
                sensitivity_to_small(&found, &held_out.masks),
            ),
        ];
        Ok((network, scores))
    })?;
    report(options, output, &trials)?;
    output.write("masks.png", &drawn(&trials[..settings.len()], &held_out)?)?;

    let (x, y) = held_out.tensors(&Device::flex());
    write_samples(
        output,
        "scans.safetensors",
        &x.to_data(),
        Some(&y.to_data()),
    )?;
    write_networks(output, &trials[..settings.len()], &x.to_data(), |network| {
        Ok((network.onnx()?, network.forward(x.clone()).to_data()))
    })
}

fn train(
    rectifier: Rectifier,
    seed: u64,
    scans: &Scans,
    epochs: usize,
    rate: f64,
    watch: &mut Watch,
) -> UNet {
    let device = Device::flex().autodiff();
    device.seed(seed);
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let (images, masks) = scans.tensors(&device);
    let mut network = UNet::new(rectifier, &device);
    let mut optimizer = AdamConfig::new().init();
    for _ in 0..epochs {
        for batch in shuffled(scans.images.len(), BATCH, &mut random, &device) {
            let images = images.clone().select(0, batch.clone());
            let masks = masks.clone().select(0, batch);
            let (logits, counts) = count_units(|| network.forward(images));
            let loss = loss(logits, masks);
            watch.step(loss.clone().into_scalar(), &counts);
            let gradients = GradientsParams::from_grads(loss.backward(), &network);
            network = optimizer.step(rate, network, gradients);
        }
        watch.epoch(None);
    }
    network.valid()
}

/// Cross-entropy of each pixel, and one less the Dice coefficient of the probabilities: lesions are few
/// pixels, and the second does not let the many others drown them (Milletari, Navab and Ahmadi 2016).
fn loss(logits: Tensor<4>, masks: Tensor<4>) -> Tensor<1> {
    let found = burn::tensor::activation::sigmoid(logits.clone());
    let both = (found.clone() * masks.clone()).sum();
    let dice = (both * 2.0 + 1.0) / (found.sum() + masks.clone().sum() + 1.0);
    binary_cross_entropy(logits, masks) - dice + 1.0
}

/// The pixels that the network takes for lesions.
fn masks(network: &UNet, scans: &Scans) -> Vec<Vec<bool>> {
    let (images, _) = scans.tensors(&Device::flex());
    let logits = network.forward(images).to_data();
    let found: Vec<bool> = logits.iter::<f32>().map(|logit| logit > 0.0).collect();
    found.chunks(SIZE * SIZE).map(<[bool]>::to_vec).collect()
}

/// Scans with their lesions, and what each network marks: right in green, missed in red, wrong in blue.
fn drawn(trials: &[Trial<UNet>], scans: &Scans) -> Result<Vec<u8>> {
    const SHOWN: usize = 8;
    const SCALE: usize = 3;
    const STEP: usize = SIZE * SCALE + 6;
    const LEFT: usize = 130;
    let mut picture = Picture::new(LEFT + SHOWN * STEP, (trials.len() + 1) * STEP + 6, [255; 3]);
    let with_lesions = (0..scans.masks.len()).filter(|&scan| scans.masks[scan].contains(&1.0));
    let shown: Vec<usize> = with_lesions.take(SHOWN).collect();
    picture.text([8, STEP / 2], 16, "scan")?;
    for (column, &scan) in shown.iter().enumerate() {
        let corner = [LEFT + column * STEP, 6];
        picture.image(
            corner,
            SCALE,
            SIZE,
            scans.images[scan].iter().map(|&pixel| grey(pixel)),
        );
    }
    for (row, trial) in trials.iter().enumerate() {
        let top = (row + 1) * STEP + 6;
        picture.text([8, top + STEP / 2], 16, &trial.name)?;
        let found = masks(&trial.network, scans);
        for (column, &scan) in shown.iter().enumerate() {
            let pixels = scans.images[scan]
                .iter()
                .zip(&scans.masks[scan])
                .zip(&found[scan]);
            let colours = pixels.map(|((&pixel, &mask), &found)| match (mask > 0.5, found) {
                (true, true) => [60, 190, 90],
                (true, false) => [225, 60, 40],
                (false, true) => [70, 120, 240],
                (false, false) => grey(pixel),
            });
            picture.image([LEFT + column * STEP, top], SCALE, SIZE, colours);
        }
    }
    picture.png()
}
