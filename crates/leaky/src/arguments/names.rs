//! What the engine's choices are called on the command line.

use clap::ValueEnum;
use clap::builder::{EnumValueParser, TypedValueParser};
use leaky_cure::objective::Loss;
use leaky_cure::train::{Optimizer, Schedule};

use crate::apply::Rectifier;

/// How the weights follow the gradient.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum OptimizerName {
    /// Adam, which adapts the step of each weight
    Adam,
    /// Stochastic gradient descent
    Sgd,
}

/// How the learning rate goes on.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum ScheduleName {
    /// It stays
    Constant,
    /// It falls along half a cosine, to zero at the end
    Cosine,
    /// It falls in a straight line, to zero at the end
    Linear,
    /// It is a tenth after a third of the steps, and a hundredth after two
    Step,
}

/// What training minimises.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum LossName {
    /// For class labels
    CrossEntropy,
    /// For values
    MeanSquaredError,
    /// For values that are probabilities
    BinaryCrossEntropy,
}

/// A rectifier by name.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum RectifierName {
    /// x above zero, alpha * x below
    LeakyRelu,
    /// x above zero, 0 below
    Relu,
    /// x above zero, alpha * (exp(x) - 1) below
    Elu,
    /// As leaky-relu, with a slope for each channel
    Prelu,
}

pub(super) fn rectifier() -> impl TypedValueParser<Value = Rectifier> {
    EnumValueParser::<RectifierName>::new().map(|name| match name {
        RectifierName::LeakyRelu => Rectifier::LeakyRelu,
        RectifierName::Relu => Rectifier::Relu,
        RectifierName::Elu => Rectifier::Elu,
        RectifierName::Prelu => Rectifier::PRelu,
    })
}

pub(super) fn optimizer() -> impl TypedValueParser<Value = Optimizer> {
    EnumValueParser::<OptimizerName>::new().map(|name| match name {
        OptimizerName::Adam => Optimizer::Adam,
        OptimizerName::Sgd => Optimizer::Sgd,
    })
}

pub(super) fn schedule() -> impl TypedValueParser<Value = Schedule> {
    EnumValueParser::<ScheduleName>::new().map(|name| match name {
        ScheduleName::Constant => Schedule::Constant,
        ScheduleName::Cosine => Schedule::Cosine,
        ScheduleName::Linear => Schedule::Linear,
        ScheduleName::Step => Schedule::Step,
    })
}

pub(super) fn loss() -> impl TypedValueParser<Value = Loss> {
    EnumValueParser::<LossName>::new().map(|name| match name {
        LossName::CrossEntropy => Loss::CrossEntropy,
        LossName::MeanSquaredError => Loss::MeanSquaredError,
        LossName::BinaryCrossEntropy => Loss::BinaryCrossEntropy,
    })
}
