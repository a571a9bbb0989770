//! The whole cure: diagnose, revive, let leak, train, diagnose again.

mod course;
mod error;
pub(crate) mod figures;
mod kept;
mod options;
mod treat;

use leaky_onnx::{Model, Network};
use web_time::Instant;

use crate::diagnose::look::look;
use crate::difference::Difference;
use crate::files::Destination;
use crate::progress::Progress;
use crate::stop::Stop;
use crate::task::Task;
use crate::train::End;
use crate::verified::{Written, write};
pub use error::CureError;
pub use figures::{AlphaTrial, Report, Score};
pub use options::{Alpha, CureOptions};
use treat::treat;

/// A cured network.
pub struct Cured {
    /// Its file.
    pub model: Model,
    /// The same, ready to run.
    pub network: Network,
    /// All figures.
    pub report: Report,
    /// Why training ended.
    pub end: End,
    /// How far the outputs of the network read from the file that was written lie from those of the
    /// one in memory; none where no file was written.
    pub verified: Option<Difference>,
}

/// Cures a network, in memory. Asked to stop in training, it ends with the best network so far.
///
/// # Errors
///
/// If the network or the data cannot be worked with, or the work is asked to stop before training.
pub fn cure(
    task: &Task,
    options: &CureOptions,
    stop: &Stop,
    progress: &mut dyn Progress,
) -> Result<Cured, CureError> {
    cure_and_write(task, options, None, stop, progress)
}

/// Cures a network and writes it as soon as it is trained. Asked to stop in training, it writes the
/// best network so far.
///
/// # Errors
///
/// As [`cure`]; and if the file cannot be written, or what it holds does not give what the network
/// in memory gives.
pub fn cure_to_file(
    task: &Task,
    options: &CureOptions,
    destination: &Destination,
    stop: &Stop,
    progress: &mut dyn Progress,
) -> Result<Cured, CureError> {
    cure_and_write(task, options, Some(destination), stop, progress)
}

fn cure_and_write(
    task: &Task,
    options: &CureOptions,
    destination: Option<&Destination>,
    stop: &Stop,
    progress: &mut dyn Progress,
) -> Result<Cured, CureError> {
    let start = Instant::now();
    let treated = treat(task, options, stop, progress)?;
    let batch_size = options.training.batch_size;
    let network = &treated.network;
    let written = destination
        .map(|destination| write(&treated.model, network, destination, &task.data, batch_size))
        .transpose()?;
    // What was won is not given up by a wish to stop; where it was written, nothing can be lost.
    let after = look(task, network, options.look(), &Stop::new(), progress)?;
    let (output, verified) = match written {
        Some(Written { output, verified }) => (Some(output), Some(verified)),
        None => (None, None),
    };
    let done = treated.done;
    Ok(Cured {
        model: treated.model,
        network: treated.network,
        report: Report {
            before: treated.before,
            dead_on_training: treated.dead_on_training,
            after,
            score: treated.score,
            alpha: done.alpha,
            alpha_trials: done.alpha_trials,
            revived: done.revival.revived,
            revived_within_bound: done.revival.within_bound,
            revived_dormant: done.revival.dormant,
            not_revived: done.revival.not_revived,
            revival_max_difference: done.difference.maximum,
            revival_max_difference_validation: done.validation_difference.maximum,
            recentred: done.recentring.recentred,
            not_recentred: done.recentring.left,
            recentring_max_difference: done.recentring_difference.maximum,
            recycled: treated.epochs.iter().map(|epoch| epoch.recycled).sum(),
            epochs: treated.epochs,
            best_epoch: done.best_epoch,
            output,
            verified_max_difference: verified.map(|verified| verified.maximum),
            seconds: start.elapsed().as_secs_f64(),
        },
        end: treated.end,
        verified,
    })
}
