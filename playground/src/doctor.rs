//! A network and its samples from files: diagnosed, cured, converted.

use js_sys::Function;
use leaky_cure::convert::ConvertOptions;
use leaky_cure::cure::Alpha;
use leaky_cure::diagnose::{BATCH_SIZE, gradient_norms_on, gradient_norms_or_why_not};
use leaky_cure::objective::ObjectiveOptions;
use leaky_cure::verified::verify;
use leaky_cure::{Arrays, CureOptions, Diagnosis, Model, Task};
use leaky_report::Provenance;
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use crate::refused::refused;
use crate::watched::watched;

/// A network with its samples.
#[wasm_bindgen]
pub struct Doctor {
    task: Task,
    data_name: String,
    labels_name: Option<String>,
    validation_name: Option<String>,
}

#[wasm_bindgen]
impl Doctor {
    /// A network's file and a `.npz`, `.safetensors` or `.npy` file of samples, each under the name that
    /// results and messages call it.
    ///
    /// # Errors
    ///
    /// If one of them cannot be read, the network not be run, or the arrays do not fit it.
    #[wasm_bindgen(constructor)]
    pub fn new(
        name: &str,
        model: &[u8],
        data_name: String,
        data: Vec<u8>,
    ) -> Result<Doctor, JsError> {
        let arrays = Arrays::from_bytes(&data_name, data).map_err(refused)?;
        Self::open(name, model, data_name, &arrays)
    }

    /// The same with labels in a `.npy` file of their own.
    ///
    /// # Errors
    ///
    /// As [`Doctor::new`].
    pub fn with_labels(
        name: &str,
        model: &[u8],
        data_name: String,
        data: Vec<u8>,
        labels_name: String,
        labels: Vec<u8>,
    ) -> Result<Doctor, JsError> {
        let arrays = Arrays::from_bytes(&data_name, data)
            .and_then(|arrays| arrays.with_labels(&labels_name, labels))
            .map_err(refused)?;
        Ok(Self {
            labels_name: Some(labels_name),
            ..Self::open(name, model, data_name, &arrays)?
        })
    }

    fn open(
        name: &str,
        model: &[u8],
        data_name: String,
        arrays: &Arrays,
    ) -> Result<Doctor, JsError> {
        let model = Model::from_bytes(model).map_err(refused)?;
        Ok(Self {
            task: Task::new(name, model, arrays).map_err(refused)?,
            data_name,
            labels_name: None,
            validation_name: None,
        })
    }

    /// Takes samples to validate with from a file; without them a part of the data is kept apart.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, or its arrays do not fit the network.
    pub fn validate_on(&mut self, name: String, data: Vec<u8>) -> Result<(), JsError> {
        let arrays = Arrays::from_bytes(&name, data).map_err(refused)?;
        let network = self.task.network().map_err(refused)?;
        self.task.validation = Some(arrays.for_network(&network).map_err(refused)?);
        self.validation_name = Some(name);
        Ok(())
    }

    /// Which units are dead: the JSON that the command writes.
    ///
    /// # Errors
    ///
    /// If the network has no rectifier or cannot run on the samples, or `listener` answers that it shall
    /// not go on.
    pub fn diagnose(&self, listener: &Function) -> Result<String, JsError> {
        let diagnosis = watched(listener, |stop, progress| {
            leaky_cure::diagnose(&self.task, BATCH_SIZE, stop, progress)
        });
        json(&diagnosis.map_err(refused)?)
    }

    /// The page of a diagnosis, as the command writes it.
    ///
    /// # Errors
    ///
    /// If `figures` is not the JSON of a diagnosis, or the page cannot be drawn.
    pub fn diagnosis_page(&self, figures: &str) -> Result<String, JsError> {
        let diagnosis: Diagnosis = serde_json::from_str(figures).map_err(refused)?;
        let gradients = gradient_norms_or_why_not(&self.task, BATCH_SIZE).map_err(refused)?;
        let provenance = self.provenance("diagnose", &[]);
        leaky_report::diagnosis(&diagnosis, &gradients, &provenance).map_err(refused)
    }

    /// Diagnoses, revives, converts, trains, diagnoses again and verifies. `request` is a JSON object
    /// with the members of [`Request`].
    ///
    /// # Errors
    ///
    /// If the request makes no sense, the network or the data cannot be worked with, or `listener`
    /// answers before training that it shall not go on. After that the best so far is the result.
    pub fn cure(&self, request: &str, listener: &Function) -> Result<Cured, JsError> {
        let request: Request = serde_json::from_str(request).map_err(refused)?;
        let options = request.options()?;
        let cured = watched(listener, |stop, progress| {
            leaky_cure::cure(&self.task, &options, stop, progress)
        })
        .map_err(refused)?;
        let batch_size = options.training.batch_size;
        let file = cured.model.to_bytes().map_err(refused)?;
        let samples = (&self.task.data, batch_size);
        let verified = verify(&file, &cured.network, samples).map_err(refused)?;
        let mut report = cured.report;
        report.output = Some(request.output.clone());
        report.verified_max_difference = Some(verified.maximum);

        let norms = |network| {
            gradient_norms_on(&self.task, network, ObjectiveOptions::default(), batch_size)
        };
        let given = self.task.network().map_err(refused)?;
        let gradients = [
            norms(&given).map_err(refused)?,
            norms(&cured.network).map_err(refused)?,
        ];
        let provenance = self
            .provenance("cure", &request.words())
            .seed(options.training.seed);
        let page = leaky_report::cure(&report, cured.end, gradients, &provenance);
        Ok(Cured {
            file,
            figures: json(&report)?,
            page: page.map_err(refused)?,
        })
    }

    /// What a page is made from: the command that does the same.
    fn provenance(&self, command: &str, options: &[String]) -> Provenance {
        let words = ["leaky", command, &self.task.name, "--data", &self.data_name];
        let mut words: Vec<String> = words.map(str::to_owned).to_vec();
        let others = [
            ("--labels", &self.labels_name),
            ("--val", &self.validation_name),
        ];
        for (option, name) in others {
            words.extend(
                name.iter()
                    .flat_map(|name| [option.to_owned(), name.clone()]),
            );
        }
        words.extend(options.iter().cloned());
        let data = &self.task.data;
        let given = Provenance::new(words.into_iter().map(Into::into))
            .network(&self.task.name)
            .data("Data", &self.data_name, data.samples());
        match (&self.task.validation, &self.validation_name) {
            _ if command == "diagnose" => given,
            (Some(data), Some(name)) => given.data("Validation", name, data.samples()),
            _ => given.validation_kept_apart(),
        }
    }
}

/// How to cure, as the page asks for it. What is not named is as the command has it.
#[derive(Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Request {
    /// The slope below zero.
    alpha: f32,
    /// How many times to see all samples.
    epochs: usize,
    /// The learning rate.
    lr: f64,
    /// Where the random numbers start.
    seed: u64,
    /// What the cured file will be called.
    output: String,
}

impl Default for Request {
    fn default() -> Self {
        let training = CureOptions::default().training;
        Self {
            alpha: 0.01,
            epochs: training.epochs,
            lr: training.lr,
            seed: training.seed,
            output: "cured.onnx".to_owned(),
        }
    }
}

impl Request {
    fn options(&self) -> Result<CureOptions, JsError> {
        let mut options = CureOptions {
            alpha: Alpha::Fixed(finite(self.alpha)?),
            ..CureOptions::default()
        };
        if !(self.lr > 0.0 && self.lr.is_finite()) {
            return Err(refused(format!(
                "the learning rate must be above zero, but is {}",
                self.lr
            )));
        }
        options.training.epochs = self.epochs;
        options.training.lr = self.lr;
        options.training.seed = self.seed;
        Ok(options)
    }

    /// The command's words for it.
    fn words(&self) -> Vec<String> {
        let standard = Self::default();
        let mut words = vec!["-o".to_owned(), self.output.clone()];
        let mut option = |name: &str, value: String, standard: String| {
            if value != standard {
                words.extend([name.to_owned(), value]);
            }
        };
        option(
            "--alpha",
            self.alpha.to_string(),
            standard.alpha.to_string(),
        );
        option(
            "--epochs",
            self.epochs.to_string(),
            standard.epochs.to_string(),
        );
        option("--lr", self.lr.to_string(), standard.lr.to_string());
        option("--seed", self.seed.to_string(), standard.seed.to_string());
        words
    }
}

fn finite(alpha: f32) -> Result<f32, JsError> {
    match alpha.is_finite() {
        true => Ok(alpha),
        false => Err(refused(format!("alpha must be finite, but is {alpha}"))),
    }
}

/// A cured network.
#[wasm_bindgen(getter_with_clone)]
pub struct Cured {
    /// Its file.
    pub file: Vec<u8>,
    /// All figures: the JSON that the command writes.
    pub figures: String,
    /// The page that the command writes.
    pub page: String,
}

/// A converted network.
#[wasm_bindgen(getter_with_clone)]
pub struct Converted {
    /// Its file.
    pub file: Vec<u8>,
    /// What was done to each rectifier, as JSON.
    pub figures: String,
}

/// Turns the hidden ReLUs of a network into Leaky ReLUs with the slope `alpha`.
///
/// # Errors
///
/// If the file cannot be read, the network not be run, or there is nothing to convert.
#[wasm_bindgen]
pub fn convert(name: &str, model: &[u8], alpha: f32) -> Result<Converted, JsError> {
    let mut model = Model::from_bytes(model).map_err(refused)?;
    let options = ConvertOptions {
        alpha: finite(alpha)?,
        ..ConvertOptions::default()
    };
    let conversion = leaky_cure::convert(&mut model, name, &options).map_err(refused)?;
    Ok(Converted {
        file: model.to_bytes().map_err(refused)?,
        figures: json(&conversion)?,
    })
}

/// As the command writes it.
fn json(figures: &impl Serialize) -> Result<String, JsError> {
    let mut text = serde_json::to_string_pretty(figures).map_err(refused)?;
    text.push('\n');
    Ok(text)
}
