//! What is worked on: the network that was named, or the bundled example.

use leaky_cure::data::Arrays;
use leaky_cure::task::Task;
use leaky_cure::text::score;
use leaky_onnx::Model;
use leaky_report::Provenance;

use super::files::Files;
use crate::error::Error;
use crate::{example, settings};

/// Of so many channels the scaling is told on the terminal.
const MOST_CHANNELS: usize = 4;

/// A network with its data.
pub(super) struct Case {
    pub task: Task,
    /// What the file of the data is called.
    pub data_name: String,
    /// What the file of the validation data is called, where there is one.
    pub validation_name: Option<String>,
    /// What the file of the test data is called, where there is one.
    pub test_name: Option<String>,
}

impl Case {
    /// The network that was named. What it keeps outside of its file is kept from the outputs.
    pub(super) fn open(asked: &settings::Case, files: &mut Files) -> Result<Self, Error> {
        let model = Model::read(&asked.network)?;
        files.read_too(model.external_files())?;
        let mut open = |data: &settings::Data| -> Result<Arrays, Error> {
            let arrays = Arrays::open(&data.samples, data.labels.as_deref())?;
            files.read_too(arrays.files().to_vec())?;
            Ok(arrays)
        };
        let name = asked.network.display().to_string();
        let mut task = Task::new(name, model, &open(&asked.data)?)?;
        if let Some(validation) = &asked.validation {
            task = task.validated_on(&open(validation)?)?;
        }
        if let Some(test) = &asked.test {
            task = task.tested_on(&open(test)?)?;
        }
        if let Some(normalize) = &asked.normalize {
            task = task.normalized(normalize)?;
        }
        let name = |data: &settings::Data| data.samples.display().to_string();
        Ok(Self {
            task,
            data_name: name(&asked.data),
            validation_name: asked.validation.as_ref().map(name),
            test_name: asked.test.as_ref().map(name),
        })
    }

    /// The bundled example.
    pub(super) fn bundled() -> Result<Self, Error> {
        let model = Model::from_bytes(example::NETWORK)?;
        let data = Arrays::from_bytes(example::TRAINING_NAME, example::TRAINING)?;
        let validation = Arrays::from_bytes(example::VALIDATION_NAME, example::VALIDATION)?;
        Ok(Self {
            task: Task::new(example::NETWORK_NAME, model, &data)?.validated_on(&validation)?,
            data_name: example::TRAINING_NAME.into(),
            validation_name: Some(example::VALIDATION_NAME.into()),
            test_name: None,
        })
    }

    /// What the network is given in place of the data's numbers, if it is something else.
    pub(super) fn scaling(&self) -> Option<String> {
        let found = self.task.data.normalization();
        let told = found.iter().map(|own| {
            let channels: Vec<String> = own
                .mean
                .iter()
                .zip(&own.deviation)
                .map(|(&mean, &deviation)| format!("{} / {}", score(mean), score(deviation)))
                .collect();
            let numbers = match channels.len() {
                1..=MOST_CHANNELS => channels.join(", "),
                many => format!("those of {many} channels, which the JSON holds"),
            };
            format!(
                "Normalized: `{}` is given (x - mean) / deviation ({numbers}); the network expects data \
                 that are scaled so.",
                own.input
            )
        });
        let told: Vec<String> = told.collect();
        (!told.is_empty()).then(|| told.join("\n"))
    }

    /// What a report on a training is made from, as far as the case knows.
    pub(super) fn told_in(&self, provenance: Provenance) -> Provenance {
        let given = self.diagnosis_told_in(provenance);
        let given = match (&self.task.validation, &self.validation_name) {
            (Some(validation), Some(name)) => given.data("Validation", name, validation.samples()),
            _ => given.validation_kept_apart(),
        };
        match (&self.task.test, &self.test_name) {
            (Some(test), Some(name)) => given.data("Test", name, test.samples()),
            _ => given,
        }
    }

    /// What a report on a diagnosis is made from, as far as the case knows.
    pub(super) fn diagnosis_told_in(&self, provenance: Provenance) -> Provenance {
        let samples = self.task.data.samples();
        provenance
            .network(&self.task.name)
            .data("Data", &self.data_name, samples)
    }
}
