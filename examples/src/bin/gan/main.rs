//! Generative adversarial networks: handwritten digits are made, with ReLU, with Leaky ReLU in the
//! discriminator alone as DCGAN has it, and with Leaky ReLU in both networks.
//!
//! ```text
//! cargo run --release -p examples --bin gan
//! ```

mod networks;

use std::process::ExitCode;

use burn::module::Module;
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Distribution, Tensor, TensorData};
use leaky_burn::{Rectifier, count_units};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use rand_distr::{Distribution as _, StandardNormal};

use examples::Result;
use examples::batches::shuffled;
use examples::digits::{Digits, SIZE};
use examples::judge::Judge;
use examples::loss::binary_cross_entropy;
use examples::options::Options;
use examples::output::Output;
use examples::picture::{Picture, grey};
use examples::rectifiers::leaky;
use examples::report::report;
use examples::start::start;
use examples::trained::{file_name, write_network, write_samples};
use examples::trials::{Score, Trial, train_all};
use examples::watch::Watch;

use networks::{Discriminator, Generator, LATENT};

const ABOUT: &str = "Generative adversarial networks: handwritten digits are made, with ReLU, with Leaky ReLU in the discriminator alone as DCGAN has it, and with Leaky ReLU in both networks";
const BATCH: usize = 64;
/// How many digits are made to see what a generator is worth, and how many after each epoch.
const MADE: usize = 500;
const LOOKED_AT: usize = 200;

/// The rectifiers of both networks.
#[derive(Debug, Clone, Copy)]
struct Kinds {
    generator: Rectifier,
    discriminator: Rectifier,
}

/// Both networks.
#[derive(Debug)]
struct Gan {
    generator: Generator,
    discriminator: Discriminator,
}

fn main() -> ExitCode {
    start("gan", ABOUT, run)
}

fn run(options: &Options, output: &Output) -> Result {
    let (digits, held_out) = (Digits::training()?, Digits::held_out()?);
    let judge = Judge::new(&digits, &held_out);
    let epochs = options.amount(60, 8);
    let rate = options.learning_rate.unwrap_or(0.001);
    let (relu, slope) = (Rectifier::Relu, leaky(0.2));
    let settings = [
        ("ReLU", relu, relu),
        ("leaky discriminator", relu, slope),
        ("leaky in both", slope, slope),
    ]
    .map(|(name, generator, discriminator)| {
        (
            name.to_owned(),
            Kinds {
                generator,
                discriminator,
            },
        )
    });
    let steps = (epochs * digits.images.len().div_ceil(BATCH)) as u64;
    let trials = train_all(options, &settings, steps, |&kinds, seed, watch| {
        let gan = train(kinds, seed, &digits, &judge, epochs, rate, watch);
        let verdict = judge.verdict(&made(&gan.generator, MADE));
        let scores = vec![
            Score::low("Fréchet distance", verdict.distance),
            Score::high("digits made", verdict.digits as f64),
        ];
        Ok((gan, scores))
    })?;
    println!(
        "The judge names {:.1} % of held-out digits right.\n",
        judge.accuracy(&held_out) * 100.0
    );
    report(options, output, &trials)?;
    let first = &trials[..settings.len()];
    output.write("digits.png", &drawn(first, &digits)?)?;

    let latent = latent(MADE, &Device::flex());
    write_samples(output, "latent.safetensors", &latent.to_data(), None)?;
    let real = images(&held_out.images, &Device::flex());
    write_samples(output, "digits.safetensors", &real.to_data(), None)?;
    for trial in first {
        let Gan {
            generator,
            discriminator,
        } = &trial.network;
        let name = file_name(&trial.name);
        let (x, y) = (
            latent.to_data(),
            generator.forward(latent.clone()).to_data(),
        );
        write_network(
            output,
            &format!("{name}-generator.onnx"),
            generator.onnx()?,
            &x,
            &y,
        )?;
        let (x, y) = (
            real.to_data(),
            discriminator.forward(real.clone()).to_data(),
        );
        write_network(
            output,
            &format!("{name}-discriminator.onnx"),
            discriminator.onnx()?,
            &x,
            &y,
        )?;
    }
    Ok(())
}

fn train(
    kinds: Kinds,
    seed: u64,
    digits: &Digits,
    judge: &Judge,
    epochs: usize,
    rate: f64,
    watch: &mut Watch,
) -> Gan {
    let device = Device::flex().autodiff();
    device.seed(seed);
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut generator = Generator::new(kinds.generator, &device);
    let mut discriminator = Discriminator::new(kinds.discriminator, &device);
    // The first moment forgets faster than is usual (Radford, Metz and Chintala 2016).
    let optimizer = || AdamConfig::new().with_beta_1(0.5).init();
    let (mut of_generator, mut of_discriminator) = (optimizer(), optimizer());
    let real = images(&digits.images, &device);
    for _ in 0..epochs {
        for batch in shuffled(digits.images.len(), BATCH, &mut random, &device) {
            let real = real.clone().select(0, batch);
            let [count, ..] = real.dims();

            // Real digits are to be told real, made ones made.
            let (fake, mut counts) =
                count_units(|| generator.forward(drawn_latent(count, &device)));
            let (of_real, seen) = count_units(|| discriminator.forward(real));
            counts.extend(seen);
            let of_fake = discriminator.forward(fake.detach());
            let ones = Tensor::ones([count, 1], &device);
            let loss = binary_cross_entropy(of_real, ones.clone())
                + binary_cross_entropy(of_fake, ones.zeros_like());
            watch.step(loss.clone().into_scalar(), &counts);
            let gradients = GradientsParams::from_grads(loss.backward(), &discriminator);
            discriminator = of_discriminator.step(rate, discriminator, gradients);

            // Made digits are to be told real.
            let fake = generator.forward(drawn_latent(count, &device));
            let loss = binary_cross_entropy(discriminator.forward(fake), ones);
            let gradients = GradientsParams::from_grads(loss.backward(), &generator);
            generator = of_generator.step(rate, generator, gradients);
        }
        let now = generator.valid();
        watch.epoch(Some(judge.verdict(&made(&now, LOOKED_AT)).distance));
    }
    Gan {
        generator: generator.valid(),
        discriminator: discriminator.valid(),
    }
}

fn drawn_latent(count: usize, device: &Device) -> Tensor<2> {
    Tensor::random([count, LATENT], Distribution::Normal(0.0, 1.0), device)
}

/// Numbers to make digits from, always the same; nothing else is drawn differently for it.
fn latent(count: usize, device: &Device) -> Tensor<2> {
    let numbers = StandardNormal.sample_iter(ChaCha8Rng::seed_from_u64(0));
    let numbers: Vec<f32> = numbers.take(count * LATENT).collect();
    Tensor::from_data(TensorData::new(numbers, [count, LATENT]), device)
}

fn made(generator: &Generator, count: usize) -> Vec<Vec<f32>> {
    let digits = generator.forward(latent(count, &Device::flex())).to_data();
    let pixels: Vec<f32> = digits.iter().collect();
    pixels.chunks(SIZE * SIZE).map(<[f32]>::to_vec).collect()
}

fn images(images: &[Vec<f32>], device: &Device) -> Tensor<4> {
    Tensor::from_data(
        TensorData::new(images.concat(), [images.len(), 1, SIZE, SIZE]),
        device,
    )
}

/// Real digits, and below them what each generator makes of the same numbers.
fn drawn(trials: &[Trial<Gan>], real: &Digits) -> Result<Vec<u8>> {
    const SHOWN: usize = 14;
    const SCALE: usize = 5;
    const STEP: usize = SIZE * SCALE + 5;
    const LEFT: usize = 160;
    let mut rows = vec![("real".to_owned(), real.images[..2 * SHOWN].to_vec())];
    rows.extend(trials.iter().map(|trial| {
        (
            trial.name.clone(),
            made(&trial.network.generator, 2 * SHOWN),
        )
    }));
    let mut picture = Picture::new(LEFT + SHOWN * STEP, rows.len() * (2 * STEP + 8), [255; 3]);
    for (row, (name, digits)) in rows.iter().enumerate() {
        let top = row * (2 * STEP + 8) + 4;
        picture.text([8, top + STEP], 16, name)?;
        for (place, digit) in digits.iter().enumerate() {
            let corner = [LEFT + place % SHOWN * STEP, top + place / SHOWN * STEP];
            picture.image(corner, SCALE, SIZE, digit.iter().map(|&pixel| grey(pixel)));
        }
    }
    picture.png()
}
