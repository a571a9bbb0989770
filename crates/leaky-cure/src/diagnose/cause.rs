//! Causes of death, and what is to be done.

use serde::{Deserialize, Serialize};

/// Why units died. A pre-activation is what the weights make of the inputs, and a shift; its mean is that
/// of the former and the latter. Where it is never above zero, the part that lies lower is at fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// Everything that it hears is the same on all samples: dead itself, or constant.
    NothingArrives,
    /// What it hears varies and it does not: its weights, or the scale of its normalisation, are as good
    /// as zero.
    NoWeights,
    /// Its bias, or the shift of its normalisation, is what puts it below zero.
    ShiftBelowZero,
    /// What its weights make of the mean of its inputs is what puts it below zero.
    WeightsAgainstInputs,
    /// The same, and its inputs are those of the network and far from mean 0 and deviation 1; or they are
    /// so small that biases alone decide.
    UnscaledInputs,
    /// The statistics that its batch normalisation has stored put it below zero: they are not those of
    /// these data.
    StatisticsDoNotFit,
    /// The graph, or the numbers, do not say.
    CannotBeTold,
}

/// Why some units of a layer are dead.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CauseOfDeath {
    /// The cause.
    pub cause: Cause,
    /// The units that died of it.
    pub units: Vec<usize>,
    /// What that is seen from.
    #[serde(flatten)]
    pub figures: Figures,
    /// The cause in words, with its figures: said of several units, to follow their number.
    pub sentence: String,
}

/// What a cause is seen from; for numbers of single units, their medians. None where there is no such
/// number.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// How many of its own standard deviations the mean of the pre-activation lies below zero.
    pub deviations_below: Option<f64>,
    /// The mean of what the weights, and a normalisation, make of the inputs.
    pub from_inputs: Option<f64>,
    /// The bias, or the shift of the normalisation.
    pub shift: Option<f64>,
    /// The bias as a multiple of `1 / sqrt(fan_in)`, the most that PyTorch draws.
    pub shift_size: Option<f64>,
    /// The root mean square of the incoming weights as a multiple of Kaiming's for this rectifier.
    pub weight_size: Option<f64>,
    /// The part of the weights' magnitude that is negative.
    pub negative_weights: Option<f64>,
    /// What the layer hears.
    pub inputs: Option<InputFigures>,
}

/// What a layer hears, over all samples and positions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InputFigures {
    /// How many features or channels there are.
    pub count: usize,
    /// How many of them are the same throughout.
    pub constant: usize,
    /// How many of these are zero.
    pub zero: usize,
    /// The mean of all.
    pub mean: f64,
    /// The standard deviation of all.
    pub deviation: f64,
    /// The root mean square of the features' means: how far off centre they lie.
    pub offset: f64,
    /// The root mean square of the features' own deviations.
    pub spread: f64,
    /// The smallest.
    pub minimum: f64,
    /// The largest.
    pub maximum: f64,
    /// Whether it is what the network is given, and not what a layer before it gives.
    pub from_data: bool,
}

impl InputFigures {
    /// Their root mean square.
    pub fn size(&self) -> f64 {
        self.mean.hypot(self.deviation)
    }
}

/// What a change of the network, or of how it is trained, is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Remedy {
    /// The data that the network is given.
    Inputs,
    /// The stored statistics of batch normalisations.
    Statistics,
    /// The learning rate.
    LearningRate,
    /// The weights that training starts from.
    Initialization,
    /// Normalisation before rectifiers.
    Normalization,
    /// The slope of rectifiers below zero.
    Slope,
}

/// What is to be done so that units do not die again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prescription {
    /// What it is about.
    pub remedy: Remedy,
    /// How many dead units it rests on.
    pub units: usize,
    /// What to do, and the figures that say so.
    pub sentence: String,
}
