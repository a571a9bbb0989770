//! What is worked on: the network that was named, or the bundled example.

use std::path::Path;

use leaky_onnx::{Model, Network};

use crate::arguments::Task;
use crate::data::{Arrays, Dataset};
use crate::error::Error;
use crate::example;
use crate::report::Provenance;
use crate::session::{dataset, device};

/// A network with its data.
pub(super) struct Case {
    /// Whether it is the bundled example.
    pub bundled: bool,
    pub name: String,
    pub model: Model,
    pub data: Dataset,
    /// What the file of the data is called.
    pub data_name: String,
    pub validation: Option<Dataset>,
    /// What the file of the validation data is called, where there is one.
    pub validation_name: Option<String>,
}

impl Case {
    pub fn open(task: &Task) -> Result<Self, Error> {
        let (Some(path), Some(data)) = (&task.network, &task.data) else {
            let model = Model::from_bytes(example::NETWORK)?;
            let network = Network::new(&model, &device())?;
            let data = dataset(
                &network,
                &Arrays::from_bytes(example::TRAINING_NAME, example::TRAINING)?,
            )?;
            let validation = dataset(
                &network,
                &Arrays::from_bytes(example::VALIDATION_NAME, example::VALIDATION)?,
            )?;
            return Ok(Self {
                bundled: true,
                name: example::NETWORK_NAME.into(),
                model,
                data,
                data_name: example::TRAINING_NAME.into(),
                validation: Some(validation),
                validation_name: Some(example::VALIDATION_NAME.into()),
            });
        };
        let (model, network) = crate::commands::open(path)?;
        let open =
            |data: &Path, labels: Option<&Path>| dataset(&network, &Arrays::open(data, labels)?);
        Ok(Self {
            bundled: false,
            name: path.display().to_string(),
            data: open(data, task.labels.as_deref())?,
            data_name: data.display().to_string(),
            validation: match &task.val {
                Some(val) => Some(open(val, task.val_labels.as_deref())?),
                None => None,
            },
            validation_name: task.val.as_ref().map(|val| val.display().to_string()),
            model,
        })
    }

    /// What a report on it is made from, as far as the case knows.
    pub fn provenance(&self) -> Provenance {
        let given = Provenance::new(std::env::args_os())
            .network(&self.name)
            .data("Data", &self.data_name, self.data.samples());
        match (&self.validation, &self.validation_name) {
            (Some(validation), Some(name)) => given.data("Validation", name, validation.samples()),
            _ => given.validation_kept_apart(),
        }
    }
}
