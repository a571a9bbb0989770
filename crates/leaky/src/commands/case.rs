//! What is worked on: the network that was named, or the bundled example.

use std::path::Path;

use leaky_onnx::{Model, Network};

use crate::arguments::Task;
use crate::data::{Arrays, Dataset};
use crate::error::Error;
use crate::example;
use crate::session::{dataset, device};

/// A network with its data.
pub(super) struct Case {
    /// Whether it is the bundled example.
    pub bundled: bool,
    pub name: String,
    pub model: Model,
    pub data: Dataset,
    pub validation: Option<Dataset>,
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
                validation: Some(validation),
            });
        };
        let (model, network) = crate::commands::open(path)?;
        let open =
            |data: &Path, labels: Option<&Path>| dataset(&network, &Arrays::open(data, labels)?);
        Ok(Self {
            bundled: false,
            name: path.display().to_string(),
            data: open(data, task.labels.as_deref())?,
            validation: match &task.val {
                Some(val) => Some(open(val, task.val_labels.as_deref())?),
                None => None,
            },
            model,
        })
    }
}
