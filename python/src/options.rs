//! Options as Python gives them.

use std::path::PathBuf;

use leaky_cure::convert::{ConvertFrom, ConvertOptions};
use leaky_cure::cure::Alpha;
use leaky_cure::objective::ObjectiveOptions;
use leaky_cure::threads::cores;
use leaky_cure::train::{Recycle, TrainOptions};
use leaky_cure::{CompareOptions, CureOptions};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use serde_json::Value;

use crate::answers::refused;
use crate::files::checkpoint;

/// A slope, or `"auto"`.
#[derive(FromPyObject)]
pub(crate) enum Slope {
    Number(f64),
    Word(String),
}

/// How to cure, as a Python object with these attributes.
#[derive(FromPyObject)]
pub(crate) struct CureRequest {
    alpha: Slope,
    revive: bool,
    revival_bound: f64,
    recentre: bool,
    tau: Option<f64>,
    checkpoint: Option<PathBuf>,
    lr: f64,
    seed: u64,
    objective: ObjectiveRequest,
    training: TrainRequest,
}

impl CureRequest {
    /// The options, for a network and samples that were read from some files.
    pub(crate) fn options(self, read: &[PathBuf]) -> PyResult<CureOptions> {
        let training = self.training.options()?;
        if self.tau.is_some() && !self.revive {
            return Err(PyValueError::new_err(
                "tau says which dormant units are revived, so it does not go with revive=False",
            ));
        }
        let folder = self.checkpoint.as_deref();
        Ok(CureOptions {
            alpha: match self.alpha {
                Slope::Number(alpha) => Alpha::Fixed(finite("alpha", alpha)? as f32),
                Slope::Word(word) if word == "auto" => Alpha::Auto,
                Slope::Word(word) => {
                    return Err(PyValueError::new_err(format!(
                        "alpha is '{word}': give a number or 'auto'"
                    )));
                }
            },
            revive: self.revive,
            recentre: self.recentre,
            tau: self.tau.map(|tau| part("tau", tau)).transpose()?,
            revival_bound: part("revival_bound", self.revival_bound)?,
            objective: self.objective.options()?,
            training: TrainOptions {
                lr: above_zero("lr", self.lr)?,
                seed: self.seed,
                recycle: training.recycle.map(|recycle| Recycle {
                    bound: self.revival_bound,
                    ..recycle
                }),
                ..training
            },
            checkpoint: folder.map(|folder| checkpoint(folder, read)).transpose()?,
        })
    }
}

/// What to convert, as a Python object with these attributes.
#[derive(FromPyObject)]
pub(crate) struct ConvertRequest {
    alpha: f64,
    from_: String,
    only: Vec<String>,
    skip: Vec<String>,
}

impl ConvertRequest {
    pub(crate) fn options(self) -> PyResult<ConvertOptions> {
        Ok(ConvertOptions {
            alpha: finite("alpha", self.alpha)? as f32,
            from: match self.from_.as_str() {
                "relu" => ConvertFrom::Relu,
                "leaky-relu" => ConvertFrom::LeakyRelu,
                "prelu" => ConvertFrom::PRelu,
                "relu6" => ConvertFrom::Relu6,
                other => {
                    return Err(PyValueError::new_err(format!(
                        "from_ is '{other}': give 'relu', 'leaky-relu', 'prelu' or 'relu6'"
                    )));
                }
            },
            only: self.only,
            skip: self.skip,
        })
    }
}

/// What is to be learned, as a Python object with these attributes.
#[derive(FromPyObject)]
struct ObjectiveRequest {
    loss: Option<String>,
    metric: Option<String>,
    class_weights: String,
    label_smoothing: f64,
}

impl ObjectiveRequest {
    fn options(self) -> PyResult<ObjectiveOptions> {
        Ok(ObjectiveOptions {
            loss: self.loss.map(|loss| named("loss", loss)).transpose()?,
            metric: self.metric.map(|name| named("metric", name)).transpose()?,
            class_weights: named("class_weights", self.class_weights)?,
            label_smoothing: below_one("label_smoothing", self.label_smoothing)?,
        })
    }
}

/// How to train, as a Python object with these attributes.
#[derive(FromPyObject)]
struct TrainRequest {
    epochs: usize,
    batch_size: usize,
    optimizer: String,
    momentum: f64,
    weight_decay: f64,
    clip_norm: Option<f64>,
    schedule: String,
    warm_up: usize,
    patience: Option<usize>,
    train_statistics: bool,
    pull: f64,
    recycle: Option<usize>,
}

impl TrainRequest {
    fn options(self) -> PyResult<TrainOptions> {
        let count = |option, value: Option<usize>| {
            value.map(|value| at_least_one(option, value)).transpose()
        };
        let norm = self.clip_norm.map(|norm| above_zero("clip_norm", norm));
        Ok(TrainOptions {
            epochs: self.epochs,
            batch_size: at_least_one("batch_size", self.batch_size)?,
            optimizer: named("optimizer", self.optimizer)?,
            momentum: below_one("momentum", self.momentum)?,
            weight_decay: at_least_zero("weight_decay", self.weight_decay)?,
            clip_norm: norm.transpose()?,
            schedule: named("schedule", self.schedule)?,
            warm_up: self.warm_up,
            patience: count("patience", self.patience)?,
            train_statistics: self.train_statistics,
            pull: at_least_zero("pull", self.pull)?,
            recycle: count("recycle", self.recycle)?.map(Recycle::every),
            ..TrainOptions::default()
        })
    }
}

/// What to compare, as a Python object with these attributes.
#[derive(FromPyObject)]
pub(crate) struct CompareRequest {
    rectifiers: Vec<String>,
    lr: Vec<f64>,
    seeds: u64,
    from_weights: bool,
    objective: ObjectiveRequest,
    training: TrainRequest,
    jobs: Option<usize>,
}

impl CompareRequest {
    pub(crate) fn options(self) -> PyResult<CompareOptions> {
        let rectifiers = self.rectifiers.iter().map(|name| name.parse());
        if self.rectifiers.is_empty() || self.lr.is_empty() || self.seeds == 0 {
            return Err(PyValueError::new_err(
                "rectifiers, lr and seeds must name at least one training",
            ));
        }
        for &lr in &self.lr {
            above_zero("lr", lr)?;
        }
        Ok(CompareOptions {
            rectifiers: rectifiers.collect::<Result<_, String>>().map_err(refused)?,
            rates: self.lr,
            seeds: self.seeds,
            from_scratch: !self.from_weights,
            objective: self.objective.options()?,
            training: self.training.options()?,
            jobs: self.jobs.unwrap_or_else(cores).max(1),
        })
    }
}

/// A word of the engine's.
fn named<T: serde::de::DeserializeOwned>(option: &str, word: String) -> PyResult<T> {
    serde_json::from_value(Value::String(word))
        .map_err(|error| PyValueError::new_err(format!("{option}: {error}")))
}

fn finite(option: &str, value: f64) -> PyResult<f64> {
    if (value as f32).is_finite() {
        Ok(value)
    } else {
        Err(PyValueError::new_err(format!(
            "{option} must be finite, but is {value}"
        )))
    }
}

fn above_zero(option: &str, value: f64) -> PyResult<f64> {
    if value > 0.0 && value.is_finite() {
        Ok(value)
    } else {
        Err(PyValueError::new_err(format!(
            "{option} must be above zero, but is {value}"
        )))
    }
}

fn at_least_zero(option: &str, value: f64) -> PyResult<f64> {
    if value >= 0.0 && value.is_finite() {
        Ok(value)
    } else {
        Err(PyValueError::new_err(format!(
            "{option} must not be below zero, but is {value}"
        )))
    }
}

fn below_one(option: &str, value: f64) -> PyResult<f64> {
    if (0.0..1.0).contains(&value) {
        Ok(value)
    } else {
        Err(PyValueError::new_err(format!(
            "{option} must lie from 0 to below 1, but is {value}"
        )))
    }
}

pub(crate) fn part(option: &str, value: f64) -> PyResult<f64> {
    if (0.0..=1.0).contains(&value) {
        Ok(value)
    } else {
        Err(PyValueError::new_err(format!(
            "{option} must lie between 0 and 1, but is {value}"
        )))
    }
}

pub(crate) fn at_least_one(option: &str, value: usize) -> PyResult<usize> {
    if value > 0 {
        Ok(value)
    } else {
        Err(PyValueError::new_err(format!(
            "{option} must be at least 1"
        )))
    }
}
