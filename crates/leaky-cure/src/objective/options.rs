//! What is to be learned, where that is not left to the answers and the end of the network.

use serde::{Deserialize, Serialize};

use super::metric::{Loss, Metric};

/// How much each class counts in the loss.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClassWeights {
    /// Every sample as much as any other.
    #[default]
    Equal,
    /// Every class as much as any other: a sample of a class counts by `samples / (classes * samples of
    /// the class)`, as scikit-learn has it.
    Balanced,
}

/// What is to be learned.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct ObjectiveOptions {
    /// What to minimise; without it, what suits the answers and the end of the network.
    pub loss: Option<Loss>,
    /// What the score is given in; without it, what suits the loss.
    pub metric: Option<Metric>,
    /// How much each class counts in the loss.
    pub class_weights: ClassWeights,
    /// The part of each class label that cross-entropy shares out among all classes (Szegedy et al.,
    /// 2016, "Rethinking the Inception Architecture").
    pub label_smoothing: f64,
}

impl From<Option<Loss>> for ObjectiveOptions {
    /// With this loss, and all else as it suits.
    fn from(loss: Option<Loss>) -> Self {
        Self {
            loss,
            ..Self::default()
        }
    }
}
