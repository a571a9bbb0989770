//! A comparison about to be made.

use std::sync::{Mutex, PoisonError};

use leaky_onnx::Model;

use super::error::CompareError;
use super::figures::{Comparison, Trial};
use super::options::{CompareOptions, Place};
use super::resume::Setting;
use super::trial::Test;
use super::{summary, trial};
use crate::objective::Objective;
use crate::objective::metric::Metric;
use crate::progress::{Phase, Progress};
use crate::stop::{Stop, Stopped};
use crate::task::Task;
use crate::threads::side_by_side;

/// A comparison about to be made: the request checked against the network and the data.
pub struct Plan<'a> {
    task: &'a Task,
    options: &'a CompareOptions,
    metric: Metric,
    batches: usize,
}

impl<'a> Plan<'a> {
    /// Checks what can be checked before anything is trained.
    ///
    /// # Errors
    ///
    /// If the network or the data cannot be worked with.
    pub fn new(task: &'a Task, options: &'a CompareOptions) -> Result<Self, CompareError> {
        let network = task.network()?;
        let (objective, target) = Objective::new(&network, &task.data, options.objective)?;
        let parts = trial::parts(task, &network, &objective, &target)?;
        // What does not fit is refused before anything is trained.
        trial::test(task, &network, &objective, &target)?;
        let training = parts.training(&target).chosen.len();
        Ok(Self {
            task,
            options,
            metric: objective.metric(),
            batches: training.div_ceil(options.training.batch_size) * options.training.epochs,
        })
    }

    /// What trials kept in a file must agree with. Reads all data.
    ///
    /// # Errors
    ///
    /// If the data cannot be read.
    pub fn setting(&self) -> Result<Setting, CompareError> {
        let (task, options) = (self.task, self.options);
        let network = task.network()?;
        let (objective, target) = Objective::new(&network, &task.data, options.objective)?;
        let parts = trial::parts(task, &network, &objective, &target)?;
        let test = trial::test(task, &network, &objective, &target)?;
        let mut samples = vec![parts.training(&target), parts.validation(&target)];
        samples.extend(test.as_ref().map(Test::samples));
        Ok(Setting::of(&task.model, options, &samples)?)
    }

    /// The trainings that are not among the known trials.
    pub fn missing(&self, known: &[Trial]) -> Vec<Place> {
        let mut places = self.options.places();
        places.retain(|place| find(known, place).is_none());
        places
    }

    /// Trains once more what was trained already, and gives the network of its best epoch.
    ///
    /// # Errors
    ///
    /// If the training fails, or the user asks to stop.
    pub fn train(&self, place: Place, stop: &Stop) -> Result<(Trial, Model), CompareError> {
        let mut trained = None;
        side_by_side(
            1,
            &[place],
            |&place| trial::run(self.task, self.options, place, stop, &mut ()),
            |_, result| {
                trained = Some(result);
                Ok::<_, CompareError>(())
            },
        )?;
        trained.ok_or_else(|| Stopped.into())
    }

    /// Trains what is not known yet, and concludes. `trials` holds those that are known, and takes
    /// the others as they are done; `keep` sees all after each.
    ///
    /// # Errors
    ///
    /// If a training fails, or the work is asked to stop: `trials` then holds those that are done.
    pub fn run(
        &self,
        trials: &mut Vec<Trial>,
        stop: &Stop,
        progress: &mut dyn Progress,
        mut keep: impl FnMut(&[Trial]) -> Result<(), CompareError> + Send,
    ) -> Result<Comparison, CompareError> {
        let missing = self.missing(trials);
        progress.phase(Phase::Compare, missing.len() * self.batches);
        let progress = Mutex::new(progress);
        side_by_side(
            self.options.jobs,
            &missing,
            |&place| {
                let mut batches = Batches {
                    progress: &progress,
                    left: self.batches,
                };
                let (trial, _) = trial::run(self.task, self.options, place, stop, &mut batches)?;
                Ok(trial)
            },
            |_, trial| {
                trials.push(trial);
                keep(trials)
            },
        )?;
        let places = self.options.places();
        let ordered = places
            .iter()
            .filter_map(|place| find(trials, place))
            .cloned()
            .collect();
        let concluded = summary::conclude(&self.task.name, self.metric, ordered);
        Ok(Comparison {
            normalization: self.task.data.normalization(),
            ..concluded
        })
    }
}

fn find<'a>(trials: &'a [Trial], place: &Place) -> Option<&'a Trial> {
    trials.iter().find(|trial| {
        (trial.rectifier, trial.lr, trial.seed) == (place.rectifier, place.lr, place.seed)
    })
}

/// Tells of the batches of one training; of those that it did not come to, at its end.
struct Batches<'a, 'b> {
    progress: &'a Mutex<&'b mut dyn Progress>,
    left: usize,
}

impl Batches<'_, '_> {
    fn tell(&self, batches: usize) {
        let mut progress = self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        (0..batches).for_each(|_| progress.step());
    }
}

impl Progress for Batches<'_, '_> {
    fn step(&mut self) {
        self.left = self.left.saturating_sub(1);
        self.tell(1);
    }
}

impl Drop for Batches<'_, '_> {
    fn drop(&mut self) {
        self.tell(self.left);
    }
}
