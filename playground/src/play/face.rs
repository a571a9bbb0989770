//! What the page calls.

use std::collections::HashMap;

use safetensors::tensor::{Dtype, TensorView};
use serde::de::DeserializeOwned;
use wasm_bindgen::prelude::*;

use super::answer::Answer;
use super::file::onnx;
use super::revival::bring_back;
use super::session::Session;
use super::snapshot::{Snapshot, shown};
use crate::refused::refused;

/// A small network on points of a plane, or on digits.
#[wasm_bindgen]
pub struct Play {
    session: Session,
}

#[wasm_bindgen]
impl Play {
    /// Draws points and weights. `settings` is a JSON object; what it does not name is as
    /// [`standard_settings`] has it.
    ///
    /// # Errors
    ///
    /// Where the settings make no sense.
    #[wasm_bindgen(constructor)]
    pub fn new(settings: &str) -> Result<Play, JsError> {
        let settings = serde_json::from_str(settings).map_err(refused)?;
        Ok(Self {
            session: Session::new(settings).map_err(refused)?,
        })
    }

    /// Makes so many steps.
    pub fn train(&mut self, steps: usize) {
        self.session.train(steps);
    }

    /// One step of plain gradient descent on all points, at this learning rate.
    pub fn jolt(&mut self, lr: f32) {
        self.session.jolt(lr);
    }

    /// Changes the learning rate.
    ///
    /// # Errors
    ///
    /// Where it is not above zero.
    pub fn set_rate(&mut self, lr: f32) -> Result<(), JsError> {
        let settings = super::settings::Settings {
            lr,
            ..self.session.settings.clone()
        };
        self.session.settings = settings.check().map_err(refused)?;
        Ok(())
    }

    /// Changes the optimiser, which begins anew.
    ///
    /// # Errors
    ///
    /// Where there is none of that name.
    pub fn set_optimizer(&mut self, name: &str) -> Result<(), JsError> {
        self.session.settings.optimizer = named(name)?;
        self.session.forget();
        Ok(())
    }

    /// Gives a hidden layer, or without a number all of them, this rectifier. The weights stay.
    ///
    /// # Errors
    ///
    /// Where there is no such layer or rectifier, or `alpha` is not finite.
    pub fn rectify(&mut self, layer: Option<usize>, name: &str, alpha: f32) -> Result<(), JsError> {
        let kind = named(name)?;
        self.session.rectify(layer, kind, alpha).map_err(refused)
    }

    /// Brings dead units back, for the slope that they will have; says as JSON what that did.
    ///
    /// # Errors
    ///
    /// In the engine's words.
    pub fn revive(&mut self, alpha: f32) -> Result<String, JsError> {
        let revived = bring_back(&mut self.session, alpha).map_err(refused)?;
        serde_json::to_string(&revived).map_err(refused)
    }

    /// What there is to draw.
    ///
    /// # Errors
    ///
    /// None that can happen.
    pub fn snapshot(&self) -> Result<Snapshot, JsError> {
        Snapshot::of(&self.session).map_err(refused)
    }

    /// The samples to draw, one after the other: the points to train on as their coordinates and their
    /// answer, or some digits of the test as their pixels and the digit.
    pub fn points(&self) -> Vec<f32> {
        let points = shown(&self.session);
        let pairs = points.x.chunks_exact(points.features).zip(&points.y);
        pairs
            .flat_map(|(x, y)| x.iter().chain([y]))
            .copied()
            .collect()
    }

    /// The network as an ONNX file; for classes it ends in a sigmoid or a softmax.
    ///
    /// # Errors
    ///
    /// None that can happen in memory.
    pub fn network_file(&self) -> Result<Vec<u8>, JsError> {
        let probabilities = self.session.answer().probabilities();
        onnx(&self.session.network, probabilities).map_err(refused)
    }

    /// The points to train on as a `.safetensors` file with `x` and `y`.
    ///
    /// # Errors
    ///
    /// None that can happen in memory.
    pub fn data_file(&self) -> Result<Vec<u8>, JsError> {
        let points = &self.session.training;
        let count = points.len();
        let x: Vec<u8> = points
            .x
            .iter()
            .copied()
            .flat_map(f32::to_le_bytes)
            .collect();
        let (dtype, shape, y): (_, _, Vec<u8>) = match self.session.answer() {
            Answer::Value | Answer::Class => {
                let bytes = points.y.iter().copied().flat_map(f32::to_le_bytes);
                (Dtype::F32, vec![count, 1], bytes.collect())
            }
            // A digit is the number of a class.
            Answer::Digit => {
                let bytes = points
                    .y
                    .iter()
                    .flat_map(|&digit| (digit as i64).to_le_bytes());
                (Dtype::I64, vec![count], bytes.collect())
            }
        };
        let x = TensorView::new(Dtype::F32, vec![count, points.features], &x).map_err(refused)?;
        let y = TensorView::new(dtype, shape, &y).map_err(refused)?;
        safetensors::serialize(HashMap::from([("x", x), ("y", y)]), None).map_err(refused)
    }
}

/// What settings are where nothing else is said, as JSON.
///
/// # Errors
///
/// None that can happen: settings are JSON.
#[wasm_bindgen]
pub fn standard_settings() -> Result<String, JsError> {
    serde_json::to_string(&super::settings::Settings::default()).map_err(refused)
}

/// A word of the settings.
fn named<T: DeserializeOwned>(name: &str) -> Result<T, JsError> {
    serde_json::from_value(serde_json::Value::from(name)).map_err(refused)
}
