//! Units that die in training, revived while it goes on.
//!
//! What is revived once can die again where the rate stays what killed it. So the units are looked at
//! every so many steps, and those that are dead get fresh weights as in a [revival](crate::revive); the
//! optimiser forgets what it knew of these (Sokar et al. 2023, "The Dormant Neuron Phenomenon in Deep
//! Reinforcement Learning"; Dohare et al. 2024, "Loss of plasticity in deep continual learning").

use leaky_onnx::Network;

use super::options::{Recycle, TrainOptions};
use super::snapshot::Snapshot;
use super::step::Steps;
use crate::data::samples::Samples;
use crate::data::split::spread;
use crate::diagnose::count::diagnose_samples;
use crate::diagnose::error::DiagnoseError;
use crate::revive::{self, revive_leaking};
use crate::run::RunError;
use crate::stop::Stop;

/// How many of the training samples at most the units are looked at with.
const LOOKED_AT: usize = 1024;

/// Revives the units that are dead on training samples, spread evenly, if it is time to; gives how many
/// live again. A unit behind a leak is dead as well where it is never above zero.
///
/// # Errors
///
/// If the network cannot run on the samples.
pub(super) fn recycle(
    network: &mut Network,
    training: Samples,
    options: &TrainOptions,
    steps: &mut Steps,
) -> Result<usize, RunError> {
    let Some(Recycle { every, bound }) = options.recycle else {
        return Ok(0);
    };
    if !steps.taken().is_multiple_of(every as u64) {
        return Ok(0);
    }
    let (data, batch_size) = (training.data, options.batch_size);
    let samples = spread(training.chosen, LOOKED_AT);
    let looked = diagnose_samples(network, "", data, &samples, batch_size, &Stop::new(), || ());
    let verdict = match looked {
        Ok(verdict) => verdict,
        // Without a rectifier nothing dies; and where numbers have left their range, the loss of the
        // next step says so.
        Err(DiagnoseError::NoRectifier { .. } | DiagnoseError::Run(RunError::Network(_))) => {
            return Ok(0);
        }
        Err(DiagnoseError::Run(error)) => return Err(error),
    };
    if verdict.dead == 0 {
        return Ok(0);
    }
    let slopes = network.rectifiers()?;
    let mut slopes = slopes.iter().filter(|rectifier| rectifier.hidden);
    let before = Snapshot::of(network)?;
    let revival = revive_leaking(
        network,
        &verdict,
        &revive::Request {
            data,
            samples: &samples,
            batch_size,
            bound,
            alpha: slopes.find_map(|rectifier| rectifier.alpha).unwrap_or(0.0),
            seed: options.seed.wrapping_add(steps.taken()),
        },
    )?;
    for (parameter, places) in before.changed(network)? {
        steps.forget(parameter, &places);
    }
    Ok(revival.revived)
}
