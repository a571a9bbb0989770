//! A small classifier of handwritten digits, trained on the CPU with this crate's Leaky ReLU.
//!
//! ```text
//! cargo run --release -p leaky-candle --example digits
//! ```

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use candle_core::{D, DType, Device, Error, Module, Result, Tensor};
use candle_nn::{AdamW, Optimizer, ParamsAdamW, VarBuilder, VarMap, linear, loss, seq};
use leaky_candle::LeakyRelu;
use npyz::npz::NpzArchive;

const EPOCHS: usize = 15;
const BATCH: usize = 64;

/// Images of 8 by 8 pixels from 0 to 1, one a row, and their digits.
struct Digits {
    images: Tensor,
    labels: Tensor,
}

impl Digits {
    fn read(name: &str) -> Result<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../leaky/example");
        // candle's own reader takes uncompressed archives only.
        let mut arrays = NpzArchive::new(BufReader::new(File::open(folder.join(name))?))?;
        let pixels: Vec<f32> = array(&mut arrays, "x")?;
        let labels: Vec<i64> = array(&mut arrays, "y")?;
        let (samples, size) = (labels.len(), pixels.len() / labels.len());
        Ok(Digits {
            images: Tensor::from_vec(pixels, (samples, size), &Device::Cpu)?,
            labels: Tensor::from_vec(labels, samples, &Device::Cpu)?.to_dtype(DType::U32)?,
        })
    }

    /// The share of the digits that the network names right.
    fn accuracy(&self, network: &impl Module) -> Result<f64> {
        let named = network.forward(&self.images)?.argmax(D::Minus1)?;
        let right = named.eq(&self.labels)?.to_dtype(DType::F64)?;
        right.mean_all()?.to_scalar()
    }
}

fn array<T: npyz::Deserialize>(
    arrays: &mut NpzArchive<BufReader<File>>,
    name: &str,
) -> Result<Vec<T>> {
    let missing = || Error::msg(format!("there is no array {name:?}"));
    let array = arrays.by_name(name)?.ok_or_else(missing)?;
    Ok(array.into_vec()?)
}

fn main() -> Result<()> {
    let training = Digits::read("digits-train.npz")?;
    let held_out = Digits::read("digits-test.npz")?;

    let variables = VarMap::new();
    let builder = VarBuilder::from_varmap(&variables, DType::F32, &Device::Cpu);
    let network = seq()
        .add(linear(64, 128, builder.pp("input"))?)
        .add(LeakyRelu::default())
        .add(linear(128, 64, builder.pp("hidden"))?)
        .add(LeakyRelu::default())
        .add(linear(64, 10, builder.pp("output"))?);
    let mut optimizer = AdamW::new(
        variables.all_vars(),
        ParamsAdamW {
            lr: 0.002,
            ..ParamsAdamW::default()
        },
    )?;
    let samples = training.labels.dim(0)?;
    for epoch in 1..=EPOCHS {
        let mut total = 0.0;
        for start in (0..samples).step_by(BATCH) {
            let count = BATCH.min(samples - start);
            let images = training.images.narrow(0, start, count)?;
            let labels = training.labels.narrow(0, start, count)?;
            let loss = loss::cross_entropy(&network.forward(&images)?, &labels)?;
            total += f64::from(loss.to_scalar::<f32>()?) * count as f64;
            optimizer.backward_step(&loss)?;
        }
        println!(
            "epoch {epoch:2}: loss {:.4}, accuracy on held-out digits {:.3}",
            total / samples as f64,
            held_out.accuracy(&network)?,
        );
    }
    Ok(())
}
