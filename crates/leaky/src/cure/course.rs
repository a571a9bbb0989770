//! The steps of a cure between its verdicts: a network made ready with some slope, and trained.

use leaky_onnx::{Model, Network};
use serde::Serialize;

use super::{Patient, Progress, Treatment, hidden_relus};
use crate::Interrupt;
use crate::data::Dataset;
use crate::diagnosis::Diagnosis;
use crate::error::Error;
use crate::objective::Objective;
use crate::revive::{self, Revival, revive};
use crate::session::{Difference, device};
use crate::train::{End, Samples, Settings, Training, Validation, Watch, train};

/// How many samples at most fresh weights are centred on.
const CENTRED_ON: usize = 1024;

/// The slopes that are tried where the user leaves the choice to the tool.
const SLOPES: [f32; 5] = [0.01, 0.05, 0.1, 0.2, 0.3];

/// A short training with one slope.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AlphaTrial {
    /// The slope below zero of the hidden rectifiers that were ReLUs.
    pub alpha: f32,
    /// How many epochs it was trained for.
    pub epochs: usize,
    /// The score of the best of them on the validation samples.
    pub score: f64,
    /// The mean loss on the validation samples in the same epoch.
    pub validation_loss: f64,
}

/// What a cure works with once the network was looked at.
pub(super) struct Course<'a> {
    pub patient: &'a Patient<'a>,
    pub treatment: &'a Treatment,
    /// The network as it was given.
    pub given: &'a Network,
    pub before: &'a Diagnosis,
    pub objective: &'a Objective,
    pub training: Samples<'a>,
    pub validation: Samples<'a>,
    pub interrupt: &'a Interrupt,
}

/// A network ready to be trained.
pub(super) struct Prepared {
    pub model: Model,
    pub network: Network,
    pub revival: Revival,
    pub difference: Difference,
}

impl Course<'_> {
    /// How many batches make an epoch.
    pub fn batches(&self) -> usize {
        let samples = self.training.chosen.len();
        samples.div_ceil(self.treatment.settings.batch_size)
    }

    /// Revives dead units, where asked to, and lets hidden ReLUs leak.
    pub fn prepare(&self, alpha: f32) -> Result<Prepared, Error> {
        let settings = &self.treatment.settings;
        let data = self.patient.data;
        let mut network = Network::new(self.patient.model, &device())?;
        let mut model = self.patient.model.clone();
        let (mut revival, mut difference) = (Revival::default(), Difference::default());
        if self.treatment.revive {
            let request = revive::Request {
                data,
                samples: &revive::spread(self.training.chosen, CENTRED_ON),
                batch_size: settings.batch_size,
                alpha: f64::from(alpha),
                seed: settings.seed,
            };
            revival = revive(&mut network, self.before, &request)?;
            self.interrupt.check()?;
            let networks = [self.given, &network];
            difference = revival_difference(networks, data, settings, self.interrupt)?;
        }
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
        })
    }

    /// Trains a network that was made ready.
    pub fn train(
        &self,
        network: &mut Network,
        settings: &Settings,
        watch: &mut dyn Watch,
    ) -> Result<Training, Error> {
        train(
            network,
            self.objective,
            self.training,
            self.validation,
            settings,
            self.interrupt,
            watch,
        )
    }

    /// Trains shortly with each of some slopes; gives the one that validates best, the smallest of
    /// equals.
    pub fn choose_alpha(
        &self,
        progress: &mut dyn Progress,
    ) -> Result<(f32, Vec<AlphaTrial>), Error> {
        let settings = Settings {
            epochs: short(self.treatment.settings.epochs),
            ..self.treatment.settings.clone()
        };
        progress.choosing_alpha(SLOPES.len() * settings.epochs * self.batches());
        let mut trials = Vec::new();
        let mut best: Option<(f32, Validation)> = None;
        for alpha in SLOPES {
            let mut network = self.prepare(alpha)?.network;
            let trained = self.train(&mut network, &settings, &mut Trying(progress))?;
            if trained.end == End::Interrupted {
                return Err(Error::Interrupted);
            }
            let found = trained.best.validation;
            trials.push(AlphaTrial {
                alpha,
                epochs: settings.epochs,
                score: found.score,
                validation_loss: found.loss,
            });
            if best.is_none_or(|(_, best)| found.better_than(best)) {
                best = Some((alpha, found));
            }
        }
        let alpha = best.map_or(SLOPES[0], |(alpha, _)| alpha);
        progress.chose_alpha(alpha, &trials, self.objective.metric());
        Ok((alpha, trials))
    }
}

/// How many epochs a trial of a slope takes: a quarter of the whole training, at most five.
fn short(epochs: usize) -> usize {
    epochs.div_ceil(4).min(5)
}

/// Tells of the batches of a trial.
struct Trying<'a>(&'a mut dyn Progress);

impl Watch for Trying<'_> {
    fn batch(&mut self) {
        self.0.tried_batch();
    }
}

/// What the revival changed in the outputs: nothing, but for rounding.
fn revival_difference(
    networks: [&Network; 2],
    data: &Dataset,
    settings: &Settings,
    interrupt: &Interrupt,
) -> Result<Difference, Error> {
    let everything: Vec<usize> = (0..data.samples()).collect();
    let difference = Difference::between(networks, data, &everything, settings.batch_size, || {
        interrupt.check()
    })?;
    if difference.is_rounding() {
        Ok(difference)
    } else {
        Err(Error::RevivalChangedOutputs {
            maximum: difference.maximum,
            magnitude: difference.magnitude,
        })
    }
}
