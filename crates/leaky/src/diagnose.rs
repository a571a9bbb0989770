//! Which units of a network are dead on some data.

use burn::tensor::{DType, TensorData};
use leaky_onnx::{Network, Rectifier, Shapes};
use leaky_relu::SignBits;

use crate::data::Dataset;
use crate::diagnosis::{Diagnosis, LayerCounts};
use crate::error::Error;
use crate::session::batch;

/// Runs the samples through the network batch by batch and counts for each unit of each rectifier
/// how often its pre-activation lies above and below zero. `step` is called after each batch,
/// and ends the work by an error.
///
/// # Errors
///
/// If the network has no rectifier, or cannot run on the data, or `step` fails.
pub fn diagnose(
    network: &Network,
    model: &str,
    data: &Dataset,
    samples: &[usize],
    batch_size: usize,
    mut step: impl FnMut() -> Result<(), Error>,
) -> Result<Diagnosis, Error> {
    let rectifiers = network.rectifiers()?;
    if rectifiers.is_empty() {
        return Err(Error::NoRectifier {
            model: model.to_owned(),
        });
    }
    let shapes = network.shapes(batch(network, data, &samples[..samples.len().min(2)])?)?;
    let mut counters: Vec<Counter> = rectifiers
        .iter()
        .map(|rectifier| Counter::new(network, rectifier, &shapes))
        .collect();
    let wanted: Vec<_> = network
        .outputs()
        .iter()
        .map(|output| output.value)
        .collect();
    for samples in samples.chunks(batch_size) {
        let mut failed = None;
        network.forward(batch(network, data, samples)?, &wanted, |id, value| {
            for (counter, _) in counters
                .iter_mut()
                .zip(&rectifiers)
                .filter(|(_, rectifier)| rectifier.input == id)
            {
                match value.clone().into_data() {
                    Ok(data) => counter.count(&data),
                    Err(reason) => failed = Some(reason),
                }
            }
        })?;
        if let Some(reason) = failed {
            return Err(Error::Device(reason));
        }
        step()?;
    }
    let counts = counters
        .into_iter()
        .zip(&rectifiers)
        .map(|(counter, rectifier)| counter.finish(rectifier));
    Ok(Diagnosis::new(
        model,
        samples.len() as u64,
        counts.collect(),
    ))
}

/// Counts the signs of the pre-activations of one rectifier.
struct Counter {
    axis: usize,
    threshold: f64,
    above_zero: Vec<u64>,
    below_zero: Vec<u64>,
    total: u64,
}

impl Counter {
    fn new(network: &Network, rectifier: &Rectifier, shapes: &Shapes) -> Self {
        let axis = network.unit_axis(rectifier.input, shapes);
        let units = shapes
            .get(rectifier.input)
            .and_then(|shape| shape.get(axis))
            .map_or(1, |&units| units);
        Self {
            axis,
            threshold: rectifier.threshold,
            above_zero: vec![0; units],
            below_zero: vec![0; units],
            total: 0,
        }
    }

    fn count(&mut self, data: &TensorData) {
        let shape = data.shape();
        let inner: usize = shape.iter().skip(self.axis + 1).product();
        if shape.iter().product::<usize>() == 0 {
            return;
        }
        match data.dtype() {
            DType::F64 => {
                let values = data.try_to_vec::<f64>().unwrap_or_default();
                self.signs(SignBits::of, |limit| limit, values, inner);
            }
            _ => {
                let values = data.try_to_vec::<f32>().unwrap_or_default();
                self.signs(SignBits::of, |limit| limit as f32, values, inner);
            }
        }
    }

    fn signs<T>(
        &mut self,
        signs: impl Fn(&[T]) -> SignBits,
        limit: impl Fn(f64) -> T,
        mut values: Vec<T>,
        inner: usize,
    ) where
        T: Copy + std::ops::Neg<Output = T> + std::ops::Sub<Output = T>,
    {
        self.total += (values.len() / self.above_zero.len()) as u64;
        if self.threshold != 0.0 {
            let limit = limit(self.threshold);
            values.iter_mut().for_each(|value| *value = *value - limit);
        }
        signs(&values).add_counts_by_channel(inner, &mut self.above_zero);
        values.iter_mut().for_each(|value| *value = -*value);
        signs(&values).add_counts_by_channel(inner, &mut self.below_zero);
    }

    fn finish(self, rectifier: &Rectifier) -> LayerCounts {
        LayerCounts {
            name: rectifier.name.clone(),
            op: rectifier.operator.clone(),
            alpha: rectifier.alpha,
            above_zero: self.above_zero,
            below_zero: self.below_zero,
            total: self.total,
        }
    }
}
