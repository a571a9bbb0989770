//! Dead units brought back by the engine, as in any other network: through the ONNX file.

use leaky_cure::revive::{DEFAULT_BOUND, Request, revive};
use leaky_cure::{Arrays, MemoryArray, Model, Stop, Task};
use serde::Serialize;

use super::file::{onnx, parameter_names};
use super::session::Session;

/// How many samples run through the network at a time.
const BATCH_SIZE: usize = 256;

/// What a revival did.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Revived {
    /// How many units were dead.
    pub(crate) dead: usize,
    /// How many of them live again.
    pub(crate) revived: usize,
    /// Why the others do not, each reason once.
    pub(crate) reasons: Vec<String>,
    /// The largest change of an output, on the points to train on.
    pub(crate) max_difference: f64,
    /// The largest magnitude of an output there.
    pub(crate) magnitude: f64,
}

/// Gives the dead units of a network fresh weights, for the slope `alpha` that they will have.
///
/// # Errors
///
/// In the engine's words.
pub(crate) fn bring_back(session: &mut Session, alpha: f32) -> Result<Revived, String> {
    let task = task(session)?;
    let mut network = task.network().map_err(text)?;
    let diagnosis = leaky_cure::diagnose(&task, BATCH_SIZE, &Stop::new(), &mut ()).map_err(text)?;
    let everything: Vec<usize> = (0..session.training.len()).collect();
    let request = Request {
        data: &task.data,
        samples: &everything,
        batch_size: BATCH_SIZE,
        bound: DEFAULT_BOUND,
        alpha: alpha.into(),
        seed: session.settings.seed,
    };
    let revival = revive(&mut network, &diagnosis, &request).map_err(text)?;

    let before = session.network.output(&session.training.x);
    for (place, layer) in session.network.layers.iter_mut().enumerate() {
        for (name, array) in parameter_names(place)
            .iter()
            .zip(layer.parameters.arrays_mut())
        {
            let parameters = network.parameters().iter();
            let Some(index) = parameters
                .clone()
                .position(|parameter| parameter.name == *name)
            else {
                continue;
            };
            let data = network.parameter_data(index).map_err(text)?;
            let numbers: Vec<f32> = data.iter::<f32>().collect();
            array.copy_from_slice(&numbers);
        }
    }
    session.forget();
    let after = session.network.output(&session.training.x);
    let largest = |values: &mut dyn Iterator<Item = f64>| values.fold(0.0, f64::max);
    let pairs = before.iter().zip(&after);
    let mut differences = pairs.map(|(before, after)| f64::from((before - after).abs()));
    let mut reasons: Vec<String> = revival
        .not_revived
        .into_iter()
        .map(|unit| unit.reason)
        .collect();
    reasons.sort();
    reasons.dedup();
    Ok(Revived {
        dead: diagnosis.dead,
        revived: revival.revived,
        reasons,
        max_difference: largest(&mut differences),
        magnitude: largest(&mut before.iter().map(|output| f64::from(output.abs()))),
    })
}

/// The network and the points that it trains on, as the engine takes them.
fn task(session: &Session) -> Result<Task, String> {
    let file = onnx(&session.network, None).map_err(text)?;
    let points = &session.training;
    let x =
        MemoryArray::of("x", &[points.len(), points.features], points.x.clone()).map_err(text)?;
    let arrays = Arrays::in_memory([x]).map_err(text)?;
    let model = Model::from_bytes(&file).map_err(text)?;
    Task::new("playground.onnx", model, &arrays).map_err(text)
}

fn text(error: impl std::fmt::Display) -> String {
    error.to_string()
}
