//! What the engine's choices are called on the command line.

use clap::ValueEnum;
use clap::builder::{EnumValueParser, TypedValueParser};
use leaky_cure::objective::{ClassWeights, Loss, Metric};
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

/// What a score is given in.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum MetricName {
    /// The part whose class is told right
    Accuracy,
    /// The mean over the classes of the part that is told right
    BalancedAccuracy,
    /// The harmonic mean of precision and recall, and its mean over the classes where there are several
    F1,
    /// What answer and truth share as a part of what either has, the mean over the classes
    MeanIou,
    /// 1 minus the squared error as a part of the variance
    R2,
    /// Twice what mask and answer share as a part of their sizes
    Dice,
}

/// How much each class counts.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum ClassWeightsName {
    /// Every sample as much as any other
    Equal,
    /// Every class as much as any other
    Balanced,
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

pub(super) fn metric() -> impl TypedValueParser<Value = Metric> {
    EnumValueParser::<MetricName>::new().map(|name| match name {
        MetricName::Accuracy => Metric::Accuracy,
        MetricName::BalancedAccuracy => Metric::BalancedAccuracy,
        MetricName::F1 => Metric::F1,
        MetricName::MeanIou => Metric::MeanIou,
        MetricName::R2 => Metric::R2,
        MetricName::Dice => Metric::Dice,
    })
}

pub(super) fn class_weights() -> impl TypedValueParser<Value = ClassWeights> {
    EnumValueParser::<ClassWeightsName>::new().map(|name| match name {
        ClassWeightsName::Equal => ClassWeights::Equal,
        ClassWeightsName::Balanced => ClassWeights::Balanced,
    })
}

pub(super) fn loss() -> impl TypedValueParser<Value = Loss> {
    EnumValueParser::<LossName>::new().map(|name| match name {
        LossName::CrossEntropy => Loss::CrossEntropy,
        LossName::MeanSquaredError => Loss::MeanSquaredError,
        LossName::BinaryCrossEntropy => Loss::BinaryCrossEntropy,
    })
}
