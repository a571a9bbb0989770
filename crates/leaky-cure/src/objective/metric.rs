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

impl Loss {
    /// Its name in sentences.
    pub fn name(self) -> &'static str {
        match self {
            Self::CrossEntropy => "cross-entropy",
            Self::MeanSquaredError => "mean squared error",
            Self::BinaryCrossEntropy => "binary cross-entropy",
        }
    }
}

/// The unit in which a score is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// The fraction of samples whose class is told right.
    Accuracy,
    /// The mean over the classes of the fraction of a class that is told right.
    BalancedAccuracy,
    /// The harmonic mean of precision and recall: that of class 1 where there are two, told by one
    /// number; else the mean over the classes.
    F1,
    /// The mean over the classes of what answer and truth share, as a part of what either has
    /// (Jaccard's index).
    MeanIou,
    /// The coefficient of determination, 1 minus the squared error as a part of the variance. Of
    /// several outputs each counts by its variance.
    R2,
    /// The Sørensen-Dice coefficient: twice what mask and answer share, as a part of their sizes.
    Dice,
}

impl Metric {
    /// Its name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Accuracy => "accuracy",
            Self::BalancedAccuracy => "balanced accuracy",
            Self::F1 => "F1",
            Self::MeanIou => "mean IoU",
            Self::R2 => "r2",
            Self::Dice => "dice",
        }
    }

    /// Whether it speaks of what this loss learns.
    pub(super) fn suits(self, loss: Loss) -> bool {
        match self {
            Self::R2 => loss == Loss::MeanSquaredError,
            Self::Dice => loss == Loss::BinaryCrossEntropy,
            _ => loss != Loss::MeanSquaredError,
        }
    }
}
