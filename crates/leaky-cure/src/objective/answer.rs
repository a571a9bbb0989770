//! Which of a network's outputs is compared with the target.

use burn::tensor::TensorData;
use leaky_onnx::{Network, ValueId};

use super::classes::Layout;
use super::error::ObjectiveError;
use crate::data::dataset::Dataset;
use crate::data::expected::ExpectedOutput;
use crate::data::target::Target;
use crate::run::{RunError, outputs};

/// How many samples the outputs are looked at with. No batch is exported with this size, so that
/// an output of a fixed size is told from one that has a row a sample.
const FEW: usize = 5;

/// An output of the network.
pub(super) struct Answer {
    pub value: ValueId,
    pub name: String,
    /// For a few samples.
    pub shape: Vec<usize>,
}

impl Answer {
    /// The first output of floats that the target fits.
    pub fn choose(network: &Network, data: &Dataset) -> Result<(Self, Target), ObjectiveError> {
        let all: Vec<ValueId> = network.outputs().iter().map(|o| o.value).collect();
        let found = few(network, data, &all)?;
        let mut refused = None;
        for (output, found) in network.outputs().iter().zip(found) {
            if !found.dtype().is_float() {
                continue;
            }
            let answer = Self {
                value: output.value,
                name: output.name.clone(),
                shape: found.shape().to_vec(),
            };
            let target = answer
                .check_rows(data)
                .and_then(|()| Ok(data.target(&answer.expecting(&found))?));
            match target {
                Ok(target) => return Ok((answer, target)),
                Err(error) => {
                    refused.get_or_insert(error);
                }
            }
        }
        Err(refused.unwrap_or(ObjectiveError::OutputIsNotFloat))
    }

    /// What this output expects of a target for other data.
    pub fn expected(
        &self,
        network: &Network,
        data: &Dataset,
    ) -> Result<ExpectedOutput, ObjectiveError> {
        let found = few(network, data, &[self.value])?;
        let found = found.first().ok_or(ObjectiveError::OutputIsNotFloat)?;
        Ok(self.expecting(found))
    }

    fn expecting(&self, found: &TensorData) -> ExpectedOutput {
        ExpectedOutput {
            name: self.name.clone(),
            shape: found.shape().to_vec(),
            dtype: found.dtype(),
        }
    }

    /// How labels of a target lie beside what this output gives for a few samples.
    pub fn layout(&self, target: &Target) -> Layout {
        let axis = target.class_axis().min(self.shape.len().saturating_sub(1));
        let mut labels = self.shape.clone();
        let classes = labels.remove(axis);
        Layout::of(&labels, axis, classes)
    }

    fn check_rows(&self, data: &Dataset) -> Result<(), ObjectiveError> {
        let samples = data.samples().min(FEW);
        if self.shape.first() == Some(&samples) {
            return Ok(());
        }
        Err(self.misses_rows(&self.shape, samples))
    }

    /// The error for an output of the shape `found` where it should have `samples` rows.
    pub fn misses_rows(&self, found: &[usize], samples: usize) -> ObjectiveError {
        ObjectiveError::OutputRows {
            output: crate::text::printable(&self.name),
            shape: format!("{found:?}"),
            samples,
        }
    }
}

/// Some values of the network for a few samples.
pub(super) fn few(
    network: &Network,
    data: &Dataset,
    wanted: &[ValueId],
) -> Result<Vec<TensorData>, RunError> {
    let samples: Vec<usize> = (0..data.samples().min(FEW)).collect();
    outputs(network, data, &samples, wanted)
}
