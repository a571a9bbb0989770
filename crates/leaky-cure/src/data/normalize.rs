//! Data scaled to mean 0 and deviation 1, channel by channel.

use burn::tensor::TensorData;

use super::dataset::Dataset;
use super::error::DataError;
use super::normalization::{Normalization, channels};

/// Where the mean and the deviation of each channel come from.
#[derive(Debug, Clone, PartialEq)]
pub enum Normalize {
    /// They are those of the data to train on.
    Measured,
    /// They are these, one of each for every channel of the network's only input of floats.
    Given {
        /// What is taken away.
        mean: Vec<f64>,
        /// What the rest is divided by.
        deviation: Vec<f64>,
    },
}

/// How many samples are looked at in one go.
const AT_A_TIME: usize = 256;

impl Normalize {
    /// What the inputs of these data are to be given, which are those to train on.
    ///
    /// # Errors
    ///
    /// If the data cannot be read, no input takes floats, or the given numbers do not fit it.
    pub(crate) fn of(&self, data: &Dataset) -> Result<Vec<Normalization>, DataError> {
        let inputs = data.float_inputs();
        match self {
            Self::Measured if inputs.is_empty() => Err(DataError::NothingToNormalize),
            Self::Measured => measured(data, &inputs),
            Self::Given { mean, deviation } => {
                let [(_, input, channels)] = &inputs[..] else {
                    return Err(DataError::NothingToNormalize);
                };
                if mean.len() != *channels || deviation.len() != *channels {
                    return Err(DataError::NormalizationChannels {
                        input: input.clone(),
                        channels: *channels,
                        means: mean.len(),
                        deviations: deviation.len(),
                    });
                }
                Ok(vec![Normalization {
                    input: input.clone(),
                    mean: mean.clone(),
                    deviation: deviation.clone(),
                }])
            }
        }
    }
}

/// The mean and the deviation of each channel; the data are read twice, so that small deviations of large
/// numbers are not lost.
fn measured(
    data: &Dataset,
    inputs: &[(usize, String, usize)],
) -> Result<Vec<Normalization>, DataError> {
    let zeros = || -> Vec<Vec<f64>> {
        let inputs = inputs.iter();
        inputs
            .map(|(_, _, channels)| vec![0.0; *channels])
            .collect()
    };
    let (mut means, mut squares, mut counts) = (zeros(), zeros(), vec![0.0; inputs.len()]);
    let all: Vec<usize> = (0..data.samples()).collect();
    for samples in all.chunks(AT_A_TIME) {
        let batch = data.batch(samples)?;
        for (input, (place, _, channels)) in inputs.iter().enumerate() {
            each(&batch[*place], |channel, number| {
                means[input][channel] += number
            });
            let numbers: usize = batch[*place].shape().iter().product();
            counts[input] += (numbers / channels) as f64;
        }
    }
    for (means, count) in means.iter_mut().zip(&counts) {
        means.iter_mut().for_each(|mean| *mean /= count);
    }
    for samples in all.chunks(AT_A_TIME) {
        let batch = data.batch(samples)?;
        for (input, (place, _, _)) in inputs.iter().enumerate() {
            each(&batch[*place], |channel, number| {
                squares[input][channel] += (number - means[input][channel]).powi(2);
            });
        }
    }
    let deviation = |square: f64, count: f64| match (square / count).sqrt() {
        0.0 => 1.0,
        deviation => deviation,
    };
    let found = inputs.iter().zip(means).zip(squares.iter().zip(counts));
    Ok(found
        .map(|(((_, input, _), mean), (squares, count))| Normalization {
            input: input.clone(),
            mean,
            deviation: squares
                .iter()
                .map(|&square| deviation(square, count))
                .collect(),
        })
        .collect())
}

/// Visits each number with its channel.
fn each(data: &TensorData, mut visit: impl FnMut(usize, f64)) {
    let (channels, inner) = channels(data.shape());
    for (place, number) in data.iter::<f64>().enumerate() {
        visit(place / inner % channels, number);
    }
}
