//! What is done to a network: diagnosed, revived, let leak, trained.
//!
//! A network may store its weights in a smaller type than it is computed in. What is scored and
//! handed back is therefore the network made anew from what will stand in the file.

use leaky_onnx::{Model, Network};

use super::course::{Course, Prepared};
use super::error::CureError;
use super::figures::{AlphaTrial, Score};
use super::kept::Work;
use super::options::{Alpha, CureOptions};
use crate::candidate::hidden_relus;
use crate::data::samples::Samples;
use crate::diagnose::look::{look, look_at_some_and_all};
use crate::diagnose::verdict::{Diagnosis, Layer};
use crate::difference::Difference;
use crate::objective::Objective;
use crate::progress::{Phase, Progress};
use crate::revive::recentre::Recentring;
use crate::revive::revival::{NotRevived, Revival};
use crate::run::device;
use crate::stop::Stop;
use crate::task::Task;
use crate::train::epoch::{End, Epoch};
use crate::train::parts::Parts;
use crate::train::validate::validate;

/// A cured network, before it is written and diagnosed again.
pub(super) struct Treated {
    /// Its file, to be written.
    pub model: Model,
    /// The same in memory.
    pub network: Network,
    /// The verdict on the network as it was given.
    pub before: Diagnosis,
    /// How many units are dead on the samples to train on.
    pub dead_on_training: usize,
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
pub(super) struct Done {
    /// See [`Report::alpha`].
    pub alpha: f32,
    pub alpha_trials: Vec<AlphaTrial>,
    pub revival: Revival,
    pub difference: Difference,
    pub validation_difference: Difference,
    pub recentring: Recentring,
    pub recentring_difference: Difference,
    /// See [`Report::best_epoch`].
    pub best_epoch: Option<usize>,
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
                within_bound: 0,
                dormant: 0,
                not_revived: dead.collect(),
            },
            difference: Difference::default(),
            validation_difference: Difference::default(),
            recentring: Recentring::default(),
            recentring_difference: Difference::default(),
            best_epoch: None,
        }
    }
}

/// Cures a network. Nothing is written. Asked to stop in training, it ends with the best network so
/// far.
///
/// # Errors
///
/// If the network or the data cannot be worked with, or the work is asked to stop before training.
pub(super) fn treat(
    task: &Task,
    options: &CureOptions,
    stop: &Stop,
    progress: &mut dyn Progress,
) -> Result<Treated, CureError> {
    let data = &task.data;
    let training_options = &options.training;
    let given = task.network()?;
    if !given
        .parameters()
        .iter()
        .any(|parameter| parameter.trainable)
    {
        return Err(CureError::NothingToTrain {
            model: task.name.clone(),
        });
    }
    let (objective, target) = Objective::new(&given, data, options.objective)?;
    let parts = Parts::new(
        data,
        task.validation.as_ref(),
        training_options.seed,
        &target,
        |validation| objective.validation_target(&given, validation, &target),
    )?;
    let (training, validation) = (parts.training(&target), parts.validation(&target));
    // What does not fit is refused before anything is trained.
    let test = match &task.test {
        Some(data) => Some((data, objective.validation_target(&given, data, &target)?)),
        None => None,
    };

    // Samples that validate have no part in what is found dead and revived.
    let [deciding, before] = match training.chosen.len() == data.samples() {
        true => {
            let found = look(task, &given, options.look(), stop, progress)?;
            [found.clone(), found]
        }
        false => {
            let parts = [training.chosen, validation.chosen];
            look_at_some_and_all(task, &given, parts, options.look(), stop, progress)?
        }
    };
    let score_before = validate(&given, &objective, validation, training_options.batch_size)?;
    progress.diagnosed(&before, objective.metric(), score_before.score);
    stop.check()?;

    let course = Course {
        task,
        options,
        given: &given,
        deciding: &deciding,
        objective: &objective,
        training,
        validation,
        stop,
    };
    let mut keeping = course.kept()?;
    let chosen = keeping
        .kept
        .as_mut()
        .map(|kept| std::mem::take(&mut kept.work));
    let work = match (chosen, options.alpha) {
        (Some(work), _) => work,
        (None, Alpha::Fixed(alpha)) => Work::chosen(alpha),
        // Without a ReLU to leak there is nothing to choose between.
        (None, Alpha::Auto) if hidden_relus(&given.rectifiers()?).is_empty() => Work::chosen(0.0),
        (None, Alpha::Auto) => course.choose_alpha(progress)?,
    };
    let alpha = work.alpha;
    let Prepared {
        mut model,
        mut network,
        revival,
        difference,
        validation_difference,
        recentring,
        recentring_difference,
    } = course.prepare(alpha)?;
    if options.revive {
        progress.revived(&revival, difference, validation_difference);
    }
    if options.recentre {
        progress.recentred(&recentring, recentring_difference);
    }
    progress.phase(
        Phase::Train {
            epochs: training_options.epochs,
            metric: objective.metric(),
        },
        training_options.epochs * course.batches(),
    );
    let trained = course.train(&mut network, &work, keeping, progress)?;
    let (best_epoch, mut best) = (trained.best.epoch, trained.best.validation);
    trained.best.restore(&mut network)?;
    let mut done = Done {
        alpha,
        alpha_trials: work.alpha_trials,
        revival,
        difference,
        validation_difference,
        recentring,
        recentring_difference,
        best_epoch: Some(best_epoch),
    };
    network.store(&mut model)?;
    let stored = Network::new(&model, &device())?;
    if !same_parameters(&network, &stored)? {
        best = validate(&stored, &objective, validation, training_options.batch_size)?;
    }
    network = stored;
    // Nothing validated as well as what was given: that is what is given back.
    if score_before.better_than(best) {
        (network, model, best) = (given, task.model.clone(), score_before);
        let to_revive: &[Layer] = if options.revive {
            &deciding.layers
        } else {
            &[]
        };
        done = Done::nothing(to_revive, done.alpha_trials);
    }
    let test = test
        .map(|(data, target)| {
            let chosen: Vec<usize> = (0..data.samples()).collect();
            let samples = Samples {
                data,
                target: &target,
                chosen: &chosen,
            };
            validate(&network, &objective, samples, training_options.batch_size)
        })
        .transpose()?;
    Ok(Treated {
        model,
        network,
        score: Score {
            metric: objective.metric(),
            before: score_before.score,
            after: best.score,
            test: test.map(|found| found.score),
        },
        dead_on_training: deciding.dead,
        before,
        done,
        epochs: trained.epochs,
        end: trained.end,
    })
}

/// Whether two networks of one graph hold the same numbers.
fn same_parameters(one: &Network, other: &Network) -> Result<bool, CureError> {
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
    use crate::data::Arrays;
    use crate::run::RunError;
    use crate::testing::{EXAMPLE, EXAMPLE_DATA};

    #[test]
    fn asked_to_stop_before_training_a_cure_ends_without_a_network() {
        let arrays = Arrays::from_bytes("digits-train.npz", EXAMPLE_DATA).unwrap();
        let model = Model::from_bytes(EXAMPLE).unwrap();
        let task = Task::new("digits.onnx", model, &arrays).unwrap();
        let stop = Stop::new();
        stop.ask();
        let ended = treat(&task, &CureOptions::default(), &stop, &mut ());
        let error = ended.err().expect("nothing is cured");
        assert!(
            matches!(error, CureError::Run(RunError::Stopped(_))),
            "{error}"
        );
    }
}
