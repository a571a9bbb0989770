//! A pull of the parameters back to where they were before training.
//!
//! The gradient of `strength * ||w - w0||^2` is added to that of the loss: L2 Init (Kumar, Marklund and
//! Van Roy, 2023, "Maintaining Plasticity in Continual Learning via Regenerative Regularization"). Weight
//! decay pulls to zero, where nothing can be learned; this pulls to where something could.

use burn::backend::DispatchTensor;
use burn::tensor::TensorData;
use leaky_onnx::Network;

use super::memory::tensor;
use crate::run::vector;

/// How strongly, and where to.
pub(super) struct Pull {
    strength: f64,
    /// The numbers of each trainable parameter, in a row.
    start: Vec<Option<TensorData>>,
}

impl Pull {
    /// To where the parameters of a network are now; none where the strength is zero.
    ///
    /// # Errors
    ///
    /// If the device fails.
    pub(super) fn new(strength: f64, network: &Network) -> leaky_onnx::Result<Option<Self>> {
        if strength == 0.0 {
            return Ok(None);
        }
        let parameters = network.parameters().iter().enumerate();
        let start = parameters.map(|(index, parameter)| {
            let trainable = parameter.trainable.then_some(index);
            trainable.map(|index| in_a_row(network, index)).transpose()
        });
        Ok(Some(Self {
            strength,
            start: start.collect::<leaky_onnx::Result<_>>()?,
        }))
    }

    /// Adds the gradient of the pull to those of the loss.
    pub(super) fn add(&self, network: &Network, gradients: &mut [Option<DispatchTensor>]) {
        let parameters = network.parameters().iter().zip(&self.start);
        for (gradient, (parameter, start)) in gradients.iter_mut().zip(parameters) {
            let (Some(found), Some(start)) = (gradient.take(), start) else {
                continue;
            };
            let moved = vector(parameter.tensor()).sub(tensor(start.clone()));
            let pulled = vector(found).add(moved.mul_scalar(2.0 * self.strength));
            *gradient = Some(pulled.into_dispatch());
        }
    }

    /// Some numbers of a parameter were set anew: they are pulled to what they are now.
    ///
    /// # Errors
    ///
    /// If the device fails.
    pub(super) fn begin_anew(
        &mut self,
        network: &Network,
        index: usize,
        places: &[usize],
    ) -> leaky_onnx::Result<()> {
        let now = in_a_row(network, index)?;
        if let Some(start) = &mut self.start[index] {
            let mut numbers: Vec<f64> = start.iter::<f64>().collect();
            for (place, number) in now.iter::<f64>().enumerate() {
                if places.binary_search(&place).is_ok() {
                    numbers[place] = number;
                }
            }
            let shape = start.shape().to_vec();
            *start = TensorData::new(numbers, shape).convert_dtype(now.dtype());
        }
        Ok(())
    }

    /// Where each parameter is pulled to.
    pub(super) fn start(&self) -> impl Iterator<Item = (usize, &TensorData)> {
        let start = self.start.iter().enumerate();
        start.filter_map(|(index, start)| Some((index, start.as_ref()?)))
    }

    /// Pulls a parameter to these numbers.
    pub(super) fn set_start(&mut self, index: usize, start: TensorData) {
        self.start[index] = Some(start);
    }
}

/// The numbers of a parameter in a row.
fn in_a_row(network: &Network, index: usize) -> leaky_onnx::Result<TensorData> {
    let data = network.parameter_data(index)?;
    let (size, dtype) = (data.shape().iter().product::<usize>(), data.dtype());
    let bytes = data.as_bytes().to_vec();
    Ok(TensorData::from_bytes_vec(bytes, vec![size], dtype))
}
