//! What training minimises, and the score that says how good a network is.

use burn::backend::DispatchTensor;
use burn::tensor::activation::log_softmax;
use burn::tensor::{Int, Tensor, TensorData};
use leaky_onnx::{Network, Value, ValueId};
use serde::Serialize;

use crate::arguments::Loss;
use crate::data::{Dataset, Target, TargetKind};
use crate::error::Error;
use crate::session::outputs;

/// The unit in which a score is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
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

/// What is to be learned: a loss on one value of the network, and a score.
pub struct Objective {
    /// The value that the loss is computed from: the output, or what its last activation takes
    /// where the loss is stable only there.
    value: ValueId,
    loss: Loss,
    classes: usize,
    metric: Metric,
}

/// The last activation of a network, which decides from where a loss is computed.
#[derive(PartialEq)]
enum Ending {
    Softmax,
    LogSoftmax,
    Sigmoid,
    Other,
}

impl Objective {
    /// Chooses the loss from the target and the end of the network, unless the user named one.
    ///
    /// # Errors
    ///
    /// If the loss does not fit the target.
    pub fn new(
        network: &Network,
        data: &Dataset,
        wanted: Option<Loss>,
    ) -> Result<(Self, Target), Error> {
        let (output, shape, dtype) = answer(network, data)?;
        let target = data.target(&shape, dtype)?;
        let (ending, before) = ending(network, output);
        let default = match (target.kind(), &ending) {
            (TargetKind::Classes(_), _) => Loss::CrossEntropy,
            (TargetKind::Values, Ending::Sigmoid) => Loss::BinaryCrossEntropy,
            (TargetKind::Values, _) => Loss::MeanSquaredError,
        };
        let loss = wanted.unwrap_or(default);
        let (value, classes) = match (loss, target.kind()) {
            (Loss::CrossEntropy, TargetKind::Classes(classes)) => {
                // Log-softmax of log-probabilities leaves them as they are.
                (
                    if ending == Ending::Softmax {
                        before
                    } else {
                        output
                    },
                    classes,
                )
            }
            (Loss::BinaryCrossEntropy, TargetKind::Values) => (
                if ending == Ending::Sigmoid {
                    before
                } else {
                    output
                },
                0,
            ),
            (Loss::MeanSquaredError, TargetKind::Values) => (output, 0),
            (Loss::CrossEntropy, TargetKind::Values) => return Err(Error::LossNeedsLabels),
            (_, TargetKind::Classes(_)) => return Err(Error::LossNeedsValues),
        };
        let metric = match loss {
            Loss::CrossEntropy => Metric::Accuracy,
            Loss::MeanSquaredError => Metric::R2,
            // One answer a sample is a class; one a position is a mask.
            Loss::BinaryCrossEntropy if shape.len() > 2 => Metric::Dice,
            Loss::BinaryCrossEntropy => Metric::Accuracy,
        };
        Ok((
            Self {
                value,
                loss,
                classes,
                metric,
            },
            target,
        ))
    }

    /// The target of the samples to validate with, which must be of the training target's kind.
    ///
    /// # Errors
    ///
    /// If it does not fit the network, or is of another kind.
    pub fn validation_target(
        network: &Network,
        data: &Dataset,
        training: &Target,
    ) -> Result<Target, Error> {
        let (_, shape, dtype) = answer(network, data)?;
        let target = data.target(&shape, dtype)?;
        if target.kind() != training.kind() {
            return Err(Error::ValidationTarget {
                validation: target.description(),
                training: training.description(),
            });
        }
        Ok(target)
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
    ) -> Result<DispatchTensor, Error> {
        let Value::Float(tensor) = value else {
            return Err(Error::OutputIsNotFloat);
        };
        Ok(match self.loss {
            Loss::CrossEntropy => {
                let logits = Tensor::<2>::from_dispatch(tensor);
                let Value::Int(labels) = Value::from_data(target.clone(), network.device()) else {
                    return Err(Error::OutputIsNotFloat);
                };
                let labels = Tensor::<1, Int>::from_dispatch(labels).unsqueeze_dim::<2>(1);
                log_softmax(logits, 1)
                    .gather(1, labels)
                    .mean()
                    .neg()
                    .into_dispatch()
            }
            Loss::MeanSquaredError => {
                let (found, wanted) = flat(tensor, target, network)?;
                let difference = found - wanted;
                (difference.clone() * difference).mean().into_dispatch()
            }
            Loss::BinaryCrossEntropy => {
                // max(x, 0) - x t + log(1 + exp(-|x|)), which neither overflows nor loses digits.
                let (x, t) = flat(tensor, target, network)?;
                let softplus = x.clone().abs().neg().exp().log1p();
                (x.clone().clamp_min(0.0) - x * t + softplus)
                    .mean()
                    .into_dispatch()
            }
        })
    }

    /// A tally to which batches are added, for the mean loss and the score of a data set.
    pub fn tally(&self) -> Tally {
        Tally {
            metric: self.metric,
            loss: self.loss,
            classes: self.classes,
            sums: [0.0; 3],
            losses: 0.0,
            elements: 0.0,
        }
    }
}

/// The first output that holds floats, its shape for two samples, and its type.
fn answer(
    network: &Network,
    data: &Dataset,
) -> Result<(ValueId, Vec<usize>, burn::tensor::DType), Error> {
    let samples: Vec<usize> = (0..data.samples().min(2)).collect();
    let all: Vec<ValueId> = network
        .outputs()
        .iter()
        .map(|output| output.value)
        .collect();
    let found = outputs(network, data, &samples, &all)?;
    let float = all
        .into_iter()
        .zip(found)
        .find(|(_, data)| data.dtype().is_float());
    let (value, data) = float.ok_or(Error::OutputIsNotFloat)?;
    Ok((value, data.shape().to_vec(), data.dtype()))
}

/// The last activation before an output, and what it takes.
fn ending(network: &Network, output: ValueId) -> (Ending, ValueId) {
    let mut value = output;
    while let Some(index) = network.producer(value) {
        let node = &network.nodes()[index];
        let Some(&Some(input)) = node.inputs.first() else {
            break;
        };
        let ending = match node.operator.as_str() {
            "Softmax" => Ending::Softmax,
            "LogSoftmax" => Ending::LogSoftmax,
            "Sigmoid" => Ending::Sigmoid,
            "Identity" | "Cast" => {
                value = input;
                continue;
            }
            _ => break,
        };
        return (ending, input);
    }
    (Ending::Other, output)
}

/// Answer and target as vectors of one length.
fn flat(
    tensor: DispatchTensor,
    target: &TensorData,
    network: &Network,
) -> Result<(Tensor<1>, Tensor<1>), Error> {
    let vector = |value: Value| {
        let size = value.len();
        match value.reshape(vec![size]) {
            Ok(Value::Float(tensor)) => Ok(Tensor::<1>::from_dispatch(tensor)),
            _ => Err(Error::OutputIsNotFloat),
        }
    };
    Ok((
        vector(Value::Float(tensor))?,
        vector(Value::from_data(target.clone(), network.device()))?,
    ))
}

/// Losses and right answers summed up over batches.
pub struct Tally {
    metric: Metric,
    loss: Loss,
    classes: usize,
    /// Accuracy: right and all. R2: squared errors, targets, their squares. Dice: shared,
    /// answered, wanted.
    sums: [f64; 3],
    losses: f64,
    elements: f64,
}

impl Tally {
    /// Adds a batch: what the network gave where the loss is computed, and what it should give.
    pub fn add(&mut self, found: &TensorData, target: &TensorData) {
        let wanted: Vec<f64> = target.iter::<f64>().collect();
        let found: Vec<f64> = found.iter::<f64>().collect();
        self.elements += wanted.len() as f64;
        match self.loss {
            Loss::CrossEntropy => {
                for (row, &label) in found.chunks(self.classes.max(1)).zip(&wanted) {
                    let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                    let sum: f64 = row.iter().map(|logit| (logit - largest).exp()).sum();
                    self.losses += sum.ln() + largest - row[label as usize];
                    let best = row.iter().position(|&logit| logit == largest);
                    self.sums[0] += f64::from(u8::from(best == Some(label as usize)));
                }
            }
            Loss::MeanSquaredError => {
                for (found, wanted) in found.iter().zip(&wanted) {
                    self.losses += (found - wanted).powi(2);
                    self.sums[0] += (found - wanted).powi(2);
                    self.sums[1] += wanted;
                    self.sums[2] += wanted * wanted;
                }
            }
            Loss::BinaryCrossEntropy => {
                for (&logit, &wanted) in found.iter().zip(&wanted) {
                    self.losses += logit.max(0.0) - logit * wanted + (-logit.abs()).exp().ln_1p();
                    let (yes, truth) = (logit > 0.0, wanted > 0.5);
                    match self.metric {
                        Metric::Dice => {
                            self.sums[0] += f64::from(u8::from(yes && truth));
                            self.sums[1] += f64::from(u8::from(yes));
                            self.sums[2] += f64::from(u8::from(truth));
                        }
                        _ => self.sums[0] += f64::from(u8::from(yes == truth)),
                    }
                }
            }
        }
    }

    /// The mean loss of an element.
    pub fn mean_loss(&self) -> f64 {
        self.losses / self.elements
    }

    /// The score; larger is better.
    pub fn score(&self) -> f64 {
        let [first, second, third] = self.sums;
        match self.metric {
            Metric::Accuracy => first / self.elements,
            // An empty mask answered by an empty mask is right.
            Metric::Dice if second + third == 0.0 => 1.0,
            Metric::Dice => 2.0 * first / (second + third),
            Metric::R2 => {
                let variation = third - second * second / self.elements;
                // As scikit-learn where the targets are all alike.
                if variation > 0.0 {
                    1.0 - first / variation
                } else {
                    f64::from(u8::from(first == 0.0))
                }
            }
        }
    }
}
