//! A small classifier of handwritten digits, trained on flex with this crate's Leaky ReLU.
//!
//! ```text
//! cargo run --release -p leaky-burn --example digits
//! ```

use std::error::Error;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use burn::module::Module;
use burn::nn::loss::CrossEntropyLossConfig;
use burn::nn::{Linear, LinearConfig};
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Int, Tensor, TensorData};
use leaky_burn::{LeakyRelu, LeakyReluConfig};
use npyz::npz::NpzArchive;

const EPOCHS: usize = 15;
const BATCH: usize = 64;

#[derive(Module, Debug)]
struct Classifier {
    input: Linear,
    hidden: Linear,
    output: Linear,
    activation: LeakyRelu,
}

impl Classifier {
    fn new(device: &Device) -> Self {
        Classifier {
            input: LinearConfig::new(64, 128).init(device),
            hidden: LinearConfig::new(128, 64).init(device),
            output: LinearConfig::new(64, 10).init(device),
            activation: LeakyReluConfig::new().init(),
        }
    }

    fn forward(&self, images: Tensor<2>) -> Tensor<2> {
        let x = self.activation.forward(self.input.forward(images));
        let x = self.activation.forward(self.hidden.forward(x));
        self.output.forward(x)
    }
}

/// Images of 8 by 8 pixels from 0 to 1, one a row, and their digits.
struct Digits {
    images: Tensor<2>,
    labels: Tensor<1, Int>,
}

impl Digits {
    fn read(name: &str, device: &Device) -> Result<Self, Box<dyn Error>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../leaky/example");
        let mut arrays = NpzArchive::new(BufReader::new(File::open(folder.join(name))?))?;
        let pixels: Vec<f32> = array(&mut arrays, "x")?;
        let labels: Vec<i64> = array(&mut arrays, "y")?;
        let shape = [labels.len(), pixels.len() / labels.len()];
        Ok(Digits {
            images: Tensor::from_data(TensorData::new(pixels, shape), device),
            labels: Tensor::from_data(TensorData::new(labels, [shape[0]]), device),
        })
    }

    /// The share of the digits that the network names right.
    fn accuracy(&self, network: &Classifier) -> f64 {
        let named = network
            .forward(self.images.clone())
            .argmax(1)
            .squeeze_dim(1);
        let right = named.equal(self.labels.clone()).int().sum();
        right.into_scalar::<i64>() as f64 / self.labels.dims()[0] as f64
    }
}

fn array<T: npyz::Deserialize>(
    arrays: &mut NpzArchive<BufReader<File>>,
    name: &str,
) -> Result<Vec<T>, Box<dyn Error>> {
    let array = arrays.by_name(name)?;
    Ok(array
        .ok_or(format!("there is no array {name:?}"))?
        .into_vec()?)
}

fn main() -> Result<(), Box<dyn Error>> {
    let device = Device::flex();
    device.seed(0);
    let training = Digits::read("digits-train.npz", &device.clone().autodiff())?;
    let held_out = Digits::read("digits-test.npz", &device)?;

    let mut network = Classifier::new(&device.clone().autodiff());
    let mut optimizer = AdamConfig::new().init();
    let loss = CrossEntropyLossConfig::new().init(&device.autodiff());
    let samples = training.labels.dims()[0];
    for epoch in 1..=EPOCHS {
        let mut total = 0.0;
        for start in (0..samples).step_by(BATCH) {
            let count = BATCH.min(samples - start);
            let images = training.images.clone().narrow(0, start, count);
            let labels = training.labels.clone().narrow(0, start, count);
            let loss = loss.forward(network.forward(images), labels);
            total += loss.clone().into_scalar::<f64>() * count as f64;
            let gradients = GradientsParams::from_grads(loss.backward(), &network);
            network = optimizer.step(0.002, network, gradients);
        }
        println!(
            "epoch {epoch:2}: loss {:.4}, accuracy on held-out digits {:.3}",
            total / samples as f64,
            held_out.accuracy(&network.valid()),
        );
    }
    Ok(())
}
