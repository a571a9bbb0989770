//! Which units of a network are dead, and what else tells how well it learns.

mod autopsy;
mod born_dead;
mod cause;
mod chances;
mod count;
pub(crate) mod error;
mod evidence;
mod gradient_norm;
pub(crate) mod look;
mod moments;
mod options;
pub(crate) mod pass;
mod prescription;
mod seen;
mod sentences;
mod signs;
pub(crate) mod verdict;

use crate::progress::Progress;
use crate::stop::Stop;
use crate::task::Task;
pub use born_dead::{BornDeadError, BornDeadOptions, born_dead};
pub use cause::{Cause, CauseOfDeath, Figures, InputFigures, Prescription, Remedy};
pub use chances::{BornDead, Chances, Estimate, LayerChances};
pub use error::{DiagnoseError, ExplainError};
pub use gradient_norm::{
    GradientNorm, SAMPLES, gradient_norms, gradient_norms_on, gradient_norms_or_why_not,
};
use look::look;
pub use options::{BATCH_SIZE, DiagnoseOptions};
pub use pass::{diagnose_samples, diagnose_with_causes, explain};
pub use verdict::{DORMANT_BELOW, Diagnosis, Layer, LayerCounts};

/// Which units of a network are dead on its samples, and why: all of which are run through it. For options
/// the number of samples to run at a time will do.
///
/// # Errors
///
/// If the network has no rectifier or cannot run on the samples, or the work is asked to stop.
pub fn diagnose(
    task: &Task,
    options: impl Into<DiagnoseOptions>,
    stop: &Stop,
    progress: &mut dyn Progress,
) -> Result<Diagnosis, DiagnoseError> {
    look(task, &task.network()?, options.into(), stop, progress)
}
