//! A network together with the data it is run on.

use burn::backend::DispatchDevice;
use burn::tensor::TensorData;
use leaky_onnx::{Network, Value, ValueId};

use crate::data::{Arrays, Dataset, ExpectedInput};
use crate::error::Error;

/// The device that the tool computes on.
pub fn device() -> DispatchDevice {
    DispatchDevice::default()
}

/// Lets the engine use this many threads; by default as many as the machine has cores.
///
/// # Errors
///
/// If the operating system does not grant the threads.
pub fn use_threads(threads: Option<usize>) -> Result<(), Error> {
    let Some(threads) = threads else {
        return Ok(());
    };
    rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build_global()
        .map_err(|error| Error::Threads {
            threads,
            reason: error.to_string(),
        })
}

/// The arrays of a file as the samples of a network.
///
/// # Errors
///
/// If they do not fit the network's inputs.
pub fn dataset(network: &Network, arrays: &Arrays) -> Result<Dataset, Error> {
    let expected: Vec<ExpectedInput> = network
        .inputs()
        .iter()
        .map(|input| ExpectedInput {
            name: input.name.clone(),
            shape: input.shape.clone(),
            dtype: input.dtype,
        })
        .collect();
    Ok(arrays.dataset(&expected)?)
}

/// Some samples on the network's device.
///
/// # Errors
///
/// If the data can no longer be read.
pub fn batch(network: &Network, data: &Dataset, samples: &[usize]) -> Result<Vec<Value>, Error> {
    let arrays = data.batch(samples)?;
    Ok(arrays
        .into_iter()
        .map(|array| Value::from_data(array, network.device()))
        .collect())
}

/// What the network gives for some samples, at each of the wanted values.
///
/// # Errors
///
/// If the network cannot run on them.
pub fn outputs(
    network: &Network,
    data: &Dataset,
    samples: &[usize],
    wanted: &[ValueId],
) -> Result<Vec<TensorData>, Error> {
    network
        .forward(batch(network, data, samples)?, wanted, |_, _| {})?
        .into_iter()
        .map(|value| value.into_data().map_err(Error::Device))
        .collect()
}

/// How far the outputs of two networks lie apart on the same samples.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Difference {
    /// The largest difference of two numbers.
    pub maximum: f64,
    /// The largest magnitude of an output.
    pub magnitude: f64,
}

impl Difference {
    /// The largest difference as a part of the largest magnitude, or of 1 where all are smaller.
    pub fn relative(self) -> f64 {
        self.maximum / self.magnitude.max(1.0)
    }

    /// Runs two networks on the same samples and compares all their outputs. Where both are NaN, or
    /// the same infinity, they agree.
    ///
    /// # Errors
    ///
    /// If one of them cannot run on the samples.
    pub fn between(
        [first, second]: [&Network; 2],
        data: &Dataset,
        samples: &[usize],
        batch_size: usize,
    ) -> Result<Self, Error> {
        let wanted = |network: &Network| {
            network
                .outputs()
                .iter()
                .map(|output| output.value)
                .collect::<Vec<_>>()
        };
        let mut found = Self::default();
        for samples in samples.chunks(batch_size) {
            let one = outputs(first, data, samples, &wanted(first))?;
            let other = outputs(second, data, samples, &wanted(second))?;
            for (one, other) in one.iter().zip(&other) {
                for (a, b) in one.iter::<f64>().zip(other.iter::<f64>()) {
                    let same = a == b || (a.is_nan() && b.is_nan());
                    let difference = if same { 0.0 } else { (a - b).abs() };
                    found.maximum = if difference.is_nan() {
                        f64::INFINITY
                    } else {
                        found.maximum.max(difference)
                    };
                    found.magnitude =
                        found
                            .magnitude
                            .max(if a.is_finite() { a.abs() } else { 0.0 });
                }
            }
        }
        Ok(found)
    }
}
