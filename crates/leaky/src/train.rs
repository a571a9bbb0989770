//! Training of a network's parameters, keeping the epoch that validates best.

use std::time::Instant;

use burn::backend::DispatchTensor;
use burn::optim::{Adam, AdamConfig, AdamState, Optimizer as _, Sgd, SgdConfig, SgdState};
use burn::tensor::{Tensor, TensorData};
use leaky_onnx::{Network, RandomSlopes, Tracked, Value};
use serde::{Deserialize, Deserializer, Serialize};

use crate::Interrupt;
use crate::arguments::Optimizer;
use crate::data::{Dataset, Target, epoch_order};
use crate::error::Error;
use crate::objective::{Metric, Objective, Tally};
use crate::session::{batch, outputs};

/// Samples with their answers.
#[derive(Clone, Copy)]
pub struct Samples<'a> {
    /// The arrays.
    pub data: &'a Dataset,
    /// The answers.
    pub target: &'a Target,
    /// Which of the samples are meant.
    pub chosen: &'a [usize],
}

/// How to train.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How many times to see all samples.
    pub epochs: usize,
    /// How many samples make a step.
    pub batch_size: usize,
    /// The learning rate.
    pub lr: f64,
    /// How the parameters follow the gradient.
    pub optimizer: Optimizer,
    /// Where the order of the samples starts.
    pub seed: u64,
    /// Slopes below zero that are drawn at random in training, for RReLU.
    pub random_slopes: Option<RandomSlopes>,
}

/// One epoch of training.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// The mean loss of the training batches, each at the time it was trained on.
    #[serde(deserialize_with = "number")]
    pub train_loss: f64,
    /// The mean loss of the validation samples at the end of the epoch.
    #[serde(deserialize_with = "number")]
    pub validation_loss: f64,
    /// Their score.
    #[serde(deserialize_with = "number")]
    pub score: f64,
    /// How long the epoch took, validation included.
    pub seconds: f64,
}

/// Reads what JSON, which knows no NaN, holds as `null`.
pub(crate) fn number<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(from)?.unwrap_or(f64::NAN))
}

/// How a network does on validation samples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Validation {
    /// The score; larger is better.
    pub score: f64,
    /// The mean loss.
    pub loss: f64,
}

impl Validation {
    /// Whether this is better than another: by score, and by loss where scores are equal. A result
    /// that is not a number is worse than any.
    pub fn better_than(self, other: Self) -> bool {
        let order = |v: Self| {
            (
                if v.score.is_nan() {
                    f64::NEG_INFINITY
                } else {
                    v.score
                },
                if v.loss.is_nan() {
                    f64::INFINITY
                } else {
                    v.loss
                },
            )
        };
        let ((score, loss), (other_score, other_loss)) = (order(self), order(other));
        score > other_score || (score == other_score && loss < other_loss)
    }
}

/// Why training ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// All epochs are done.
    Done,
    /// The user asked to stop.
    Interrupted,
    /// The loss was NaN or infinite in this epoch, counted from 1.
    Diverged(usize),
}

/// What training came to.
pub struct Training {
    /// The epochs; after an interruption the last one has seen a part of the samples.
    pub epochs: Vec<Epoch>,
    /// The parameters that validated best.
    pub best: Best,
    /// Why it ended.
    pub end: End,
}

/// The parameters that validated best, those before training among them.
pub struct Best {
    /// The epoch at whose end they stood, counted from 1; 0 for those before training.
    pub epoch: usize,
    /// How they validated.
    pub validation: Validation,
    parameters: Vec<(usize, TensorData)>,
}

impl Best {
    /// Puts them into the network that was trained.
    pub fn restore(self, network: &mut Network) {
        for (index, data) in self.parameters {
            network.set_parameter(index, data);
        }
    }
}

/// How a network does on some samples.
///
/// # Errors
///
/// If it cannot run on them.
pub fn validate(
    network: &Network,
    objective: &Objective,
    samples: Samples,
    batch_size: usize,
) -> Result<Validation, Error> {
    let mut tally = objective.tally();
    for chosen in samples.chosen.chunks(batch_size) {
        tally_batch(network, objective, samples, chosen, &mut tally)?;
    }
    Ok(Validation {
        score: tally.score(),
        loss: tally.mean_loss(),
    })
}

fn tally_batch(
    network: &Network,
    objective: &Objective,
    samples: Samples,
    chosen: &[usize],
    tally: &mut Tally,
) -> Result<(), Error> {
    for found in outputs(network, samples.data, chosen, &[objective.value()])? {
        tally.add(&found, &samples.target.batch(chosen)?)?;
    }
    Ok(())
}

/// Watches training go on.
pub trait Watch {
    /// A batch is done.
    fn batch(&mut self) {}
    /// An epoch, counted from 1, is done.
    fn epoch(&mut self, _number: usize, _epoch: &Epoch, _metric: Metric) {}
    /// The user asked to stop, and training is coming to its end.
    fn interrupted(&mut self) {}
}

/// Nobody watches.
impl Watch for () {}

/// Trains a network in place. At the end it holds the parameters of the last epoch; the best are
/// given back.
///
/// # Errors
///
/// If the network cannot run on the samples.
pub fn train(
    network: &mut Network,
    objective: &Objective,
    training: Samples,
    validation: Samples,
    settings: &Settings,
    interrupt: &Interrupt,
    watch: &mut dyn Watch,
) -> Result<Training, Error> {
    let before = validate(network, objective, validation, settings.batch_size)?;
    let mut best = Best {
        epoch: 0,
        validation: before,
        parameters: snapshot(network)?,
    };
    let mut steps = Steps::new(settings, network.parameters().len());
    let mut epochs = Vec::new();
    let mut end = End::Done;
    'epochs: for number in 1..=settings.epochs {
        let start = Instant::now();
        let (mut losses, mut seen) = (0.0, 0);
        let order = epoch_order(training.chosen, settings.seed, number as u64 - 1);
        for chosen in order.chunks(settings.batch_size) {
            let loss = step(network, objective, training, chosen, settings, &mut steps)?;
            if !loss.is_finite() {
                end = End::Diverged(number);
                break 'epochs;
            }
            losses += loss * chosen.len() as f64;
            seen += chosen.len();
            watch.batch();
            if interrupt.asked() {
                watch.interrupted();
                end = End::Interrupted;
                break;
            }
        }
        let found = validate(network, objective, validation, settings.batch_size)?;
        if !found.loss.is_finite() && end == End::Done {
            end = End::Diverged(number);
            break;
        }
        let epoch = Epoch {
            train_loss: losses / seen as f64,
            validation_loss: found.loss,
            score: found.score,
            seconds: start.elapsed().as_secs_f64(),
        };
        if found.better_than(best.validation) {
            best = Best {
                epoch: number,
                validation: found,
                parameters: snapshot(network)?,
            };
        }
        watch.epoch(number, &epoch, objective.metric());
        epochs.push(epoch);
        if end == End::Interrupted {
            break;
        }
    }
    Ok(Training { epochs, best, end })
}

/// One step on one batch; gives the loss before it.
fn step(
    network: &mut Network,
    objective: &Objective,
    training: Samples,
    chosen: &[usize],
    settings: &Settings,
    steps: &mut Steps,
) -> Result<f64, Error> {
    let slopes = settings.random_slopes.as_ref();
    let pass = slopes.map(|slopes| (slopes, steps.taken));
    let (tracked, loss) = tracked_loss(network, objective, training, chosen, pass)?;
    let number = Tensor::<1>::from_dispatch(loss.clone())
        .inner()
        .into_scalar::<f64>();
    let mut gradients = tracked.gradients(loss);
    // Without the tracked copies the optimiser may write into the parameters' own memory.
    drop(tracked);
    network.update_parameters(|index, tensor| match gradients[index].take() {
        Some(gradient) => steps.take(index, tensor, gradient),
        None => tensor,
    });
    steps.taken += 1;
    Ok(number)
}

/// The mean loss on a batch, as a tensor of one element whose gradients are followed to the
/// parameters; perhaps with slopes drawn at random for this pass.
///
/// # Errors
///
/// If the network cannot run on the batch, or the loss cannot be computed.
pub(crate) fn tracked_loss(
    network: &Network,
    objective: &Objective,
    samples: Samples,
    chosen: &[usize],
    random_slopes: Option<(&RandomSlopes, u64)>,
) -> Result<(Tracked, DispatchTensor), Error> {
    let inputs = batch(network, samples.data, chosen)?;
    let target = samples.target.batch(chosen)?;
    let tracked = network.tracked();
    let wanted = [objective.value()];
    let found = match random_slopes {
        None => network.forward_tracked(&tracked, inputs, &wanted)?,
        Some(slopes) => network.forward_tracked_with_slopes(&tracked, inputs, &wanted, slopes)?,
    };
    let value = found.into_iter().next().ok_or(Error::OutputIsNotFloat)?;
    let loss = objective.loss(value, &target, network)?;
    Ok((tracked, loss))
}

/// The optimiser with its memory of each parameter.
struct Steps {
    optimizer: Memory,
    lr: f64,
    /// How many batches were trained on.
    taken: u64,
}

enum Memory {
    Adam(Adam, Vec<Option<AdamState<1>>>),
    Sgd(Sgd, Vec<Option<SgdState<1>>>),
}

impl Steps {
    fn new(settings: &Settings, parameters: usize) -> Self {
        let optimizer = match settings.optimizer {
            // PyTorch's epsilon; Burn's own default is a thousand times larger.
            Optimizer::Adam => Memory::Adam(
                AdamConfig::new().with_epsilon(1e-8).build(),
                (0..parameters).map(|_| None).collect(),
            ),
            Optimizer::Sgd => Memory::Sgd(
                SgdConfig::new().build(),
                (0..parameters).map(|_| None).collect(),
            ),
        };
        Self {
            optimizer,
            lr: settings.lr,
            taken: 0,
        }
    }

    /// Moves a parameter along its gradient. Optimisers work element by element, so a vector stands
    /// for a tensor of any rank.
    fn take(
        &mut self,
        index: usize,
        parameter: DispatchTensor,
        gradient: DispatchTensor,
    ) -> DispatchTensor {
        let shape = Value::Float(parameter.clone()).shape();
        let (parameter, gradient) = (vector(parameter), vector(gradient));
        let moved = match &mut self.optimizer {
            Memory::Adam(optimizer, states) => {
                let state = states[index].take();
                let (moved, state) = optimizer.step(self.lr, parameter, gradient, state);
                states[index] = state;
                moved
            }
            Memory::Sgd(optimizer, states) => {
                let state = states[index].take();
                let (moved, state) = optimizer.step(self.lr, parameter, gradient, state);
                states[index] = state;
                moved
            }
        };
        match Value::Float(moved.into_dispatch()).reshape(shape) {
            Ok(Value::Float(tensor)) => tensor,
            _ => unreachable!("a step keeps the number of elements"),
        }
    }
}

/// A float tensor of any shape as a vector of its elements.
pub(crate) fn vector(tensor: DispatchTensor) -> Tensor<1> {
    let value = Value::Float(tensor);
    let size = value.len();
    match value.reshape(vec![size]) {
        Ok(Value::Float(tensor)) => Tensor::from_dispatch(tensor),
        _ => unreachable!("any tensor can become a vector"),
    }
}

/// The numbers of all trainable parameters.
fn snapshot(network: &Network) -> Result<Vec<(usize, TensorData)>, Error> {
    let trainable = network
        .parameters()
        .iter()
        .enumerate()
        .filter(|(_, parameter)| parameter.trainable);
    trainable
        .map(|(index, _)| Ok((index, network.parameter_data(index)?)))
        .collect()
}
