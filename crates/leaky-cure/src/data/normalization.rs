//! Numbers of an input scaled channel by channel.

use burn::tensor::{DType, TensorData};
use serde::{Deserialize, Serialize};

/// What an input is given in place of the numbers of the data: `(x - mean) / deviation`, channel by
/// channel, which axis 1 counts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Normalization {
    /// The input's name in the network.
    pub input: String,
    /// The mean of each channel.
    pub mean: Vec<f64>,
    /// Its deviation; 1 where a channel is the same throughout.
    pub deviation: Vec<f64>,
}

impl Normalization {
    /// What takes the place of a batch.
    pub(super) fn apply(&self, data: TensorData) -> TensorData {
        let shape = data.shape().to_vec();
        let (channels, inner) = channels(&shape);
        let scaled = |(place, number): (usize, f64)| {
            let channel = place / inner % channels;
            (number - self.mean[channel]) / self.deviation[channel]
        };
        let numbers = data.iter::<f64>().enumerate().map(scaled);
        match data.dtype() {
            DType::F64 => TensorData::new(numbers.collect::<Vec<f64>>(), shape),
            _ => {
                let numbers = numbers.map(|number| number as f32);
                TensorData::new(numbers.collect::<Vec<f32>>(), shape)
            }
        }
    }
}

/// How many channels samples of a shape have, and how many numbers of one lie side by side.
pub(super) fn channels(shape: &[usize]) -> (usize, usize) {
    let channels = shape.get(1).copied().unwrap_or(1);
    (channels, shape.iter().skip(2).product())
}
