//! What there is to see while the engine works.

use crate::cure::figures::AlphaTrial;
use crate::diagnose::verdict::Diagnosis;
use crate::difference::Difference;
use crate::objective::metric::Metric;
use crate::revive::recentre::Recentring;
use crate::revive::revival::Revival;
use crate::train::epoch::Epoch;

/// A part of the work that takes long enough to be watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// The samples are run through the network, and its units counted.
    Diagnose,
    /// Short trainings, to choose a slope.
    ChooseAlpha,
    /// Training, for so many epochs.
    Train {
        /// How many times all samples are seen.
        epochs: usize,
        /// What the validation score of an epoch is given in.
        metric: Metric,
    },
    /// The trainings of a comparison. A batch of any of them is a step.
    Compare,
    /// Weights are drawn afresh, again and again. A draw is a step.
    DrawWeights,
}

/// Watches the engine work. Every method may be left as it is: then that is not looked at.
pub trait Progress: Send {
    /// A part of the work begins, of so many steps: batches, where nothing else is said.
    fn phase(&mut self, _phase: Phase, _steps: usize) {}
    /// Something about the network that a person should know of.
    fn note(&mut self, _text: &str) {}
    /// A step of it is done.
    fn step(&mut self) {}
    /// An epoch of training, counted from 1, is done; its score is given in this metric.
    fn epoch(&mut self, _number: usize, _epoch: &Epoch, _metric: Metric) {}
    /// The work was asked to stop, and training is coming to its end.
    fn stopping(&mut self) {}
    /// A cure has its first verdict, and the validation score of the network as it was given.
    fn diagnosed(&mut self, _before: &Diagnosis, _metric: Metric, _score: f64) {}
    /// A cure has chosen a slope.
    fn chose_alpha(&mut self, _alpha: f32, _trials: &[AlphaTrial], _metric: Metric) {}
    /// A cure has revived dead units, and compared the outputs on the samples to train on and on those
    /// to validate with.
    fn revived(&mut self, _revival: &Revival, _training: Difference, _validation: Difference) {}
    /// A cure has given always-on units a bend that the data reach, and compared the outputs on the samples
    /// to train on.
    fn recentred(&mut self, _recentring: &Recentring, _training: Difference) {}
}

/// Nobody watches.
impl Progress for () {}
