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

/// How many cores the machine has.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
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
    /// The largest difference of two numbers, over all outputs.
    pub maximum: f64,
    /// The largest magnitude of a number, over all outputs.
    pub magnitude: f64,
    /// The largest difference within one output as a part of that output's own magnitude; for the
    /// output where this is largest.
    pub relative: f64,
}

/// Below this magnitude an output is compared as if it were this large: it is what is left of terms
/// of ordinary size, and no more exact than these.
const SMALLEST_MAGNITUDE: f64 = 1e-3;

/// Outputs that differ by no more than this part of their magnitude are the same to rounding.
const ROUNDING: f64 = 1e-4;

impl Difference {
    /// Whether the outputs are the same to rounding.
    pub fn is_rounding(self) -> bool {
        self.relative <= ROUNDING
    }

    /// Runs two networks on the same samples and compares all their outputs. Where both are NaN, or
    /// the same infinity, they agree; outputs of unequal shapes lie infinitely far apart. `step` is
    /// called after each batch, and ends the comparison by an error.
    ///
    /// # Errors
    ///
    /// If one of them cannot run on the samples, or `step` fails.
    pub fn between(
        [first, second]: [&Network; 2],
        data: &Dataset,
        samples: &[usize],
        batch_size: usize,
        mut step: impl FnMut() -> Result<(), Error>,
    ) -> Result<Self, Error> {
        let wanted = |network: &Network| -> Vec<ValueId> {
            let outputs = network.outputs().iter();
            outputs.map(|output| output.value).collect()
        };
        let mut extents = vec![Extent::default(); first.outputs().len()];
        if second.outputs().len() != extents.len() {
            extents.push(Extent::APART);
        }
        for samples in samples.chunks(batch_size) {
            let one = outputs(first, data, samples, &wanted(first))?;
            let other = outputs(second, data, samples, &wanted(second))?;
            for (extent, (one, other)) in extents.iter_mut().zip(one.iter().zip(&other)) {
                extent.add(one, other);
            }
            step()?;
        }
        let largest = |of: fn(&Extent) -> f64| extents.iter().map(of).fold(0.0, f64::max);
        Ok(Self {
            maximum: largest(|extent| extent.difference),
            magnitude: largest(|extent| extent.magnitude),
            relative: largest(|extent| {
                extent.difference / extent.magnitude.max(SMALLEST_MAGNITUDE)
            }),
        })
    }
}

/// The largest difference and the largest magnitude within one output.
#[derive(Clone, Default)]
struct Extent {
    difference: f64,
    magnitude: f64,
}

impl Extent {
    const APART: Self = Self {
        difference: f64::INFINITY,
        magnitude: 0.0,
    };

    fn add(&mut self, one: &TensorData, other: &TensorData) {
        if one.shape() != other.shape() {
            self.difference = f64::INFINITY;
            return;
        }
        for (a, b) in one.iter::<f64>().zip(other.iter::<f64>()) {
            let same = a == b || (a.is_nan() && b.is_nan());
            let difference = if same { 0.0 } else { (a - b).abs() };
            let difference = if difference.is_nan() {
                f64::INFINITY
            } else {
                difference
            };
            self.difference = self.difference.max(difference);
            if a.is_finite() {
                self.magnitude = self.magnitude.max(a.abs());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn extent(one: TensorData, other: TensorData) -> Extent {
        let mut extent = Extent::default();
        extent.add(&one, &other);
        extent
    }

    #[test]
    fn outputs_of_unequal_shapes_lie_infinitely_far_apart() {
        let found = extent(
            TensorData::from([1.0_f32, 2.0]),
            TensorData::from([1.0_f32]),
        );
        assert_eq!(found.difference, f64::INFINITY);
    }

    #[test]
    fn a_number_that_became_nan_or_infinite_is_not_lost_among_later_differences() {
        let found = extent(
            TensorData::from([1.0_f32, 2.0, 3.0]),
            TensorData::from([f32::NAN, 2.0, 3.5]),
        );
        assert_eq!(found.difference, f64::INFINITY);
        assert_eq!(found.magnitude, 3.0);
    }

    #[test]
    fn the_same_nan_or_infinity_on_both_sides_agrees() {
        let values = TensorData::from([f32::NAN, f32::INFINITY, 1.0]);
        assert_eq!(extent(values.clone(), values).difference, 0.0);
    }
}
