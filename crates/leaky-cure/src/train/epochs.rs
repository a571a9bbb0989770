//! The epochs of training, keeping the one that validates best.

use burn::tensor::TensorData;
use leaky_onnx::Network;
use web_time::Instant;

use super::epoch::{End, Epoch};
use super::options::TrainOptions;
use super::step::{Steps, step};
use super::validate::{Validation, validate};
use crate::data::samples::Samples;
use crate::data::split::epoch_order;
use crate::objective::{Objective, ObjectiveError};
use crate::progress::Progress;
use crate::stop::Stop;

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
    options: &TrainOptions,
    stop: &Stop,
    progress: &mut dyn Progress,
) -> Result<Training, ObjectiveError> {
    let before = validate(network, objective, validation, options.batch_size)?;
    let mut best = Best {
        epoch: 0,
        validation: before,
        parameters: snapshot(network)?,
    };
    let mut steps = Steps::new(options, network.parameters().len());
    let mut epochs = Vec::new();
    let mut end = End::Done;
    'epochs: for number in 1..=options.epochs {
        let start = Instant::now();
        let (mut losses, mut seen) = (0.0, 0);
        let order = epoch_order(training.chosen, options.seed, number as u64 - 1);
        for chosen in order.chunks(options.batch_size) {
            let loss = step(network, objective, training, chosen, options, &mut steps)?;
            if !loss.is_finite() {
                end = End::Diverged(number);
                break 'epochs;
            }
            losses += loss * chosen.len() as f64;
            seen += chosen.len();
            progress.step();
            if stop.asked() {
                progress.stopping();
                end = End::Stopped;
                break;
            }
        }
        let found = validate(network, objective, validation, options.batch_size)?;
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
        progress.epoch(number, &epoch, objective.metric());
        epochs.push(epoch);
        if end == End::Stopped {
            break;
        }
    }
    Ok(Training { epochs, best, end })
}

/// The numbers of all trainable parameters.
fn snapshot(network: &Network) -> Result<Vec<(usize, TensorData)>, ObjectiveError> {
    let trainable = network
        .parameters()
        .iter()
        .enumerate()
        .filter(|(_, parameter)| parameter.trainable);
    trainable
        .map(|(index, _)| Ok((index, network.parameter_data(index)?)))
        .collect()
}
