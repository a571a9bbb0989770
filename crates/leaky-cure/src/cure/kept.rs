//! What a checkpoint keeps of a cure, and which cure it is of.

use serde::{Deserialize, Serialize};

use super::figures::AlphaTrial;
use super::options::CureOptions;
use crate::data::samples::{Samples, checksum};
use crate::run::RunError;
use crate::task::Task;
use crate::train::checkpoint::Setting;
use crate::train::options::TrainOptions;

/// What was chosen before the training.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Work {
    pub alpha: f32,
    pub alpha_trials: Vec<AlphaTrial>,
}

impl Work {
    /// With a slope that nobody had to choose.
    pub fn chosen(alpha: f32) -> Self {
        Self {
            alpha,
            alpha_trials: Vec::new(),
        }
    }
}

/// What must be the same for a cure to go on. Reads all data.
///
/// # Errors
///
/// If the data cannot be read, or the network not be written.
pub(super) fn setting(
    task: &Task,
    options: &CureOptions,
    parts: [Samples; 2],
) -> Result<Setting, RunError> {
    let CureOptions {
        alpha,
        revive,
        revival_bound,
        tau,
        recentre,
        objective,
        training,
        checkpoint: _,
    } = options;
    let TrainOptions {
        epochs,
        batch_size,
        lr,
        schedule,
        warm_up,
        optimizer,
        momentum,
        weight_decay,
        clip_norm,
        patience,
        train_statistics,
        pull,
        recycle,
        seed,
        random_slopes: _,
    } = training;
    let network = crc32fast::hash(&task.model.to_bytes()?);
    let terms = [
        ("the version", env!("CARGO_PKG_VERSION").to_owned()),
        ("the network", network.to_string()),
        ("the data", checksum(&parts, *batch_size)?.to_string()),
        ("alpha", format!("{alpha:?}")),
        (
            "what is revived",
            format!("{revive} {revival_bound} {tau:?} {recentre}"),
        ),
        ("what is to be learned", format!("{objective:?}")),
        ("the epochs", epochs.to_string()),
        ("the batch size", batch_size.to_string()),
        ("the learning rate", lr.to_string()),
        ("the schedule", format!("{schedule:?} {warm_up}")),
        ("the optimizer", format!("{optimizer:?} {momentum}")),
        ("the weight decay", weight_decay.to_string()),
        ("the largest norm of the gradient", format!("{clip_norm:?}")),
        ("the patience", format!("{patience:?}")),
        ("whether statistics train", train_statistics.to_string()),
        ("the pull", pull.to_string()),
        ("what is recycled", format!("{recycle:?}")),
        ("the seed", seed.to_string()),
    ];
    let terms = terms.into_iter();
    Ok(Setting(
        terms
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
    ))
}
