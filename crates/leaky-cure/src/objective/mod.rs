//! What training minimises, and the score that says how good a network is.

mod answer;
mod error;
mod form;
pub(crate) mod metric;
mod tally;

use burn::backend::DispatchTensor;
use burn::tensor::activation::log_softmax;
use burn::tensor::{Int, Tensor, TensorData};
use leaky_onnx::{Network, RandomSlopes, Tracked, Value, ValueId};

use crate::data::dataset::Dataset;
use crate::data::samples::Samples;
use crate::data::target::{Target, TargetKind};
use crate::run::batch;
use answer::Answer;
pub use error::ObjectiveError;
use form::Form;
pub use metric::{Loss, Metric};
pub use tally::Tally;

/// What is to be learned: a loss on one value of the network, and a score.
pub struct Objective {
    /// The output that is compared with the target.
    answer: Answer,
    /// The value that the loss is computed from: the output, or what its last activation takes
    /// where the loss is stable only there.
    value: ValueId,
    form: Form,
    loss: Loss,
    kind: TargetKind,
    metric: Metric,
}

impl Objective {
    /// Takes the output that fits the target, and chooses the loss from the target and the end of
    /// the network, unless the user named one.
    ///
    /// # Errors
    ///
    /// If no output fits the target, or the loss does not.
    pub fn new(
        network: &Network,
        data: &Dataset,
        wanted: Option<Loss>,
    ) -> Result<(Self, Target), ObjectiveError> {
        let (answer, target) = Answer::choose(network, data)?;
        let kind = target.kind();
        let ends_in_sigmoid = form::ends_in_sigmoid(network, answer.value);
        let loss = wanted.unwrap_or(match kind {
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
        let (value, form) = form::of(network, data, &answer, loss)?;
        let metric = match loss {
            Loss::CrossEntropy => Metric::Accuracy,
            Loss::MeanSquaredError => Metric::R2,
            // One answer a sample is a class; one a position is a mask.
            Loss::BinaryCrossEntropy if answer.shape.len() > 2 => Metric::Dice,
            Loss::BinaryCrossEntropy => Metric::Accuracy,
        };
        let objective = Self {
            answer,
            value,
            form,
            loss,
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
        if self.loss == Loss::BinaryCrossEntropy {
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
        let size = value.len();
        let rows = target.shape().first().copied().unwrap_or(0);
        let wanted = Value::from_data(target.clone(), network.device());
        Ok(match self.loss {
            Loss::CrossEntropy => {
                let value = Tensor::<2>::from_dispatch(reshaped(value, vec![rows, size / rows])?);
                let logits = match self.form {
                    Form::Logits => value,
                    Form::Probabilities => value.clamp_min(form::SMALLEST).log(),
                };
                let Value::Int(labels) = wanted else {
                    return Err(ObjectiveError::LossNeedsLabels);
                };
                let labels = Tensor::<1, Int>::from_dispatch(labels).unsqueeze_dim::<2>(1);
                log_softmax(logits, 1)
                    .gather(1, labels)
                    .mean()
                    .neg()
                    .into_dispatch()
            }
            Loss::MeanSquaredError => {
                let difference = vector(value)? - vector(wanted)?;
                mean(difference.clone() * difference, rows).into_dispatch()
            }
            Loss::BinaryCrossEntropy => {
                let (value, t) = (vector(value)?, vector(wanted)?);
                let x = match self.form {
                    Form::Logits => value,
                    Form::Probabilities => {
                        let p = value.clamp(form::SMALLEST, 1.0 - form::SMALLEST);
                        p.clone().log() - p.neg().add_scalar(1.0).log()
                    }
                };
                // max(x, 0) - x t + log(1 + exp(-|x|)), which neither overflows nor loses digits.
                let softplus = x.clone().abs().neg().exp().log1p();
                mean(x.clone().clamp_min(0.0) - x * t + softplus, rows).into_dispatch()
            }
        })
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
        Tally::new(self.form, self.loss, self.metric)
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
    /// to the parameters; perhaps with slopes drawn at random for this pass.
    ///
    /// # Errors
    ///
    /// If the network cannot run on the samples, or the loss cannot be computed.
    pub fn tracked_loss(
        &self,
        network: &Network,
        samples: Samples,
        chosen: &[usize],
        random_slopes: Option<(&RandomSlopes, u64)>,
    ) -> Result<(Tracked, DispatchTensor), ObjectiveError> {
        let inputs = batch(network, samples.data, chosen)?;
        let target = samples.target.batch(chosen)?;
        let tracked = network.tracked();
        let wanted = [self.value];
        let found = match random_slopes {
            None => network.forward_tracked(&tracked, inputs, &wanted)?,
            Some(slopes) => {
                network.forward_tracked_with_slopes(&tracked, inputs, &wanted, slopes)?
            }
        };
        let value = found
            .into_iter()
            .next()
            .ok_or(ObjectiveError::OutputIsNotFloat)?;
        let loss = self.loss(value, &target, network)?;
        Ok((tracked, loss))
    }
}

fn reshaped(value: Value, shape: Vec<usize>) -> Result<DispatchTensor, ObjectiveError> {
    match value.reshape(shape) {
        Ok(Value::Float(tensor)) => Ok(tensor),
        _ => Err(ObjectiveError::OutputIsNotFloat),
    }
}

fn vector(value: Value) -> Result<Tensor<1>, ObjectiveError> {
    let size = value.len();
    Ok(Tensor::from_dispatch(reshaped(value, vec![size])?))
}

/// The mean of numbers that stand in so many rows. They are summed row by row, for how Burn divides
/// the sum of very many numbers at once depends on its threads.
fn mean(numbers: Tensor<1>, rows: usize) -> Tensor<1> {
    let size = numbers.dims()[0];
    let sums = numbers.reshape([rows, size / rows]).sum_dim(1);
    sums.sum().div_scalar(size as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_of_very_many_numbers_is_the_same_with_any_number_of_threads() {
        let numbers: Vec<f32> = (0..1 << 24)
            .map(|i: u32| (i.wrapping_mul(2_654_435_761) >> 8) as f32 / 16_777_216.0)
            .map(|part| -(part + 1e-6).ln())
            .collect();
        let exact = numbers.iter().map(|&number| f64::from(number)).sum::<f64>();
        let exact = exact / numbers.len() as f64;
        let found: Vec<f32> = [1, 2, 3, 5, 8]
            .into_iter()
            .map(|threads| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
                pool.build().unwrap().install(|| {
                    let device = crate::run::device().into();
                    let tensor = Tensor::<1>::from_data(numbers.as_slice(), &device);
                    mean(tensor, 1 << 8).into_scalar::<f32>()
                })
            })
            .collect();
        assert!(found.iter().all(|other| other == &found[0]), "{found:?}");
        assert!(
            (f64::from(found[0]) / exact - 1.0).abs() < 1e-5,
            "{found:?}"
        );
    }
}
