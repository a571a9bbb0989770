//! The steps of a cure between its verdicts: a network made ready with some slope, and trained.

use leaky_onnx::{Model, Network};

use super::error::CureError;
use super::figures::AlphaTrial;
use super::kept::{Work, setting};
use super::options::CureOptions;
use crate::candidate::hidden_relus;
use crate::data::dataset::Dataset;
use crate::data::samples::Samples;
use crate::data::split::spread;
use crate::diagnose::verdict::Diagnosis;
use crate::difference::Difference;
use crate::objective::{Objective, ObjectiveError};
use crate::progress::{Phase, Progress};
use crate::revive::recentre::{Recentring, recentre};
use crate::revive::revival::Revival;
use crate::revive::{self, revive_checked, revive_dormant};
use crate::run::device;
use crate::stop::{Stop, Stopped};
use crate::task::Task;
use crate::train::checkpoint::{Checkpoint, Kept, Setting};
use crate::train::epoch::End;
use crate::train::epochs::{Request, Training, train, train_on};
use crate::train::options::TrainOptions;
use crate::train::validate::Validation;

/// How many samples at most fresh weights are centred on.
const CENTRED_ON: usize = 1024;

/// Fewer are enough where each has many numbers, at whose positions a unit is looked at: so many that
/// they hold about this many numbers, and at least [`CENTRED_ON_AT_LEAST`].
const CENTRED_ON_NUMBERS: usize = 1 << 18;

/// See [`CENTRED_ON_NUMBERS`].
const CENTRED_ON_AT_LEAST: usize = 128;

/// The slopes that are tried where the user leaves the choice to the tool.
const SLOPES: [f32; 5] = [0.01, 0.05, 0.1, 0.2, 0.3];

/// What a cure works with once the network was looked at.
pub(super) struct Course<'a> {
    pub task: &'a Task,
    pub options: &'a CureOptions,
    /// The network as it was given.
    pub given: &'a Network,
    /// The verdict that decides what is revived: that on the samples to train on.
    pub deciding: &'a Diagnosis,
    pub objective: &'a Objective,
    pub training: Samples<'a>,
    pub validation: Samples<'a>,
    pub stop: &'a Stop,
}

/// A network ready to be trained.
pub(super) struct Prepared {
    pub model: Model,
    pub network: Network,
    pub revival: Revival,
    /// What the revival changed in the outputs of the samples to train on.
    pub difference: Difference,
    /// The same on the samples to validate with, which no unit was found dead by.
    pub validation_difference: Difference,
    pub recentring: Recentring,
    /// What re-centring changed in the outputs of the samples to train on, beside the revival.
    pub recentring_difference: Difference,
}

/// Where a cure is kept, and what was kept of it.
#[derive(Default)]
pub(super) struct Keeping<'a> {
    pub kept: Option<Kept<Work>>,
    to: Option<(&'a Checkpoint, Setting)>,
}

impl Course<'_> {
    /// How many batches make an epoch.
    pub fn batches(&self) -> usize {
        let samples = self.training.chosen.len();
        samples.div_ceil(self.options.training.batch_size)
    }

    /// Revives dead units, where asked to, and lets hidden ReLUs leak.
    pub fn prepare(&self, alpha: f32) -> Result<Prepared, CureError> {
        let options = &self.options.training;
        let data = &self.task.data;
        let mut network = self.task.network()?;
        let mut model = self.task.model.clone();
        let (mut revival, mut difference) = (Revival::default(), Difference::default());
        let mut validation_difference = Difference::default();
        let request = revive::Request {
            data,
            samples: &spread(self.training.chosen, centred_on(data)),
            batch_size: options.batch_size,
            bound: self.options.revival_bound,
            alpha: f64::from(alpha),
            seed: options.seed,
        };
        if self.options.revive {
            let chosen = self.training.chosen;
            (revival, difference) = revive_checked(
                &mut network,
                self.given,
                self.deciding,
                &request,
                chosen,
                self.stop,
            )?;
            if self.options.tau.is_some() {
                let found = revive_dormant(&mut network, self.deciding, &request)?;
                revival.dormant = found.revived;
                revival.not_revived.extend(found.not_revived);
                let networks = [self.given, &network];
                difference =
                    Difference::between(networks, data, chosen, options.batch_size, self.stop)?;
            }
            let Samples { data, chosen, .. } = self.validation;
            let networks = [self.given, &network];
            validation_difference =
                Difference::between(networks, data, chosen, options.batch_size, self.stop)?;
        }
        let (recentring, recentring_difference) = self.recentre(&mut network, &request)?;
        network.store(&mut model)?;
        if alpha != 0.0 {
            let rectifiers = network.rectifiers()?;
            model.leak(&network, &hidden_relus(&rectifiers), alpha)?;
            network = Network::new(&model, &device())?;
        }
        Ok(Prepared {
            model,
            network,
            revival,
            difference,
            validation_difference,
            recentring,
            recentring_difference,
        })
    }

    /// Re-centres always-on units, where asked to, and measures what that changed.
    fn recentre(
        &self,
        network: &mut Network,
        request: &revive::Request,
    ) -> Result<(Recentring, Difference), CureError> {
        if !self.options.recentre {
            return Ok(Default::default());
        }
        let mut before = self.task.network()?;
        for index in 0..network.parameters().len() {
            before.set_parameter(index, network.parameter_data(index)?);
        }
        let recentring = recentre(network, self.deciding, request)?;
        let difference = Difference::between(
            [&before, network],
            request.data,
            self.training.chosen,
            request.batch_size,
            self.stop,
        )?;
        Ok((recentring, difference))
    }

    /// Trains a network that was made ready, shortly.
    fn try_out(
        &self,
        network: &mut Network,
        options: &TrainOptions,
        progress: &mut dyn Progress,
    ) -> Result<Training, ObjectiveError> {
        train(network, &self.request(options), self.stop, progress)
    }

    fn request<'b>(&'b self, options: &'b TrainOptions) -> Request<'b> {
        Request {
            objective: self.objective,
            training: self.training,
            validation: self.validation,
            options,
        }
    }

    /// What was kept of this cure, and which it is; nothing where it is not to be kept.
    pub fn kept(&self) -> Result<Keeping<'_>, CureError> {
        let Some(checkpoint) = &self.options.checkpoint else {
            return Ok(Keeping::default());
        };
        let setting = setting(self.task, self.options, [self.training, self.validation])?;
        Ok(Keeping {
            kept: checkpoint.read(&setting)?,
            to: Some((checkpoint, setting)),
        })
    }

    /// Trains a network that was made ready, from where it was kept, and keeps each epoch.
    pub fn train(
        &self,
        network: &mut Network,
        work: &Work,
        Keeping { kept, to }: Keeping,
        progress: &mut dyn Progress,
    ) -> Result<Training, CureError> {
        let options = &self.options.training;
        let request = self.request(options);
        let standing = match kept {
            None => request.begin(network)?,
            Some(kept) => {
                for (index, epoch) in kept.epochs().iter().enumerate() {
                    (0..self.batches()).for_each(|_| progress.step());
                    progress.epoch(index + 1, epoch, self.objective.metric());
                }
                kept.restore(network, options, request.steps())?
            }
        };
        let watched = (self.stop, progress);
        train_on(network, standing, &request, watched, |network, standing| {
            if let Some((checkpoint, setting)) = &to {
                checkpoint.write((setting, work), network, standing)?;
            }
            Ok(())
        })
    }

    /// Trains shortly with each of some slopes; gives the one that validates best, the smallest of
    /// equals.
    pub fn choose_alpha(&self, progress: &mut dyn Progress) -> Result<Work, CureError> {
        let options = TrainOptions {
            epochs: short(self.options.training.epochs),
            ..self.options.training.clone()
        };
        let steps = SLOPES.len() * options.epochs * self.batches();
        progress.phase(Phase::ChooseAlpha, steps);
        let mut trials = Vec::new();
        let mut best: Option<(f32, Validation)> = None;
        for alpha in SLOPES {
            let mut network = self.prepare(alpha)?.network;
            let trained = self.try_out(&mut network, &options, &mut Trying(progress))?;
            if trained.end == End::Stopped {
                return Err(Stopped.into());
            }
            let found = trained.best.validation;
            trials.push(AlphaTrial {
                alpha,
                epochs: options.epochs,
                score: found.score,
                validation_loss: found.loss,
            });
            if best.is_none_or(|(_, best)| found.better_than(best)) {
                best = Some((alpha, found));
            }
        }
        let alpha = best.map_or(SLOPES[0], |(alpha, _)| alpha);
        progress.chose_alpha(alpha, &trials, self.objective.metric());
        Ok(Work {
            alpha,
            alpha_trials: trials,
        })
    }
}

/// How many samples fresh weights are centred on.
fn centred_on(data: &Dataset) -> usize {
    let enough = CENTRED_ON_NUMBERS / data.sample_len().max(1);
    enough.clamp(CENTRED_ON_AT_LEAST, CENTRED_ON)
}

/// How many epochs a trial of a slope takes: a quarter of the whole training, at most five.
fn short(epochs: usize) -> usize {
    epochs.div_ceil(4).min(5)
}

/// Tells of the batches of a trial.
struct Trying<'a>(&'a mut dyn Progress);

impl Progress for Trying<'_> {
    fn step(&mut self) {
        self.0.step();
    }
}
