//! One training of one rectifier.

use std::time::Instant;

use leaky_onnx::{Model, Network, RandomSlopes};

use super::candidate::{hidden, with_rectifier};
use super::{Candidate, Request, Trial};
use crate::Interrupt;
use crate::calibrate::{self, calibrate};
use crate::data::Target;
use crate::diagnose::diagnose;
use crate::error::Error;
use crate::initialize::initialize;
use crate::objective::Objective;
use crate::parts::Parts;
use crate::revive::spread;
use crate::session::device;
use crate::train::{End, Settings, Watch, train};

/// Which training of a comparison.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    /// What takes the place of the hidden rectifiers.
    pub rectifier: Candidate,
    /// The learning rate.
    pub lr: f64,
    /// Where the random numbers start: the weights, the order of the samples, random slopes.
    pub seed: u64,
}

/// Puts the rectifier in its place, trains, and diagnoses; gives the network of the best epoch too.
///
/// # Errors
///
/// If the network or the data cannot be worked with, or the user asks to stop.
pub fn run(
    request: &Request,
    place: Place,
    interrupt: &Interrupt,
    watch: &mut dyn Watch,
) -> Result<(Trial, Model), Error> {
    let start = Instant::now();
    interrupt.check()?;
    let Place {
        rectifier,
        lr,
        seed,
    } = place;
    let mut model = with_rectifier((request.model, request.name), request.data, rectifier)?;
    let mut network = Network::new(&model, &device())?;
    let rectifiers = network.rectifiers()?;
    let slopes = rectifier
        .random_slopes()
        .map(|range| RandomSlopes::new(&hidden(&rectifiers), range, seed));
    let (objective, target) = Objective::new(&network, request.data, request.loss)?;
    let parts = parts(request, &network, &objective, &target)?;
    let training = parts.training(&target);
    if request.from_scratch {
        initialize(&mut network, |_| rectifier.gain(), seed)?;
        let few = spread(training.chosen, calibrate::SAMPLES);
        calibrate(&mut network, request.data, &few)?;
    }
    let settings = Settings {
        epochs: request.epochs,
        batch_size: request.batch_size,
        lr,
        optimizer: request.optimizer,
        seed,
        random_slopes: slopes,
    };
    let trained = train(
        &mut network,
        &objective,
        training,
        parts.validation(&target),
        &settings,
        interrupt,
        watch,
    )?;
    let diverged = match trained.end {
        End::Done => None,
        End::Diverged(epoch) => Some(epoch),
        End::Interrupted => return Err(Error::Interrupted),
    };
    let dead_fraction = match diverged {
        Some(_) => None,
        None => {
            let everything: Vec<usize> = (0..request.data.samples()).collect();
            let size = request.batch_size;
            let step = || interrupt.check();
            let verdict = diagnose(
                &network,
                request.name,
                request.data,
                &everything,
                size,
                step,
            )?;
            Some(verdict.dead_fraction())
        }
    };
    let score = trained.best.validation.score;
    trained.best.restore(&mut network);
    network.store(&mut model)?;
    let trial = Trial {
        rectifier,
        lr,
        seed,
        score,
        dead_fraction,
        epochs: trained.epochs,
        diverged,
        seconds: start.elapsed().as_secs_f64(),
    };
    Ok((trial, model))
}

/// All trainings validate on the same samples, so that they differ by what is compared alone.
const SPLIT_SEED: u64 = 0;

/// The samples to train on and those to validate with.
pub(super) fn parts<'a>(
    request: &Request<'a>,
    network: &Network,
    objective: &Objective,
    target: &Target,
) -> Result<Parts<'a>, Error> {
    Parts::new(request.data, request.validation, SPLIT_SEED, |validation| {
        objective.validation_target(network, validation, target)
    })
}
