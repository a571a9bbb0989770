//! Options as Python gives them.

use leaky_cure::cure::Alpha;
use leaky_cure::threads::cores;
use leaky_cure::train::TrainOptions;
use leaky_cure::{CompareOptions, CureOptions};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use serde_json::Value;

use crate::data::refused;

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
    loss: Option<String>,
    epochs: usize,
    batch_size: usize,
    lr: f64,
    optimizer: String,
    seed: u64,
}

impl CureRequest {
    pub(crate) fn options(self) -> PyResult<CureOptions> {
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
            revival_bound: part("revival_bound", self.revival_bound)?,
            loss: self.loss.map(|loss| named("loss", loss)).transpose()?,
            training: TrainOptions {
                epochs: self.epochs,
                batch_size: at_least_one("batch_size", self.batch_size)?,
                lr: above_zero("lr", self.lr)?,
                optimizer: named("optimizer", self.optimizer)?,
                seed: self.seed,
                random_slopes: None,
            },
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
    loss: Option<String>,
    epochs: usize,
    batch_size: usize,
    optimizer: String,
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
            loss: self.loss.map(|loss| named("loss", loss)).transpose()?,
            epochs: at_least_one("epochs", self.epochs)?,
            batch_size: at_least_one("batch_size", self.batch_size)?,
            optimizer: named("optimizer", self.optimizer)?,
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

fn part(option: &str, value: f64) -> PyResult<f64> {
    if (0.0..=1.0).contains(&value) {
        Ok(value)
    } else {
        Err(PyValueError::new_err(format!(
            "{option} must lie between 0 and 1, but is {value}"
        )))
    }
}

fn at_least_one(option: &str, value: usize) -> PyResult<usize> {
    if value > 0 {
        Ok(value)
    } else {
        Err(PyValueError::new_err(format!(
            "{option} must be at least 1"
        )))
    }
}
