//! What an epoch came to, and why training ended.

use serde::{Deserialize, Deserializer, Serialize};

/// One epoch of training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// The mean loss of the training batches, each at the time it was trained on.
    #[serde(deserialize_with = "number")]
    pub train_loss: f64,
    /// The mean loss of the validation samples at the end of the epoch.
    #[serde(deserialize_with = "number")]
    pub validation_loss: f64,
    /// Their score.
    #[serde(deserialize_with = "number")]
    pub score: f64,
    /// How many units were recycled.
    #[serde(default)]
    pub recycled: usize,
    /// How long the epoch took, validation included.
    pub seconds: f64,
}

/// Reads what JSON, which knows no NaN, holds as `null`.
pub(crate) fn number<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or(f64::NAN))
}

/// Why training ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// All epochs are done.
    Done,
    /// None of the last so many epochs validated better, which is as long as it was to wait.
    NoBetter(usize),
    /// It was asked to stop.
    Stopped,
    /// The loss was NaN or infinite in this epoch, counted from 1.
    Diverged(usize),
}
