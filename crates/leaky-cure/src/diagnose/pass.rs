//! Samples run through a network once, for all that a verdict rests on.

use leaky_onnx::{Network, Rectifier, Shapes, Value, ValueId};

use super::autopsy::Autopsy;
use super::count::{Counter, wrong};
use super::error::{DiagnoseError, ExplainError};
use super::evidence::Evidence;
use super::moments::Moments;
use super::options::DiagnoseOptions;
use super::prescription::prescription;
use super::verdict::Diagnosis;
use crate::data::dataset::Dataset;
use crate::run::batch;
use crate::stop::Stop;

/// A batch holds at most about so many numbers at a time, 64 MiB of them in single precision.
const NUMBERS: usize = 1 << 24;

/// Runs the samples through the network batch by batch and counts for each unit of each rectifier
/// how often its pre-activation lies above and below zero. `step` is called after each batch. A batch
/// that would hold very much at a time is run in parts: counts do not depend on it.
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
    pass.gather_evidence(network)?;
    if options.tau.is_some() {
        pass.measure_activations(network);
    }
    pass.run(network, (data, samples), options.batch_size, stop, step)?;
    let evidence = pass.evidence.take();
    let (rectifiers, shapes) = (pass.rectifiers.clone(), pass.shapes.clone());
    let activations = std::mem::take(&mut pass.activations);
    let mut diagnosis = pass.verdict(model, samples.len())?;
    if let Some(tau) = options.tau {
        score(&mut diagnosis, tau, &rectifiers, &activations);
    }
    explained(diagnosis, network, (&rectifiers, &shapes), evidence)
}

/// Why the units are dead that a verdict found dead, which may rest on more samples than these, and on the
/// same network in another form: a verdict with causes and a prescription.
///
/// # Errors
///
/// As [`diagnose_samples`]; and if the network's rectifiers have not the units of the verdict's.
pub fn explain(
    verdict: Diagnosis,
    network: &Network,
    (data, samples): (&Dataset, &[usize]),
    batch_size: usize,
    stop: &Stop,
) -> Result<Diagnosis, ExplainError> {
    let mut pass = Pass::new(network, &verdict.model, (data, samples))?;
    let judged: Vec<usize> = verdict.layers.iter().map(|layer| layer.units).collect();
    let inputs = pass.rectifiers.iter().map(|rectifier| rectifier.input);
    let found: Vec<usize> = inputs
        .map(|input| network.units(input, &pass.shapes))
        .collect();
    if judged != found {
        return Err(ExplainError::OtherNetwork {
            model: verdict.model,
            judged,
            found,
        });
    }
    pass.gather_evidence(network)?;
    pass.run(network, (data, samples), batch_size, stop, || ())?;
    let evidence = pass.evidence.take();
    let parts = (&pass.rectifiers[..], &pass.shapes);
    Ok(explained(verdict, network, parts, evidence)?)
}

/// A verdict with why the dead units of each layer died, and what is to be done.
fn explained(
    mut diagnosis: Diagnosis,
    network: &Network,
    (rectifiers, shapes): (&[Rectifier], &Shapes),
    evidence: Option<Evidence>,
) -> Result<Diagnosis, DiagnoseError> {
    let Some(evidence) = &evidence else {
        return Ok(diagnosis);
    };
    let autopsy = Autopsy {
        network,
        rectifiers,
        shapes,
        evidence,
    };
    for (index, layer) in diagnosis.layers.iter_mut().enumerate() {
        layer.causes = autopsy.causes(index, &layer.dead)?;
    }
    diagnosis.prescription = prescription(&diagnosis.layers);
    Ok(diagnosis)
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
    /// How many samples are run at a time at most.
    at_once: usize,
    counters: Vec<Counter>,
    /// What tells why units are dead, where that is asked.
    evidence: Option<Evidence>,
    /// The activation of each rectifier, where its size counts.
    activations: Vec<Moments>,
}

impl Pass {
    fn gather_evidence(&mut self, network: &Network) -> Result<(), DiagnoseError> {
        let map = network.unit_map(&self.shapes)?;
        let evidence = Evidence::new(network, &self.rectifiers, &self.shapes, map);
        self.evidence = Some(evidence);
        Ok(())
    }

    fn measure_activations(&mut self, network: &Network) {
        let rectifiers = self.rectifiers.iter();
        let moments = rectifiers.map(|rectifier| {
            let axis = network.unit_axis(rectifier.output, &self.shapes);
            Moments::new(axis, network.units(rectifier.output, &self.shapes))
        });
        self.activations = moments.collect();
    }

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
        let counters = rectifiers
            .iter()
            .map(|rectifier| Counter::new(network, rectifier, &shapes))
            .collect();
        Ok(Self {
            rectifiers,
            shapes,
            at_once: (NUMBERS / held.max(1)).max(1),
            counters,
            evidence: None,
            activations: Vec::new(),
        })
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
        let watched = self.watched();
        for samples in samples.chunks(batch_size) {
            for samples in samples.chunks(self.at_once) {
                let mut failed = None;
                let inputs = batch(network, data, samples)?;
                network.watch(inputs, &wanted, &watched, |id, value| {
                    if let Err(error) = self.see(id, value) {
                        failed.get_or_insert(error);
                    }
                })?;
                if let Some(error) = failed {
                    return Err(error);
                }
            }
            step();
            stop.check()?;
        }
        Ok(())
    }

    /// The values that are looked at.
    fn watched(&self) -> Vec<ValueId> {
        let mut watched: Vec<ValueId> = Vec::new();
        watched.extend(self.rectifiers.iter().map(|rectifier| rectifier.input));
        if !self.activations.is_empty() {
            watched.extend(self.rectifiers.iter().map(|rectifier| rectifier.output));
        }
        watched.extend(self.evidence.iter().flat_map(Evidence::values));
        watched
    }

    fn see(&mut self, id: ValueId, value: &Value) -> Result<(), DiagnoseError> {
        let activations = self.activations.iter_mut().zip(&self.rectifiers);
        for (moments, rectifier) in activations.filter(|(_, rectifier)| rectifier.output == id) {
            let data = value.clone().into_data();
            let data = data.map_err(|reason| wrong(rectifier, reason))?;
            moments.add(&data, |_| true);
        }
        let counted = self
            .rectifiers
            .iter()
            .position(|rectifier| rectifier.input == id);
        let counters = &mut self.counters;
        let may_hold_dead = |layer: usize| counters[layer].may_hold_dead();
        let evidence = self.evidence.as_mut();
        let evidence = evidence.filter(|evidence| evidence.asks_for(id, may_hold_dead));
        if counted.is_none() && evidence.is_none() {
            return Ok(());
        }
        let wrong_here = |reason| wrong(&self.rectifiers[counted.unwrap_or_default()], reason);
        let data = value.clone().into_data().map_err(wrong_here)?;
        // A unit that fires is not dead: from then on nothing is to be learned of it.
        for (counter, rectifier) in counters.iter_mut().zip(&self.rectifiers) {
            if rectifier.input == id {
                counter
                    .count(&data)
                    .map_err(|reason| wrong(rectifier, reason))?;
            }
        }
        if let Some(evidence) = evidence {
            evidence.add(id, &data, |layer, unit| counters[layer].may_be_dead(unit));
        }
        Ok(())
    }

    fn verdict(self, model: &str, samples: usize) -> Result<Diagnosis, DiagnoseError> {
        let counts = self
            .counters
            .into_iter()
            .zip(&self.rectifiers)
            .map(|(counter, rectifier)| counter.finish(rectifier))
            .collect::<Result<_, _>>()?;
        Ok(Diagnosis::new(model, samples as u64, counts))
    }
}
