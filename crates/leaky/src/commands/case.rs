//! What is worked on: the network that was named, or the bundled example.

use leaky_cure::data::Arrays;
use leaky_cure::task::Task;
use leaky_onnx::Model;
use leaky_report::Provenance;

use crate::arguments;
use crate::error::Error;
use crate::example;

/// A network with its data.
pub(super) struct Case {
    /// Whether it is the bundled example.
    pub bundled: bool,
    pub task: Task,
    /// What the file of the data is called.
    pub data_name: String,
    /// What the file of the validation data is called, where there is one.
    pub validation_name: Option<String>,
}

impl Case {
    pub fn open(asked: &arguments::Task) -> Result<Self, Error> {
        let (Some(path), Some(data)) = (&asked.network, &asked.data) else {
            let model = Model::from_bytes(example::NETWORK)?;
            let data = Arrays::from_bytes(example::TRAINING_NAME, example::TRAINING)?;
            let validation = Arrays::from_bytes(example::VALIDATION_NAME, example::VALIDATION)?;
            return Ok(Self {
                bundled: true,
                task: Task::new(example::NETWORK_NAME, model, &data)?.validated_on(&validation)?,
                data_name: example::TRAINING_NAME.into(),
                validation_name: Some(example::VALIDATION_NAME.into()),
            });
        };
        let name = path.display().to_string();
        let arrays = Arrays::open(data, asked.labels.as_deref())?;
        let mut task = Task::new(name, Model::read(path)?, &arrays)?;
        if let Some(val) = &asked.val {
            task = task.validated_on(&Arrays::open(val, asked.val_labels.as_deref())?)?;
        }
        Ok(Self {
            bundled: false,
            task,
            data_name: data.display().to_string(),
            validation_name: asked.val.as_ref().map(|val| val.display().to_string()),
        })
    }

    /// What a report on it is made from, as far as the case knows.
    pub fn provenance(&self) -> Provenance {
        let given = Provenance::new(std::env::args_os())
            .network(&self.task.name)
            .data("Data", &self.data_name, self.task.data.samples());
        match (&self.task.validation, &self.validation_name) {
            (Some(validation), Some(name)) => given.data("Validation", name, validation.samples()),
            _ => given.validation_kept_apart(),
        }
    }
}
