//! What is worked on: a network with its samples.

use leaky_onnx::{Model, Network};

use crate::data::arrays::Arrays;
use crate::data::dataset::Dataset;
use crate::data::normalize::Normalize;
use crate::run::{RunError, device};

/// A network and the samples that it is diagnosed, trained and validated on.
#[derive(Debug)]
pub struct Task {
    /// The network's file, as it is.
    pub model: Model,
    /// What results and messages call it.
    pub name: String,
    /// The samples to diagnose and train with.
    pub data: Dataset,
    /// The samples to validate with; without them a part of the data is kept apart.
    pub validation: Option<Dataset>,
    /// Samples that nothing is chosen by: looked at once, when all is done.
    pub test: Option<Dataset>,
}

impl Task {
    /// A network and its samples, which are checked against its inputs.
    ///
    /// # Errors
    ///
    /// If the network cannot be run, or the arrays do not fit it.
    pub fn new(name: impl Into<String>, model: Model, data: &Arrays) -> Result<Self, RunError> {
        let data = data.for_network(&Network::new(&model, &device())?)?;
        Ok(Self {
            model,
            name: name.into(),
            data,
            validation: None,
            test: None,
        })
    }

    /// The same with samples to validate with, in place of a part of the data.
    ///
    /// # Errors
    ///
    /// If the arrays do not fit the network, or their classes have other names.
    pub fn validated_on(self, validation: &Arrays) -> Result<Self, RunError> {
        let validation = validation.for_network(&self.network()?)?;
        validation.check_classes(&self.data)?;
        Ok(Self {
            validation: Some(validation),
            ..self
        })
    }

    /// The same with samples to test the result on, once.
    ///
    /// # Errors
    ///
    /// If the arrays do not fit the network, or their classes have other names.
    pub fn tested_on(self, test: &Arrays) -> Result<Self, RunError> {
        let test = test.for_network(&self.network()?)?;
        test.check_classes(&self.data)?;
        Ok(Self {
            test: Some(test),
            ..self
        })
    }

    /// The same with samples scaled channel by channel, those to validate and to test with alike: the
    /// network then expects what is scaled so.
    ///
    /// # Errors
    ///
    /// If the data cannot be read, or there is nothing to scale with these numbers.
    pub fn normalized(mut self, normalize: &Normalize) -> Result<Self, RunError> {
        let normalization = normalize.of(&self.data)?;
        let others = [self.validation.as_mut(), self.test.as_mut()];
        for data in others.into_iter().flatten().chain([&mut self.data]) {
            data.normalize(&normalization);
        }
        Ok(self)
    }

    /// The network, ready to run.
    ///
    /// # Errors
    ///
    /// If it cannot be run.
    pub fn network(&self) -> Result<Network, leaky_onnx::Error> {
        Network::new(&self.model, &device())
    }
}
