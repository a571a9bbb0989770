//! Samples run through a network once, for all that a verdict rests on.

use leaky_onnx::{Network, Rectifier, Shapes, ValueId};

use super::autopsy::Autopsy;
use super::cause::CauseOfDeath;
use super::error::DiagnoseError;
use super::evidence::Evidence;
use super::moments::Moments;
use super::options::DiagnoseOptions;
use super::prescription::prescription;
use super::seen::Seen;
use super::verdict::Diagnosis;
use crate::data::dataset::Dataset;
use crate::run::{RunError, batch};
use crate::stop::Stop;
use crate::threads::Crews;

/// The samples that run at once hold at most about so many numbers at a time, 32 MiB of them in single
/// precision.
const NUMBERS: usize = 1 << 23;

/// So many numbers are held at a time by all that run side by side.
const ALL_NUMBERS: usize = 1 << 25;

/// Runs the samples through the network batch by batch and counts for each unit of each rectifier
/// how often its pre-activation lies above and below zero. `step` is called after each batch. A batch
/// that would hold very much at a time is run in parts, and parts run side by side: what is counted
/// does not depend on it.
///
/// # Errors
///
/// If the network has no rectifier, or cannot run on the data; if the units of a layer are not the
/// same in each batch, or one of its pre-activations is not a number; if the work is asked to stop.
pub fn diagnose_samples(
    network: &Network,
    model: &str,
    data: &Dataset,
    samples: &[usize],
    batch_size: usize,
    stop: &Stop,
    step: impl FnMut(),
) -> Result<Diagnosis, DiagnoseError> {
    let mut pass = Pass::new(network, model, (data, samples))?;
    pass.run(network, (data, samples), batch_size, stop, step)?;
    pass.verdict(model, samples.len())
}

/// The same, and in the same pass why units are dead.
///
/// # Errors
///
/// As [`diagnose_samples`].
pub fn diagnose_with_causes(
    network: &Network,
    model: &str,
    data: &Dataset,
    samples: &[usize],
    options: DiagnoseOptions,
    stop: &Stop,
    step: impl FnMut(),
) -> Result<Diagnosis, DiagnoseError> {
    let mut pass = Pass::new(network, model, (data, samples))?;
    let map = network.unit_map(&pass.shapes)?;
    let evidence = Evidence::new(network, &pass.rectifiers, &pass.shapes, &map);
    pass.seen.evidence = Some(evidence);
    if options.tau.is_some() {
        pass.seen.activations = pass.activations(network);
    }
    pass.run(network, (data, samples), options.batch_size, stop, step)?;
    let (evidence, activations) = (
        pass.seen.evidence.take(),
        std::mem::take(&mut pass.seen.activations),
    );
    let (rectifiers, shapes) = (pass.rectifiers.clone(), pass.shapes.clone());
    let mut diagnosis = pass.verdict(model, samples.len())?;
    if let Some(tau) = options.tau {
        score(&mut diagnosis, tau, &rectifiers, &activations);
    }
    let Some(evidence) = evidence else {
        return Ok(diagnosis);
    };
    let autopsy = Autopsy {
        network,
        rectifiers: &rectifiers,
        shapes: &shapes,
        map: &map,
        evidence: &evidence,
    };
    let layers = diagnosis.layers.iter().enumerate();
    let causes = layers.map(|(index, layer)| autopsy.causes(index, &layer.dead));
    let causes = causes.collect::<Result<Vec<_>, _>>()?;
    Ok(explained(diagnosis, causes))
}

/// A verdict with why the dead units of each layer died, and what is to be done.
fn explained(mut diagnosis: Diagnosis, causes: Vec<Vec<CauseOfDeath>>) -> Diagnosis {
    for (layer, causes) in diagnosis.layers.iter_mut().zip(causes) {
        layer.causes = causes;
    }
    diagnosis.prescription = prescription(&diagnosis.layers);
    diagnosis
}

/// Takes for dormant what says little beside the other units of its layer.
fn score(diagnosis: &mut Diagnosis, tau: f64, rectifiers: &[Rectifier], activations: &[Moments]) {
    let layers = diagnosis.layers.iter_mut().zip(rectifiers).zip(activations);
    for ((layer, _), moments) in layers.filter(|((_, rectifier), _)| rectifier.is_silent()) {
        // What is silent below zero gives nothing negative: its mean is that of its magnitude.
        let means: Vec<f64> = (0..layer.units).map(|unit| moments.of(unit).mean).collect();
        let limit = tau * means.iter().sum::<f64>() / means.len() as f64;
        let small = means.iter().enumerate().filter(|(_, mean)| **mean <= limit);
        let small = small.map(|(unit, _)| unit);
        layer.dormant = small.filter(|unit| !layer.dead.contains(unit)).collect();
    }
    diagnosis.dormant = diagnosis
        .layers
        .iter()
        .map(|layer| layer.dormant.len())
        .sum();
    diagnosis.tau = Some(tau);
}

/// Samples on their way through a network.
struct Pass {
    rectifiers: Vec<Rectifier>,
    shapes: Shapes,
    /// How many numbers a sample holds at a time.
    held: usize,
    seen: Seen,
}

impl Pass {
    fn new(
        network: &Network,
        model: &str,
        (data, samples): (&Dataset, &[usize]),
    ) -> Result<Self, DiagnoseError> {
        let rectifiers = network.rectifiers()?;
        if rectifiers.is_empty() {
            return Err(DiagnoseError::NoRectifier {
                model: model.to_owned(),
            });
        }
        let few = &samples[..samples.len().min(2)];
        let shapes = network.shapes(batch(network, data, few)?)?;
        let held = network.most_numbers(&shapes).div_ceil(few.len().max(1));
        let seen = Seen::new(network, &rectifiers, &shapes);
        Ok(Self {
            rectifiers,
            shapes,
            held: held.max(1),
            seen,
        })
    }

    fn activations(&self, network: &Network) -> Vec<Moments> {
        let rectifiers = self.rectifiers.iter();
        let moments = rectifiers.map(|rectifier| {
            let axis = network.unit_axis(rectifier.output, &self.shapes);
            Moments::new(axis, network.units(rectifier.output, &self.shapes))
        });
        moments.collect()
    }

    fn run(
        &mut self,
        network: &Network,
        (data, samples): (&Dataset, &[usize]),
        batch_size: usize,
        stop: &Stop,
        mut step: impl FnMut(),
    ) -> Result<(), DiagnoseError> {
        let outputs = network.outputs().iter();
        let wanted: Vec<_> = outputs.map(|output| output.value).collect();
        let watched = self.seen.values(&self.rectifiers);
        // The parts are the same for any number of threads, and so are the sums over them.
        let at_once = (NUMBERS / self.held).clamp(1, batch_size);
        let batches = samples.chunks(batch_size);
        let parts: Vec<&[usize]> = batches.flat_map(|batch| batch.chunks(at_once)).collect();
        let side_by_side = ALL_NUMBERS / (at_once * self.held);
        let crews = Crews::new(side_by_side.clamp(1, parts.len().max(1)));
        let crews = crews.map_err(|error| RunError::Device(error.to_string()))?;
        let (mut done, mut batches) = (0, 0);
        for parts in parts.chunks(crews.len()) {
            let seen = crews.each(parts, |samples| {
                self.look(network, (data, samples), &wanted, &watched)
            });
            for (samples, seen) in parts.iter().zip(seen) {
                self.seen.merge(&seen?);
                done += samples.len();
            }
            for _ in batches..done.div_ceil(batch_size) {
                step();
            }
            batches = done.div_ceil(batch_size);
            stop.check()?;
        }
        Ok(())
    }

    /// What samples that run together show.
    fn look(
        &self,
        network: &Network,
        (data, samples): (&Dataset, &[usize]),
        wanted: &[ValueId],
        watched: &[ValueId],
    ) -> Result<Seen, DiagnoseError> {
        let mut seen = self.seen.anew();
        let mut outcome = Ok(());
        let inputs = batch(network, data, samples)?;
        network.watch(inputs, wanted, watched, |id, value| {
            if outcome.is_ok() {
                outcome = seen.see(&self.rectifiers, &self.seen, (id, value));
            }
        })?;
        outcome.map(|()| seen)
    }

    fn verdict(self, model: &str, samples: usize) -> Result<Diagnosis, DiagnoseError> {
        let counts = self.seen.counts(&self.rectifiers)?;
        Ok(Diagnosis::new(model, samples as u64, counts))
    }
}
