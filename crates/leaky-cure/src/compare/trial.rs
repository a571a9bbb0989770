//! One training of one rectifier.

use leaky_onnx::{Model, Network, RandomSlopes};
use web_time::Instant;

use super::error::CompareError;
use super::figures::Trial;
use super::options::{CompareOptions, Place};
use crate::candidate::{hidden, with_rectifier};
use crate::data::dataset::Dataset;
use crate::data::samples::Samples;
use crate::data::split::spread;
use crate::data::target::Target;
use crate::diagnose::pass::diagnose_samples;
use crate::objective::{Objective, ObjectiveError};
use crate::progress::Progress;
use crate::run::device;
use crate::stop::{Stop, Stopped};
use crate::task::Task;
use crate::train::calibrate::{self, calibrate};
use crate::train::epoch::End;
use crate::train::epochs::{Request, train};
use crate::train::initialize::initialize;
use crate::train::options::TrainOptions;
use crate::train::parts::Parts;
use crate::train::validate::validate;

/// Puts the rectifier in its place, trains, and diagnoses; gives the network of the best epoch too.
///
/// # Errors
///
/// If the network or the data cannot be worked with, or the work is asked to stop.
pub(super) fn run(
    task: &Task,
    options: &CompareOptions,
    place: Place,
    stop: &Stop,
    progress: &mut dyn Progress,
) -> Result<(Trial, Model), CompareError> {
    let start = Instant::now();
    stop.check()?;
    let Place {
        rectifier,
        lr,
        seed,
    } = place;
    let mut model = with_rectifier((&task.model, &task.name), &task.data, rectifier)?;
    let mut network = Network::new(&model, &device())?;
    let rectifiers = network.rectifiers()?;
    let slopes = rectifier
        .random_slopes()
        .map(|range| RandomSlopes::new(&hidden(&rectifiers), range, seed));
    let (objective, target) = Objective::new(&network, &task.data, options.objective)?;
    let parts = parts(task, &network, &objective, &target)?;
    let training = parts.training(&target);
    if options.from_scratch {
        initialize(&mut network, |_| rectifier.gain(), seed)?;
        let few = spread(training.chosen, calibrate::SAMPLES);
        calibrate(&mut network, &task.data, &few)?;
    }
    let training_options = TrainOptions {
        lr,
        seed,
        random_slopes: slopes,
        ..options.training.clone()
    };
    let request = Request {
        objective: &objective,
        training,
        validation: parts.validation(&target),
        options: &training_options,
    };
    let trained = train(&mut network, &request, stop, progress)?;
    let diverged = match trained.end {
        End::Done | End::NoBetter(_) => None,
        End::Diverged(epoch) => Some(epoch),
        End::Stopped => return Err(Stopped.into()),
    };
    let dead_fraction = match diverged {
        Some(_) => None,
        None => {
            let everything: Vec<usize> = (0..task.data.samples()).collect();
            let verdict = diagnose_samples(
                &network,
                &task.name,
                &task.data,
                &everything,
                options.training.batch_size,
                stop,
                || (),
            )?;
            Some(verdict.dead_fraction())
        }
    };
    let score = trained.best.validation.score;
    trained.best.restore(&mut network)?;
    let test = match test(task, &network, &objective, &target)? {
        Some(test) => {
            let batch_size = options.training.batch_size;
            Some(validate(&network, &objective, test.samples(), batch_size)?.score)
        }
        None => None,
    };
    network.store(&mut model)?;
    let trial = Trial {
        rectifier,
        lr,
        seed,
        score,
        test,
        dead_fraction,
        epochs: trained.epochs,
        diverged,
        seconds: start.elapsed().as_secs_f64(),
    };
    Ok((trial, model))
}

/// The samples to test with, and their answers.
pub(super) struct Test<'a> {
    data: &'a Dataset,
    target: Target,
    all: Vec<usize>,
}

impl Test<'_> {
    pub(super) fn samples(&self) -> Samples<'_> {
        Samples {
            data: self.data,
            target: &self.target,
            chosen: &self.all,
        }
    }
}

/// The samples to test with, where there are some.
pub(super) fn test<'a>(
    task: &'a Task,
    network: &Network,
    objective: &Objective,
    training: &Target,
) -> Result<Option<Test<'a>>, ObjectiveError> {
    let Some(data) = &task.test else {
        return Ok(None);
    };
    Ok(Some(Test {
        data,
        target: objective.validation_target(network, data, training)?,
        all: (0..data.samples()).collect(),
    }))
}

/// All trainings validate on the same samples, so that they differ by what is compared alone.
const SPLIT_SEED: u64 = 0;

/// The samples to train on and those to validate with.
pub(super) fn parts<'a>(
    task: &'a Task,
    network: &Network,
    objective: &Objective,
    target: &Target,
) -> Result<Parts<'a>, ObjectiveError> {
    let validation = task.validation.as_ref();
    Parts::new(&task.data, validation, SPLIT_SEED, target, |validation| {
        objective.validation_target(network, validation, target)
    })
}
