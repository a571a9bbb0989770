//! What is minimised, and what a score is given in.

use serde::{Deserialize, Serialize};

/// What training minimises.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// For class labels.
    CrossEntropy,
    /// For values.
    MeanSquaredError,
    /// For values that are probabilities.
    BinaryCrossEntropy,
}

/// The unit in which a score is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// The fraction of samples whose class is told right.
    Accuracy,
    /// The coefficient of determination, 1 minus the squared error as a part of the variance.
    R2,
    /// The Sørensen-Dice coefficient: twice what mask and answer share, as a part of their sizes.
    Dice,
}

impl Metric {
    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Accuracy => "accuracy",
            Self::R2 => "r2",
            Self::Dice => "dice",
        }
    }
}
