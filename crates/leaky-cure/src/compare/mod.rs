//! Which rectifier suits a network and its data: each trained with the same seeds, side by side.

mod error;
mod figures;
mod group;
mod options;
mod outcome;
mod plan;
pub mod resume;
mod resume_error;
pub mod statistics;
mod summary;
mod trial;

use crate::progress::Progress;
use crate::stop::Stop;
use crate::task::Task;
pub use error::CompareError;
pub use figures::{Comparison, Row, Trial};
pub use options::{CompareOptions, Place};
pub use outcome::p_text;
pub use plan::Plan;
pub use resume_error::{ResumeError, Term};

/// Trains a network with each rectifier, learning rate and seed, and concludes.
///
/// # Errors
///
/// If the network or the data cannot be worked with, or the work is asked to stop. A [`Plan`] keeps
/// what is done until then.
pub fn compare(
    task: &Task,
    options: &CompareOptions,
    stop: &Stop,
    progress: &mut dyn Progress,
) -> Result<Comparison, CompareError> {
    Plan::new(task, options)?.run(&mut Vec::new(), stop, progress, |_| Ok(()))
}
