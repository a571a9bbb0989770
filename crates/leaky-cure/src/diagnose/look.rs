//! A verdict on all samples of a task.

use leaky_onnx::Network;

use crate::diagnose::error::DiagnoseError;
use crate::diagnose::options::DiagnoseOptions;
use crate::diagnose::pass::diagnose_with_causes;
use crate::diagnose::verdict::Diagnosis;
use crate::progress::{Phase, Progress};
use crate::stop::Stop;
use crate::task::Task;

/// The verdict on a network, on all samples of a task.
///
/// # Errors
///
/// If the network cannot run on the data, or the work is asked to stop.
pub(crate) fn look(
    task: &Task,
    network: &Network,
    options: DiagnoseOptions,
    stop: &Stop,
    progress: &mut dyn Progress,
) -> Result<Diagnosis, DiagnoseError> {
    let everything: Vec<usize> = (0..task.data.samples()).collect();
    progress.phase(
        Phase::Diagnose,
        everything.len().div_ceil(options.batch_size),
    );
    let mut verdict = diagnose_with_causes(
        network,
        &task.name,
        &task.data,
        &everything,
        options,
        stop,
        || progress.step(),
    )?;
    verdict.notes = notes(network);
    verdict.notes.iter().for_each(|note| progress.note(note));
    Ok(verdict)
}

/// What a person should know of a network that has run.
fn notes(network: &Network) -> Vec<String> {
    let omitted = network.omitted().iter();
    let mut notes: Vec<String> = omitted
        .map(|item| format!("{item} is not supported: the network is looked at up to there"))
        .collect();
    if let Some(why) = network.runs_in_parts() {
        let size = network.declared_batch().unwrap_or(1);
        notes.push(format!("run in batches of {size}: {why}"));
    }
    notes
}
