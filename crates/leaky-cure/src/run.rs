//! A network run on samples.

use burn::backend::{DispatchDevice, DispatchTensor};
use burn::tensor::{Tensor, TensorData};
use leaky_onnx::{Network, Shapes, Value, ValueId};

use crate::data::dataset::Dataset;
use crate::data::error::DataError;
use crate::stop::Stopped;

/// Why a network could not be run on samples to the end.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The data, or how they fit the network.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The network.
    #[error(transparent)]
    Network(#[from] leaky_onnx::Error),
    /// The device that computes failed.
    #[error("{0}")]
    Device(String),
    /// The work was asked to stop.
    #[error(transparent)]
    Stopped(#[from] Stopped),
}

/// Lets `?` turn what can go wrong in running a network into the error of a room that runs networks.
macro_rules! runs_networks {
    ($error:ident) => {
        runs_networks!($error: crate::data::error::DataError, leaky_onnx::Error, crate::stop::Stopped);
    };
    ($error:ident: $($cause:ty),+) => {
        $(impl From<$cause> for $error {
            fn from(cause: $cause) -> Self {
                Self::Run(cause.into())
            }
        })+
    };
}

/// Lets `?` turn the error of one room into that of another which uses it. What went wrong in running
/// a network is the same in both.
macro_rules! uses_rooms {
    ($error:ident: $($variant:ident($inner:ident)),+) => {
        $(impl From<$inner> for $error {
            fn from(inner: $inner) -> Self {
                match inner {
                    $inner::Run(error) => Self::Run(error),
                    inner => Self::$variant(inner),
                }
            }
        })+
    };
}

pub(crate) use {runs_networks, uses_rooms};

/// Shapes are told from so many samples.
pub(crate) const FEW: usize = 2;

/// The device that the engine computes on.
pub fn device() -> DispatchDevice {
    DispatchDevice::default()
}

/// Some samples on the network's device.
///
/// # Errors
///
/// If the data can no longer be read.
pub(crate) fn batch(
    network: &Network,
    data: &Dataset,
    samples: &[usize],
) -> Result<Vec<Value>, DataError> {
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
pub(crate) fn outputs(
    network: &Network,
    data: &Dataset,
    samples: &[usize],
    wanted: &[ValueId],
) -> Result<Vec<TensorData>, RunError> {
    on_host(network.compute(batch(network, data, samples)?, wanted)?)
}

/// Values copied to the host.
///
/// # Errors
///
/// If the device fails.
pub(crate) fn on_host(values: Vec<Value>) -> Result<Vec<TensorData>, RunError> {
    let values = values.into_iter();
    values
        .map(|value| value.into_data().map_err(RunError::Device))
        .collect()
}

/// The shapes of a network's values on the first samples, [`FEW`] at most.
///
/// # Errors
///
/// If the network cannot run on them.
pub(crate) fn shapes(
    network: &Network,
    data: &Dataset,
    samples: &[usize],
) -> Result<Shapes, RunError> {
    let few = &samples[..samples.len().min(FEW)];
    Ok(network.shapes(batch(network, data, few)?)?)
}

/// How many numbers a sample holds at a time, told from the [`shapes`] of these samples.
pub(crate) fn numbers_held(network: &Network, shapes: &Shapes, samples: &[usize]) -> usize {
    let few = samples.len().clamp(1, FEW);
    network.most_numbers(shapes).div_ceil(few).max(1)
}

/// The L2 norm of a vector, summed in double precision: the square of a small number is not lost, and
/// only zeros have the norm 0.
pub(crate) fn norm(vector: Tensor<1>) -> Result<f64, RunError> {
    let data = Value::Float(vector.into_dispatch())
        .into_data()
        .map_err(RunError::Device)?;
    let squares: f64 = data.iter::<f64>().map(|value| value * value).sum();
    Ok(squares.sqrt())
}

/// A float tensor of any shape as a vector of its elements.
pub(crate) fn vector(tensor: DispatchTensor) -> Tensor<1> {
    let value = Value::Float(tensor);
    let size = value.len();
    match value.reshape(vec![size]) {
        Ok(Value::Float(tensor)) => Tensor::from_dispatch(tensor),
        _ => unreachable!("any tensor can become a vector"),
    }
}
