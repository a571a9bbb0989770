//! How to cure.

use crate::diagnose::{BATCH_SIZE, DiagnoseOptions};
use crate::objective::options::ObjectiveOptions;
use crate::revive::DEFAULT_BOUND;
use crate::train::checkpoint::Checkpoint;
use crate::train::options::TrainOptions;

/// The slope below zero that hidden ReLUs get.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Alpha {
    /// This one; 0 leaves them ReLUs.
    Fixed(f32),
    /// The one that validates best after short trainings.
    Auto,
}

/// How to cure.
#[derive(Debug, Clone)]
pub struct CureOptions {
    /// The slope below zero that hidden ReLUs get.
    pub alpha: Alpha,
    /// Whether dead units are brought back.
    pub revive: bool,
    /// How much of its magnitude an output may change by dead units that cannot be muted; 0 leaves
    /// these as they are.
    pub revival_bound: f64,
    /// Dormant units, found by this score, are brought back too: see
    /// [`DiagnoseOptions::tau`](crate::diagnose::DiagnoseOptions::tau).
    pub tau: Option<f64>,
    /// Whether units that are above zero on all data are given back a bend: see
    /// [`recentre`](crate::revive::recentre()).
    pub recentre: bool,
    /// What is to be learned.
    pub objective: ObjectiveOptions,
    /// How to train.
    pub training: TrainOptions,
    /// Where to keep the training after each epoch, and to go on from.
    pub checkpoint: Option<Checkpoint>,
}

impl Default for CureOptions {
    /// Alpha 0.01, dead units revived, the loss that suits, and training as
    /// [`TrainOptions::default`] has it.
    fn default() -> Self {
        Self {
            alpha: Alpha::Fixed(0.01),
            revive: true,
            revival_bound: DEFAULT_BOUND,
            tau: None,
            recentre: false,
            objective: ObjectiveOptions::default(),
            training: TrainOptions::default(),
            checkpoint: None,
        }
    }
}

impl CureOptions {
    /// How the network is looked at, before and after.
    pub(super) fn look(&self) -> DiagnoseOptions {
        DiagnoseOptions {
            batch_size: BATCH_SIZE,
            tau: self.tau,
        }
    }
}
