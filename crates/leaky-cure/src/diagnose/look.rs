//! A verdict on all samples of a task.

use leaky_onnx::Network;

use crate::diagnose::error::DiagnoseError;
use crate::diagnose::options::DiagnoseOptions;
use crate::diagnose::pass::{diagnose_some_and_all, diagnose_with_causes};
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
    let batches = everything.len().div_ceil(options.batch_size);
    progress.phase(Phase::Diagnose, batches);
    let (name, data) = (&task.name, &task.data);
    let step = || progress.step();
    let mut verdict = diagnose_with_causes(network, name, data, &everything, options, stop, step)?;
    verdict.normalization = data.normalization();
    verdict.notes = told(network, progress);
    Ok(verdict)
}

/// The verdict on some samples of a task, and that on all of them, which are `some` and `others`.
///
/// # Errors
///
/// As [`look`].
pub(crate) fn look_at_some_and_all(
    task: &Task,
    network: &Network,
    [some, others]: [&[usize]; 2],
    options: DiagnoseOptions,
    stop: &Stop,
    progress: &mut dyn Progress,
) -> Result<[Diagnosis; 2], DiagnoseError> {
    let batches = |samples: &[usize]| samples.len().div_ceil(options.batch_size);
    progress.phase(Phase::Diagnose, batches(some) + batches(others));
    let samples = (&task.data, [some, others]);
    let step = || progress.step();
    let mut verdicts = diagnose_some_and_all(network, &task.name, samples, options, stop, step)?;
    let notes = told(network, progress);
    for verdict in &mut verdicts {
        verdict.normalization = task.data.normalization();
        verdict.notes.clone_from(&notes);
    }
    Ok(verdicts)
}

/// Tells what a person should know of how the network was run.
fn told(network: &Network, progress: &mut dyn Progress) -> Vec<String> {
    let omitted = network.omitted().iter();
    let mut notes: Vec<String> = omitted
        .map(|item| format!("{item} is not supported: the network is looked at up to there"))
        .collect();
    if let Some(why) = network.runs_in_parts() {
        let size = network.declared_batch().unwrap_or(1);
        notes.push(format!("run in batches of {size}: {why}"));
    }
    notes.iter().for_each(|note| progress.note(note));
    notes
}
