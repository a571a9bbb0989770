//! The statistics of batch normalisations, measured on data.
//!
//! A network is run with the statistics that its file holds; freshly drawn weights need others. Those
//! of the first batches are what training would begin with (Ioffe and Szegedy, 2015, "Batch
//! Normalization").

use burn::tensor::TensorData;
use leaky_onnx::{Network, Normalization, Role, ValueId};

use crate::data::dataset::Dataset;
use crate::run::{RunError, outputs};

/// How many samples at most the statistics are measured on, in one batch.
pub const SAMPLES: usize = 64;

/// Gives each batch normalisation the mean and the variance of what reaches it, layer after layer.
///
/// # Errors
///
/// If the network cannot run on the samples.
pub fn calibrate(network: &mut Network, data: &Dataset, samples: &[usize]) -> Result<(), RunError> {
    for (value, mean, variance) in normalisations(network) {
        let found = outputs(network, data, samples, &[value])?;
        let Some(found) = found.first() else { continue };
        let (means, variances) = moments(found);
        for (parameter, numbers) in [(mean, means), (variance, variances)] {
            let given = network.parameter_data(parameter)?;
            if given.shape().iter().product::<usize>() == numbers.len() {
                let numbers = TensorData::new(numbers, given.shape().to_vec());
                network.set_parameter(parameter, numbers.convert_dtype(given.dtype()));
            }
        }
    }
    Ok(())
}

/// What each batch normalisation takes, and the parameters that hold its mean and variance.
fn normalisations(network: &Network) -> Vec<(ValueId, usize, usize)> {
    let nodes = network.nodes().iter();
    nodes
        .filter(|node| node.role == Role::Normalization(Normalization::Batch))
        .filter_map(|node| {
            let parameter = |index| network.parameter_behind(node.input(index)?);
            Some((node.input(0)?, parameter(3)?, parameter(4)?))
        })
        .collect()
}

/// The places of the parameters that hold means and variances.
pub(super) fn statistics(network: &Network) -> Vec<usize> {
    let normalisations = normalisations(network).into_iter();
    normalisations
        .flat_map(|(_, mean, variance)| [mean, variance])
        .collect()
}

/// The mean and the variance of each channel, which axis 1 counts.
fn moments(data: &TensorData) -> (Vec<f64>, Vec<f64>) {
    let shape = data.shape();
    let channels = shape.get(1).copied().unwrap_or(1);
    let inner: usize = shape.iter().skip(2).product();
    let (mut sums, mut squares) = (vec![0.0; channels], vec![0.0; channels]);
    let numbers: Vec<f64> = data.iter::<f64>().collect();
    let channel = |place: usize| place / inner.max(1) % channels.max(1);
    for (place, number) in numbers.iter().enumerate() {
        sums[channel(place)] += number;
    }
    let count = (numbers.len() / channels.max(1)).max(1) as f64;
    let means: Vec<f64> = sums.into_iter().map(|sum| sum / count).collect();
    for (place, number) in numbers.iter().enumerate() {
        squares[channel(place)] += (number - means[channel(place)]).powi(2);
    }
    let variances = squares.into_iter().map(|square| square / count).collect();
    (means, variances)
}

#[cfg(test)]
mod tests {
    use leaky_onnx::Model;

    use super::*;
    use crate::data::Arrays;
    use crate::run::device;
    use crate::train::initialize;

    #[test]
    fn what_leaves_a_calibrated_normalisation_has_mean_0_and_variance_1() {
        let folder = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../fixtures/networks/conv-batch-norm"
        );
        let model = Model::read(format!("{folder}/model.onnx")).unwrap();
        let mut network = Network::new(&model, &device()).unwrap();
        let path = format!("{folder}/data.safetensors");
        let arrays = Arrays::open(path.as_ref(), None).unwrap();
        let data = arrays.for_network(&network).unwrap();
        let samples: Vec<usize> = (0..data.samples().min(SAMPLES)).collect();
        initialize(&mut network, |_| 2.0, 0).unwrap();
        calibrate(&mut network, &data, &samples).unwrap();
        let nodes = network.nodes().iter();
        let normalised: Vec<ValueId> = nodes
            .filter(|node| node.role == Role::Normalization(Normalization::Batch))
            .map(|node| node.outputs[0])
            .collect();
        assert!(normalised.len() >= 2, "one behind the other");
        for found in outputs(&network, &data, &samples, &normalised).unwrap() {
            let (means, variances) = moments(&found);
            assert!(means.iter().all(|mean| mean.abs() < 1e-4), "{means:?}");
            // A little is added to the variance before it divides.
            assert!(
                variances.iter().all(|v| (v - 1.0).abs() < 1e-2),
                "{variances:?}"
            );
        }
    }

    #[test]
    fn moments_are_those_of_each_channel() {
        let data = TensorData::new(
            vec![1.0_f32, 3.0, 10.0, 10.0, 5.0, 7.0, 10.0, 10.0],
            [2, 2, 2],
        );
        assert_eq!(moments(&data), (vec![4.0, 10.0], vec![5.0, 0.0]));
    }
}
