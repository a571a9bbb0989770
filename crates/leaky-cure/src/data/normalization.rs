//! Numbers of an input scaled channel by channel.

use burn::tensor::TensorData;
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
        let mut numbers: Vec<f64> = data.iter::<f64>().collect();
        for (plane, numbers) in numbers.chunks_mut(inner.max(1)).enumerate() {
            let channel = plane % channels;
            let (mean, deviation) = (self.mean[channel], self.deviation[channel]);
            for number in numbers {
                *number = (*number - mean) / deviation;
            }
        }
        TensorData::new(numbers, shape).convert_dtype(data.dtype())
    }
}

/// How many channels samples of a shape have, and how many numbers of one lie side by side.
pub(super) fn channels(shape: &[usize]) -> (usize, usize) {
    let channels = shape.get(1).copied().unwrap_or(1);
    (channels, shape.iter().skip(2).product())
}
