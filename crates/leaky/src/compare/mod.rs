//! Which rectifier suits a network and its data: each trained with the same seeds, side by side.

mod candidate;
mod report;
pub mod resume;
pub mod statistics;
mod summary;
mod trial;

use leaky_onnx::{Model, Network};

use crate::Interrupt;
use crate::arguments::{Loss, Optimizer};
use crate::data::Dataset;
use crate::error::Error;
use crate::objective::{Metric, Objective};
use crate::session::device;
use crate::side_by_side::side_by_side;
use crate::train::Watch;
pub use candidate::{Candidate, RANDOM_SLOPES, with_rectifier};
pub use report::{Comparison, Row, Trial};
pub use resume::Setting;
pub use summary::p_text;
pub use trial::Place;

/// What to compare, and on what.
pub struct Request<'a> {
    /// The network's file, which gives the architecture.
    pub model: &'a Model,
    /// What the file is called.
    pub name: &'a str,
    /// The samples to train with.
    pub data: &'a Dataset,
    /// The samples to validate with; without them a part of the data is kept apart.
    pub validation: Option<&'a Dataset>,
    /// What takes the place of the hidden rectifiers.
    pub rectifiers: Vec<Candidate>,
    /// The learning rates.
    pub rates: Vec<f64>,
    /// How many times to train each, with random numbers of its own each time.
    pub seeds: u64,
    /// Whether the weights are drawn afresh, or those of the file are trained on.
    pub from_scratch: bool,
    /// What to minimise, where the user chose.
    pub loss: Option<Loss>,
    /// How many times to see all samples.
    pub epochs: usize,
    /// How many samples make a step.
    pub batch_size: usize,
    /// How the parameters follow the gradient.
    pub optimizer: Optimizer,
}

impl Request<'_> {
    /// How many trainings the comparison takes.
    pub fn trainings(&self) -> usize {
        self.places().len()
    }

    /// Every training, in the order rate, seed, rectifier.
    fn places(&self) -> Vec<Place> {
        let mut places = Vec::new();
        for &lr in &self.rates {
            for seed in 0..self.seeds {
                places.extend(self.rectifiers.iter().map(|&rectifier| Place {
                    rectifier,
                    lr,
                    seed,
                }));
            }
        }
        places
    }
}

/// A comparison about to be made: the request checked against the network and the data.
pub struct Plan<'a> {
    request: &'a Request<'a>,
    metric: Metric,
    batches: usize,
}

impl<'a> Plan<'a> {
    /// Checks what can be checked before anything is trained.
    ///
    /// # Errors
    ///
    /// If the network or the data cannot be worked with.
    pub fn new(request: &'a Request<'a>) -> Result<Self, Error> {
        let network = Network::new(request.model, &device())?;
        let (objective, target) = Objective::new(&network, request.data, request.loss)?;
        let parts = trial::parts(request, &network, &objective, &target)?;
        let training = parts.training(&target).chosen.len();
        Ok(Self {
            request,
            metric: objective.metric(),
            batches: training.div_ceil(request.batch_size) * request.epochs,
        })
    }

    /// What trials kept in a file must agree with. Reads all data.
    ///
    /// # Errors
    ///
    /// If the data cannot be read.
    pub fn setting(&self) -> Result<Setting, Error> {
        let request = self.request;
        let network = Network::new(request.model, &device())?;
        let (objective, target) = Objective::new(&network, request.data, request.loss)?;
        let parts = trial::parts(request, &network, &objective, &target)?;
        Setting::of(
            request,
            [parts.training(&target), parts.validation(&target)],
        )
    }

    /// The trainings that are not among the known trials.
    pub fn missing(&self, known: &[Trial]) -> Vec<Place> {
        let mut places = self.request.places();
        places.retain(|place| find(known, place).is_none());
        places
    }

    /// How many batches a training takes.
    pub fn batches(&self) -> usize {
        self.batches
    }

    /// Trains once more what was trained already, and gives the network of its best epoch.
    ///
    /// # Errors
    ///
    /// If the training fails, or the user asks to stop.
    pub fn train(&self, place: Place, interrupt: &Interrupt) -> Result<(Trial, Model), Error> {
        let mut trained = None;
        side_by_side(
            1,
            &[place],
            |&place| trial::run(self.request, place, interrupt, &mut ()),
            |_, result| {
                trained = Some(result);
                Ok(())
            },
        )?;
        trained.ok_or(Error::Interrupted)
    }

    /// Trains what is not known yet, `jobs` at a time, and concludes. `trials` holds those that are
    /// known, and takes the others as they are done; `keep` sees all after each. `batch` is called
    /// after each batch, from several threads.
    ///
    /// # Errors
    ///
    /// If a training fails, or the user asks to stop: `trials` then holds those that are done.
    pub fn run(
        &self,
        jobs: usize,
        trials: &mut Vec<Trial>,
        interrupt: &Interrupt,
        batch: &(dyn Fn() + Sync),
        mut keep: impl FnMut(&[Trial]) -> Result<(), Error> + Send,
    ) -> Result<Comparison, Error> {
        let missing = self.missing(trials);
        side_by_side(
            jobs,
            &missing,
            |&place| {
                let mut batches = Batches {
                    step: batch,
                    left: self.batches,
                };
                let (trial, _) = trial::run(self.request, place, interrupt, &mut batches)?;
                Ok(trial)
            },
            |_, trial| {
                trials.push(trial);
                keep(trials)
            },
        )?;
        let places = self.request.places();
        let ordered = places
            .iter()
            .filter_map(|place| find(trials, place))
            .cloned()
            .collect();
        Ok(summary::conclude(self.request.name, self.metric, ordered))
    }
}

fn find<'a>(trials: &'a [Trial], place: &Place) -> Option<&'a Trial> {
    trials.iter().find(|trial| {
        (trial.rectifier, trial.lr, trial.seed) == (place.rectifier, place.lr, place.seed)
    })
}

/// Tells of the batches of one training; of those that it did not come to, at its end.
struct Batches<'a> {
    step: &'a (dyn Fn() + Sync),
    left: usize,
}

impl Watch for Batches<'_> {
    fn batch(&mut self) {
        self.left = self.left.saturating_sub(1);
        (self.step)();
    }
}

impl Drop for Batches<'_> {
    fn drop(&mut self) {
        (0..self.left).for_each(|_| (self.step)());
    }
}
