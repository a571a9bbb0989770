//! Speech: a network along time tells spoken digits apart, with ReLU and with Leaky ReLU.
//!
//! ```text
//! cargo run --release -p examples --bin speech
//! ```

mod mel;
mod network;
mod voice;

use std::process::ExitCode;

use burn::module::Module;
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Int, Tensor, TensorData};
use leaky_burn::{Rectifier, count_units};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

use examples::Result;
use examples::batches::shuffled;
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

use mel::{BANDS, WINDOWS, log_mel};
use network::Listener;
use voice::{Speech, WORDS};

const ABOUT: &str = "Speech: a network along time tells spoken digits apart, which are synthesised, with ReLU and with Leaky ReLU";
const BATCH: usize = 32;

/// Words as the network hears them.
struct Heard {
    bands: Tensor<4>,
    words: Vec<i64>,
}

fn main() -> ExitCode {
    start("speech", ABOUT, run)
}

fn run(options: &Options, output: &Output) -> Result {
    let heard = |count: usize, seed: u64| {
        let speech = Speech::new(count, seed);
        Heard {
            bands: log_mel(&speech.waves, &Device::flex()),
            words: speech.words,
        }
    };
    let (training, held_out) = (
        heard(options.amount(1000, 200), 1),
        heard(options.amount(500, 100), 2),
    );
    let epochs = options.amount(30, 8);
    let rate = options.learning_rate.unwrap_or(0.002);
    let settings = relu_and_leaky(&[0.01, 0.1]);
    let steps = (epochs * training.words.len().div_ceil(BATCH)) as u64;
    let trials = train_all(options, &settings, steps, |&rectifier, seed, watch| {
        let network = train(rectifier, seed, &training, epochs, rate, watch);
        let confusion = confusion(&network, &held_out);
        let right: usize = (0..WORDS.len()).map(|word| confusion[word][word]).sum();
        let accuracy = right as f64 / held_out.words.len() as f64;
        Ok((network, vec![Score::high("accuracy", accuracy)]))
    })?;
    report(options, output, &trials)?;

    let first = &trials[..settings.len()];
    output.write("confusion.png", &drawn(first, &held_out)?)?;
    let x = &held_out.bands;
    let words = TensorData::new(held_out.words.clone(), [held_out.words.len()]);
    write_samples(output, "words.safetensors", &x.to_data(), Some(&words))?;
    write_networks(output, first, &x.to_data(), |network| {
        Ok((network.onnx()?, network.forward(x.clone()).to_data()))
    })
}

fn train(
    rectifier: Rectifier,
    seed: u64,
    heard: &Heard,
    epochs: usize,
    rate: f64,
    watch: &mut Watch,
) -> Listener {
    let device = Device::flex().autodiff();
    device.seed(seed);
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut network = Listener::new(rectifier, &device);
    let mut optimizer = AdamConfig::new().init();
    let bands = Tensor::<4>::from_data(heard.bands.to_data(), &device);
    let words = TensorData::new(heard.words.clone(), [heard.words.len()]);
    let words = Tensor::<1, Int>::from_data(words, &device);
    for _ in 0..epochs {
        for batch in shuffled(heard.words.len(), BATCH, &mut random, &device) {
            let bands = bands.clone().select(0, batch.clone());
            let (logits, counts) = count_units(|| network.forward(bands));
            let loss = cross_entropy(logits, words.clone().select(0, batch));
            watch.step(loss.clone().into_scalar(), &counts);
            let gradients = GradientsParams::from_grads(loss.backward(), &network);
            network = optimizer.step(rate, network, gradients);
        }
        watch.epoch(None);
    }
    network.valid()
}

/// How often each word, by row, was heard as each, by column.
fn confusion(network: &Listener, heard: &Heard) -> [[usize; WORDS.len()]; WORDS.len()] {
    let named = network.forward(heard.bands.clone()).argmax(1).to_data();
    let mut confusion = [[0; WORDS.len()]; WORDS.len()];
    for (named, &word) in named.iter::<i64>().zip(&heard.words) {
        confusion[word as usize][named as usize] += 1;
    }
    confusion
}

/// What the network hears of each word, and how often each was taken for which.
fn drawn(trials: &[Trial<Listener>], heard: &Heard) -> Result<Vec<u8>> {
    const SCALE: usize = 2;
    const CELL: usize = 24;
    const LEFT: usize = 60;
    const TOP: usize = 2 * (BANDS * SCALE + 26) + 40;
    let table = CELL * WORDS.len();
    let mut picture = Picture::new(
        trials.len() * (table + LEFT) + 20,
        TOP + table + 30,
        [255; 3],
    );
    let bands: Vec<f32> = heard.bands.to_data().iter().collect();
    for (word, name) in WORDS.iter().enumerate() {
        let corner = [
            12 + word % 5 * (WINDOWS * SCALE + 30),
            word / 5 * (BANDS * SCALE + 26) + 24,
        ];
        picture.text([corner[0], corner[1] - 10], 15, name)?;
        let own = &bands[word * BANDS * WINDOWS..][..BANDS * WINDOWS];
        // High pitches above low ones.
        let shades = own
            .chunks(WINDOWS)
            .rev()
            .flatten()
            .map(|&loud| grey(loud / 5.0 + 0.4));
        picture.image(corner, SCALE, WINDOWS, shades);
    }
    for (place, trial) in trials.iter().enumerate() {
        let left = place * (table + LEFT) + LEFT;
        picture.text([left, TOP - 16], 16, &trial.name)?;
        for (said, row) in confusion(&trial.network, heard).iter().enumerate() {
            let top = TOP + said * CELL;
            picture.text([left - 48, top + CELL / 2], 14, WORDS[said])?;
            let all = row.iter().sum::<usize>() as f32;
            for (named, &count) in row.iter().enumerate() {
                let part = count as f32 / all;
                let shade = (255.0 * (1.0 - part.sqrt())) as u8;
                let colour = if said == named {
                    [shade, 225, shade]
                } else {
                    [255, shade, shade]
                };
                let colour = if count == 0 { [244, 244, 244] } else { colour };
                picture.fill([left + named * CELL, top], [CELL - 1; 2], colour);
                if count > 0 {
                    picture.text(
                        [left + named * CELL + 3, top + CELL / 2],
                        12,
                        &count.to_string(),
                    )?;
                }
            }
        }
    }
    picture.text([LEFT, TOP + table + 14], 14, "said by row, heard by column")?;
    picture.png()
}
