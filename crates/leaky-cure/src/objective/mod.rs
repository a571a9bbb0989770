//! What training minimises, and the score that says how good a network is.

mod answer;
mod classes;
mod confusion;
mod error;
mod form;
pub(crate) mod metric;
pub(crate) mod options;
mod rule;
mod tally;

use burn::backend::DispatchTensor;
use burn::tensor::TensorData;
use leaky_onnx::{Network, Tracked, TrainingPass, Value, ValueId};

use crate::data::dataset::Dataset;
use crate::data::samples::Samples;
use crate::data::target::{Target, TargetKind};
use crate::run::batch;
use answer::Answer;
pub use error::ObjectiveError;
pub use metric::{Loss, Metric};
pub use options::{ClassWeights, ObjectiveOptions};
use rule::Rule;
pub use tally::Tally;

/// What is to be learned: a loss on one value of the network, and a score.
pub struct Objective {
    /// The output that is compared with the target.
    answer: Answer,
    /// The value that the loss is computed from: the output, or what its last activation takes
    /// where the loss is stable only there.
    value: ValueId,
    rule: Rule,
    kind: TargetKind,
    metric: Metric,
}

impl Objective {
    /// Takes the output that fits the target, and chooses the loss from the target and the end of
    /// the network, unless the user named one.
    ///
    /// # Errors
    ///
    /// If no output fits the target, or the loss or another wish does not.
    pub fn new(
        network: &Network,
        data: &Dataset,
        options: ObjectiveOptions,
    ) -> Result<(Self, Target), ObjectiveError> {
        let (answer, target) = Answer::choose(network, data)?;
        let kind = target.kind();
        let ends_in_sigmoid = form::ends_in_sigmoid(network, answer.value);
        let loss = options.loss.unwrap_or(match kind {
            TargetKind::Classes(_) => Loss::CrossEntropy,
            TargetKind::Binary => Loss::BinaryCrossEntropy,
            TargetKind::Values if ends_in_sigmoid => Loss::BinaryCrossEntropy,
            TargetKind::Values => Loss::MeanSquaredError,
        });
        match (loss, kind) {
            (Loss::CrossEntropy, TargetKind::Classes(_)) => {}
            (Loss::CrossEntropy, _) => return Err(ObjectiveError::LossNeedsLabels),
            (_, TargetKind::Classes(_)) => return Err(ObjectiveError::LossNeedsValues),
            _ => {}
        }
        let (value, form) = form::of(network, data, &answer, loss, &target)?;
        let metric = options.metric.unwrap_or(match loss {
            Loss::CrossEntropy => Metric::Accuracy,
            Loss::MeanSquaredError => Metric::R2,
            // One answer a sample is a class; one a position is a mask.
            Loss::BinaryCrossEntropy if answer.shape.len() > 2 => Metric::Dice,
            Loss::BinaryCrossEntropy => Metric::Accuracy,
        });
        if !metric.suits(loss) {
            return Err(ObjectiveError::MetricDoesNotSuit { metric, loss });
        }
        if options.label_smoothing > 0.0 && loss != Loss::CrossEntropy {
            return Err(ObjectiveError::SmoothingNeedsLabels);
        }
        let weights = match (options.class_weights, target.class_counts()?) {
            (ClassWeights::Equal, _) => None,
            (ClassWeights::Balanced, Some(counts)) if loss != Loss::MeanSquaredError => {
                Some(classes::balanced(&counts))
            }
            (ClassWeights::Balanced, _) => return Err(ObjectiveError::WeightsNeedLabels),
        };
        let rule = Rule {
            loss,
            form,
            class_axis: target.class_axis(),
            weights,
            label_smoothing: options.label_smoothing,
        };
        let objective = Self {
            answer,
            value,
            rule,
            kind,
            metric,
        };
        let target = objective.fit(network, data, target)?;
        Ok((objective, target))
    }

    /// The target of the samples to validate with, which must be of the training target's kind.
    ///
    /// # Errors
    ///
    /// If it does not fit the network's output, or is of another kind.
    pub fn validation_target(
        &self,
        network: &Network,
        data: &Dataset,
        training: &Target,
    ) -> Result<Target, ObjectiveError> {
        let target = data.target(&self.answer.expected(network, data)?)?;
        if target.kind() != self.kind {
            return Err(ObjectiveError::ValidationTarget {
                validation: target.description(),
                training: training.description(),
            });
        }
        self.fit(network, data, target)
    }

    /// The target in the type that the loss is computed in, its numbers checked against the loss.
    fn fit(
        &self,
        network: &Network,
        data: &Dataset,
        target: Target,
    ) -> Result<Target, ObjectiveError> {
        if self.rule.loss == Loss::BinaryCrossEntropy {
            target.check_probabilities()?;
        }
        let found = answer::few(network, data, &[self.value])?;
        Ok(match found.first() {
            Some(found) => target.of_type(found.dtype()),
            None => target,
        })
    }

    /// What the score is given in.
    pub fn metric(&self) -> Metric {
        self.metric
    }

    /// The value that [`loss`](Self::loss) takes.
    pub fn value(&self) -> ValueId {
        self.value
    }

    /// The mean loss of a batch, a tensor of one element.
    ///
    /// # Errors
    ///
    /// If the value does not hold floats of the target's size.
    pub fn loss(
        &self,
        value: Value,
        target: &TensorData,
        network: &Network,
    ) -> Result<DispatchTensor, ObjectiveError> {
        self.check_size(&value.shape(), target)?;
        Ok(self.rule.compute(value, target, network)?.into_dispatch())
    }

    /// Refuses an answer that has not one row a sample.
    fn check_size(&self, found: &[usize], target: &TensorData) -> Result<(), ObjectiveError> {
        let wanted = target.shape().iter().product::<usize>();
        let wanted = match self.kind {
            TargetKind::Classes(classes) => wanted * classes,
            TargetKind::Binary | TargetKind::Values => wanted,
        };
        if found.iter().product::<usize>() == wanted {
            return Ok(());
        }
        let samples = target.shape().first().copied().unwrap_or(0);
        Err(self.answer.misses_rows(found, samples))
    }

    /// A tally to which batches are [added](Self::add), for the mean loss and the score of a data set.
    pub fn tally(&self) -> Tally {
        Tally::new(self.rule.clone(), self.metric)
    }

    /// Adds a batch to a tally: what the network gave where the loss is computed, and what it should
    /// give.
    ///
    /// # Errors
    ///
    /// If the network did not give one answer a sample.
    pub fn add(
        &self,
        tally: &mut Tally,
        found: &TensorData,
        target: &TensorData,
    ) -> Result<(), ObjectiveError> {
        self.check_size(&found.shape().to_vec(), target)?;
        tally.add(found, target);
        Ok(())
    }

    /// The mean loss on some of the samples, as a tensor of one element whose gradients are followed
    /// to the parameters; perhaps as a pass of training.
    ///
    /// # Errors
    ///
    /// If the network cannot run on the samples, or the loss cannot be computed.
    pub fn tracked_loss(
        &self,
        network: &Network,
        samples: Samples,
        chosen: &[usize],
        pass: Option<&TrainingPass>,
    ) -> Result<(Tracked, DispatchTensor), ObjectiveError> {
        let inputs = batch(network, samples.data, chosen)?;
        let target = samples.target.batch(chosen)?;
        let tracked = network.tracked();
        let wanted = [self.value];
        let found = match pass {
            None => network.forward_tracked(&tracked, inputs, &wanted)?,
            Some(pass) => network.forward_tracked_in_training(&tracked, inputs, &wanted, pass)?,
        };
        let value = found
            .into_iter()
            .next()
            .ok_or(ObjectiveError::OutputIsNotFloat)?;
        let loss = self.loss(value, &target, network)?;
        Ok((tracked, loss))
    }
}
