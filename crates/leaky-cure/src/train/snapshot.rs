//! The numbers of a network that training changes, kept aside.

use burn::tensor::TensorData;
use leaky_onnx::Network;

use super::calibrate::statistics;

/// The numbers of all parameters that training may change, at one moment: those that are trainable,
/// and the statistics of batch normalisations.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot(pub(super) Vec<(usize, TensorData)>);

impl Snapshot {
    /// Those of a network as it is now.
    ///
    /// # Errors
    ///
    /// If the device fails.
    pub(super) fn of(network: &Network) -> leaky_onnx::Result<Self> {
        let statistics = statistics(network);
        let parameters = network.parameters().iter().enumerate();
        let kept = parameters
            .filter(|(index, parameter)| parameter.trainable || statistics.contains(index));
        let kept = kept.map(|(index, _)| Ok((index, network.parameter_data(index)?)));
        Ok(Self(kept.collect::<leaky_onnx::Result<_>>()?))
    }

    /// Puts them into the network. What it holds already is left alone.
    ///
    /// # Errors
    ///
    /// If the device fails.
    pub(super) fn restore(self, network: &mut Network) -> leaky_onnx::Result<()> {
        for (index, data) in self.0 {
            if network.parameter_data(index)? != data {
                network.set_parameter(index, data);
            }
        }
        Ok(())
    }

    /// Where the numbers of each parameter differ from those that the network holds now.
    ///
    /// # Errors
    ///
    /// If the device fails.
    pub(super) fn changed(
        &self,
        network: &Network,
    ) -> leaky_onnx::Result<Vec<(usize, Vec<usize>)>> {
        let mut changed = Vec::new();
        for (index, before) in &self.0 {
            let after = network.parameter_data(*index)?;
            let pairs = before.iter::<f64>().zip(after.iter::<f64>()).enumerate();
            let places: Vec<usize> = pairs
                .filter(|(_, (before, after))| before.to_bits() != after.to_bits())
                .map(|(place, _)| place)
                .collect();
            if !places.is_empty() {
                changed.push((*index, places));
            }
        }
        Ok(changed)
    }
}
