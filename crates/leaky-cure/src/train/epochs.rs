//! The epochs of training, keeping the one that validates best.

use leaky_onnx::Network;
use web_time::Instant;

use super::epoch::{End, Epoch};
use super::options::TrainOptions;
use super::recycle::recycle;
use super::snapshot::Snapshot;
use super::standing::{Best, Standing};
use super::step::step;
use super::validate::{Validation, validate};
use crate::data::samples::Samples;
use crate::data::split::epoch_order;
use crate::objective::{Objective, ObjectiveError};
use crate::progress::Progress;
use crate::stop::Stop;

/// What a network is to be trained with.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// What is to be learned.
    pub objective: &'a Objective,
    /// The samples to train on.
    pub training: Samples<'a>,
    /// The samples to validate with.
    pub validation: Samples<'a>,
    /// How to train.
    pub options: &'a TrainOptions,
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

/// Trains a network in place. At the end it holds the parameters of the last epoch; the best are
/// given back.
///
/// # Errors
///
/// If the network cannot run on the samples.
pub fn train(
    network: &mut Network,
    request: &Request,
    stop: &Stop,
    progress: &mut dyn Progress,
) -> Result<Training, ObjectiveError> {
    let standing = request.begin(network)?;
    train_on(network, standing, request, (stop, progress), |_, _| Ok(()))
}

/// Trains on from where a training stands. `keep` sees each epoch that was finished.
///
/// # Errors
///
/// If the network cannot run on the samples; those of `keep`.
pub(crate) fn train_on<E: From<ObjectiveError>>(
    network: &mut Network,
    mut standing: Standing,
    request: &Request,
    (stop, progress): (&Stop, &mut dyn Progress),
    mut keep: impl FnMut(&Network, &Standing) -> Result<(), E>,
) -> Result<Training, E> {
    let options = request.options;
    let mut end = End::Done;
    for number in standing.epochs.len() + 1..=options.epochs {
        let waited = number - 1 - standing.best.epoch;
        if options.patience.is_some_and(|patience| waited >= patience) {
            end = End::NoBetter(waited);
            break;
        }
        let start = Instant::now();
        let pass = request.pass(network, &mut standing, (stop, progress))?;
        if !pass.is_finite {
            end = End::Diverged(number);
            break;
        }
        let found = request.validate(network)?;
        if !found.loss.is_finite() && !pass.was_stopped {
            end = End::Diverged(number);
            break;
        }
        let epoch = Epoch {
            train_loss: pass.loss,
            validation_loss: found.loss,
            score: found.score,
            recycled: pass.recycled,
            seconds: start.elapsed().as_secs_f64(),
        };
        if found.better_than(standing.best.validation) {
            standing.best = Best {
                epoch: number,
                validation: found,
                parameters: Snapshot::of(network).map_err(ObjectiveError::from)?,
            };
        }
        progress.epoch(number, &epoch, request.objective.metric());
        standing.epochs.push(epoch);
        if pass.was_stopped {
            end = End::Stopped;
            break;
        }
        keep(network, &standing)?;
    }
    let Standing { epochs, best, .. } = standing;
    Ok(Training { epochs, best, end })
}

/// What one pass over the training samples came to.
struct Pass {
    /// The mean loss of those that were seen.
    loss: f64,
    is_finite: bool,
    was_stopped: bool,
    recycled: usize,
}

impl Request<'_> {
    /// How many steps the training takes.
    pub(crate) fn steps(&self) -> usize {
        let batches = self.training.chosen.len().div_ceil(self.options.batch_size);
        batches * self.options.epochs
    }

    /// Before the first step.
    ///
    /// # Errors
    ///
    /// If the network cannot run on the samples.
    pub(crate) fn begin(&self, network: &Network) -> Result<Standing, ObjectiveError> {
        let before = self.validate(network)?;
        Ok(Standing::new(network, before, self.options, self.steps())?)
    }

    fn validate(&self, network: &Network) -> Result<Validation, ObjectiveError> {
        let batch_size = self.options.batch_size;
        validate(network, self.objective, self.validation, batch_size)
    }

    /// One pass over the training samples, until a loss is no number or somebody asks to stop.
    fn pass(
        &self,
        network: &mut Network,
        standing: &mut Standing,
        (stop, progress): (&Stop, &mut dyn Progress),
    ) -> Result<Pass, ObjectiveError> {
        let options = self.options;
        let (mut losses, mut seen) = (0.0, 0);
        let mut pass = Pass {
            loss: f64::NAN,
            is_finite: true,
            was_stopped: false,
            recycled: 0,
        };
        let number = standing.epochs.len() as u64;
        let steps = &mut standing.steps;
        for chosen in
            epoch_order(self.training.chosen, options.seed, number).chunks(options.batch_size)
        {
            let loss = step(
                network,
                self.objective,
                self.training,
                chosen,
                options,
                steps,
            )?;
            if !loss.is_finite() {
                pass.is_finite = false;
                break;
            }
            losses += loss * chosen.len() as f64;
            seen += chosen.len();
            pass.recycled += recycle(network, self.training, options, steps)?;
            progress.step();
            if stop.asked() {
                progress.stopping();
                pass.was_stopped = true;
                break;
            }
        }
        pass.loss = losses / seen as f64;
        Ok(pass)
    }
}
