//! The whole cure: diagnose, revive, let leak, train, diagnose again.
//!
//! A network may store its weights in a smaller type than it is computed in. What is scored and
//! handed back is therefore the network made anew from what will stand in the file.

mod course;

use leaky_onnx::{Model, Network, Rectifier};
use serde::Serialize;

use crate::Interrupt;
use crate::arguments::{Alpha, Loss};
use crate::data::Dataset;
use crate::diagnose::diagnose;
use crate::diagnosis::{Diagnosis, Layer};
use crate::error::Error;
use crate::objective::{Metric, Objective};
use crate::parts::Parts;
use crate::revive::{NotRevived, Revival};
use crate::session::{Difference, device};
use crate::train::{End, Epoch, Settings, Watch, validate};
pub use course::AlphaTrial;
use course::{Course, Prepared};

/// What a cure starts from.
pub struct Patient<'a> {
    /// The network's file.
    pub model: &'a Model,
    /// What the file is called.
    pub name: &'a str,
    /// The samples to diagnose and train with.
    pub data: &'a Dataset,
    /// The samples to validate with; without them a part of the data is kept apart.
    pub validation: Option<&'a Dataset>,
}

/// How to cure.
pub struct Treatment {
    /// The slope below zero that hidden ReLUs get.
    pub alpha: Alpha,
    /// Whether dead units are brought back.
    pub revive: bool,
    /// What to minimise, where the user chose.
    pub loss: Option<Loss>,
    /// How to train.
    pub settings: Settings,
}

/// The score of a network on the validation samples, before and after.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Score {
    /// What is measured.
    pub metric: Metric,
    /// For the network as it was given.
    pub before: f64,
    /// For the network as it is written.
    pub after: f64,
}

/// The figures of a cure, as `--json` writes them.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The verdict on the network as it was given.
    pub before: Diagnosis,
    /// The verdict on the network as it is written.
    pub after: Diagnosis,
    /// The validation score.
    pub score: Score,
    /// The slope below zero of the hidden rectifiers that were ReLUs.
    pub alpha: f32,
    /// What short trainings with other slopes came to, where the slope was chosen by them.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub alpha_trials: Vec<AlphaTrial>,
    /// How many units live again.
    pub revived: usize,
    /// The dead units that were left, and why.
    pub not_revived: Vec<NotRevived>,
    /// The largest difference that the revival made to an output.
    pub revival_max_difference: f64,
    /// The epochs of training.
    pub epochs: Vec<Epoch>,
    /// The epoch whose parameters are kept, counted from 1; 0 for those before training, none where
    /// the network is left as it was given because nothing validated better.
    pub best_epoch: Option<usize>,
    /// The file that was written.
    pub output: String,
    /// The largest difference between the outputs of that file, read again, and those of the
    /// network in memory.
    pub verified_max_difference: f64,
    /// How long all took.
    pub seconds: f64,
}

/// A cured network, before it is written and diagnosed again.
pub struct Cured {
    /// Its file, to be written.
    pub model: Model,
    /// The same in memory.
    pub network: Network,
    /// The verdict on the network as it was given.
    pub before: Diagnosis,
    /// The validation score.
    pub score: Score,
    /// What was done to it.
    pub done: Done,
    /// The epochs of training.
    pub epochs: Vec<Epoch>,
    /// Why training ended.
    pub end: End,
}

/// What a cure did to a network.
pub struct Done {
    /// See [`Report::alpha`].
    alpha: f32,
    alpha_trials: Vec<AlphaTrial>,
    revival: Revival,
    difference: Difference,
    /// See [`Report::best_epoch`].
    best_epoch: Option<usize>,
}

impl Done {
    /// Nothing: the network is left as it was given, and with it the dead units of the layers that
    /// were to be revived.
    fn nothing(to_revive: &[Layer], alpha_trials: Vec<AlphaTrial>) -> Self {
        let reason = "nothing validated better than the network as it was given";
        let dead = to_revive.iter().flat_map(|layer| {
            layer.dead.iter().map(|&unit| NotRevived {
                layer: layer.name.clone(),
                unit,
                reason: reason.into(),
            })
        });
        Self {
            alpha: 0.0,
            alpha_trials,
            revival: Revival {
                revived: 0,
                not_revived: dead.collect(),
            },
            difference: Difference::default(),
            best_epoch: None,
        }
    }
}

/// What became of the file.
pub struct Written {
    /// Its name.
    pub output: String,
    /// How far the outputs of the network read from it lie from those of the one in memory.
    pub verified: Difference,
}

impl Cured {
    /// All figures, with the verdict on the network as it is now.
    pub fn report(self, after: Diagnosis, written: Written, seconds: f64) -> Report {
        let Done {
            alpha,
            alpha_trials,
            revival,
            difference,
            best_epoch,
        } = self.done;
        Report {
            before: self.before,
            after,
            score: self.score,
            alpha,
            alpha_trials,
            revived: revival.revived,
            not_revived: revival.not_revived,
            revival_max_difference: difference.maximum,
            epochs: self.epochs,
            best_epoch,
            output: written.output,
            verified_max_difference: written.verified.maximum,
            seconds,
        }
    }
}

/// What there is to see while a cure goes on.
pub trait Progress: Watch {
    /// A verdict begins, over so many batches.
    fn diagnosing(&mut self, _batches: usize) {}
    /// A batch of a verdict is done.
    fn diagnosed_batch(&mut self) {}
    /// The first verdict and the score of the network as it was given.
    fn diagnosed(&mut self, _before: &Diagnosis, _metric: Metric, _score: f64) {}
    /// Short trainings to choose a slope begin, over so many batches.
    fn choosing_alpha(&mut self, _batches: usize) {}
    /// A batch of these is done.
    fn tried_batch(&mut self) {}
    /// The slope was chosen.
    fn chose_alpha(&mut self, _alpha: f32, _trials: &[AlphaTrial], _metric: Metric) {}
    /// Dead units were revived, and the outputs compared.
    fn revived(&mut self, _revival: &Revival, _difference: Difference) {}
    /// Training begins, over so many batches an epoch.
    fn training(&mut self, _batches: usize, _metric: Metric) {}
}

/// The hidden ReLUs of a network.
pub fn hidden_relus(rectifiers: &[Rectifier]) -> Vec<&Rectifier> {
    rectifiers
        .iter()
        .filter(|rectifier| rectifier.operator == "Relu" && rectifier.hidden)
        .collect()
}

/// The verdict on a network, on all samples of the patient's data.
///
/// # Errors
///
/// If the network cannot run on the data, or it is interrupted.
pub fn look(
    network: &Network,
    patient: &Patient,
    batch_size: usize,
    interrupt: &Interrupt,
    progress: &mut dyn Progress,
) -> Result<Diagnosis, Error> {
    let everything: Vec<usize> = (0..patient.data.samples()).collect();
    progress.diagnosing(everything.len().div_ceil(batch_size));
    diagnose(
        network,
        patient.name,
        patient.data,
        &everything,
        batch_size,
        || {
            progress.diagnosed_batch();
            interrupt.check()
        },
    )
}

/// Cures a network. Nothing is written. Asked to stop in training, it ends with the best network so
/// far.
///
/// # Errors
///
/// If the network or the data cannot be worked with, or the user asks to stop before training.
pub fn cure(
    patient: &Patient,
    treatment: &Treatment,
    interrupt: &Interrupt,
    progress: &mut dyn Progress,
) -> Result<Cured, Error> {
    let data = patient.data;
    let settings = &treatment.settings;
    let given = Network::new(patient.model, &device())?;
    if !given
        .parameters()
        .iter()
        .any(|parameter| parameter.trainable)
    {
        return Err(Error::NothingToTrain {
            model: patient.name.to_owned(),
        });
    }
    let (objective, target) = Objective::new(&given, data, treatment.loss)?;
    let parts = Parts::new(data, patient.validation, settings.seed, |validation| {
        objective.validation_target(&given, validation, &target)
    })?;
    let (training, validation) = (parts.training(&target), parts.validation(&target));

    let before = look(&given, patient, settings.batch_size, interrupt, progress)?;
    let score_before = validate(&given, &objective, validation, settings.batch_size)?;
    progress.diagnosed(&before, objective.metric(), score_before.score);
    interrupt.check()?;

    let course = Course {
        patient,
        treatment,
        given: &given,
        before: &before,
        objective: &objective,
        training,
        validation,
        interrupt,
    };
    let (alpha, alpha_trials) = match treatment.alpha {
        Alpha::Fixed(alpha) => (alpha, Vec::new()),
        // Without a ReLU to leak there is nothing to choose between.
        Alpha::Auto if hidden_relus(&given.rectifiers()?).is_empty() => (0.0, Vec::new()),
        Alpha::Auto => course.choose_alpha(progress)?,
    };
    let Prepared {
        mut model,
        mut network,
        revival,
        difference,
    } = course.prepare(alpha)?;
    if treatment.revive {
        progress.revived(&revival, difference);
    }
    progress.training(course.batches(), objective.metric());
    let trained = course.train(&mut network, settings, progress)?;
    let (best_epoch, mut best) = (trained.best.epoch, trained.best.validation);
    trained.best.restore(&mut network);
    let mut done = Done {
        alpha,
        alpha_trials,
        revival,
        difference,
        best_epoch: Some(best_epoch),
    };
    network.store(&mut model)?;
    let stored = Network::new(&model, &device())?;
    if !same_parameters(&network, &stored)? {
        best = validate(&stored, &objective, validation, settings.batch_size)?;
    }
    network = stored;
    // Nothing validated as well as what was given: that is what is given back.
    if score_before.better_than(best) {
        (network, model, best) = (given, patient.model.clone(), score_before);
        let to_revive: &[Layer] = if treatment.revive {
            &before.layers
        } else {
            &[]
        };
        done = Done::nothing(to_revive, done.alpha_trials);
    }
    Ok(Cured {
        model,
        network,
        score: Score {
            metric: objective.metric(),
            before: score_before.score,
            after: best.score,
        },
        before,
        done,
        epochs: trained.epochs,
        end: trained.end,
    })
}

/// Whether two networks of one graph hold the same numbers.
fn same_parameters(one: &Network, other: &Network) -> Result<bool, Error> {
    for index in 0..one.parameters().len() {
        if one.parameter_data(index)? != other.parameter_data(index)? {
            return Ok(false);
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::arguments::Optimizer;
    use crate::data::Arrays;
    use crate::example;
    use crate::session::dataset;

    struct Silent;
    impl Watch for Silent {}
    impl Progress for Silent {}

    #[test]
    fn asked_to_stop_before_training_a_cure_ends_with_130_and_no_network() {
        let model = Model::from_bytes(example::NETWORK).unwrap();
        let network = Network::new(&model, &device()).unwrap();
        let arrays = Arrays::from_bytes(example::TRAINING_NAME, example::TRAINING).unwrap();
        let data = dataset(&network, &arrays).unwrap();
        let patient = Patient {
            model: &model,
            name: example::NETWORK_NAME,
            data: &data,
            validation: None,
        };
        let treatment = Treatment {
            alpha: Alpha::Fixed(0.01),
            revive: true,
            loss: None,
            settings: Settings {
                epochs: 1,
                batch_size: 64,
                lr: 0.001,
                optimizer: Optimizer::Adam,
                seed: 0,
                random_slopes: None,
            },
        };
        let interrupt = Interrupt::default();
        interrupt.ask();
        let ended = cure(&patient, &treatment, &interrupt, &mut Silent);
        let error = ended.err().expect("nothing is cured");
        assert!(matches!(error, Error::Interrupted), "{error}");
        assert_eq!(error.code(), 130);
    }
}
