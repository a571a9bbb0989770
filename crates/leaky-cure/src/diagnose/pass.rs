//! Samples run through a network once, for all that a verdict rests on.

use leaky_onnx::{Network, Rectifier, Shapes, UnitMap};

use super::autopsy::Autopsy;
use super::error::{DiagnoseError, ExplainError};
use super::evidence::Evidence;
use super::moments::Moments;
use super::options::DiagnoseOptions;
use super::prescription::prescription;
use super::seen::Seen;
use super::verdict::Diagnosis;
use crate::batches::Batches;
use crate::data::dataset::Dataset;
use crate::run::batch;
use crate::stop::Stop;

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
    let mut look = Look::new(network, (data, samples), options, model)?;
    look.run((data, samples), stop, step)?;
    look.verdict(model, samples.len())
}

/// The same on some samples, and on these and others together. All are run once.
///
/// # Errors
///
/// As [`diagnose_samples`].
pub(crate) fn diagnose_some_and_all(
    network: &Network,
    model: &str,
    (data, [some, others]): (&Dataset, [&[usize]; 2]),
    options: DiagnoseOptions,
    stop: &Stop,
    mut step: impl FnMut(),
) -> Result<[Diagnosis; 2], DiagnoseError> {
    let mut look = Look::new(network, (data, some), options, model)?;
    look.run((data, some), stop, &mut step)?;
    let first = look.verdict(model, some.len())?;
    look.run((data, others), stop, step)?;
    let all = look.verdict(model, some.len() + others.len())?;
    Ok([first, all])
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
    samples: (&Dataset, &[usize]),
    batch_size: usize,
    stop: &Stop,
) -> Result<Diagnosis, ExplainError> {
    let mut look = Look::new(network, samples, batch_size.into(), &verdict.model)?;
    let judged: Vec<usize> = verdict.layers.iter().map(|layer| layer.units).collect();
    let found = look.units();
    if judged != found {
        return Err(ExplainError::OtherNetwork {
            model: verdict.model,
            judged,
            found,
        });
    }
    look.run(samples, stop, || ())?;
    Ok(look.explained(verdict)?)
}

/// A look at a network that tells why units are dead.
struct Look<'a> {
    network: &'a Network,
    map: UnitMap,
    options: DiagnoseOptions,
    pass: Pass,
}

impl<'a> Look<'a> {
    fn new(
        network: &'a Network,
        samples: (&Dataset, &[usize]),
        options: DiagnoseOptions,
        model: &str,
    ) -> Result<Self, DiagnoseError> {
        let mut pass = Pass::new(network, model, samples)?;
        let map = network.unit_map(&pass.shapes)?;
        let evidence = Evidence::new(network, &pass.rectifiers, &pass.shapes, &map);
        pass.seen.evidence = Some(evidence);
        if options.tau.is_some() {
            pass.seen.activations = pass.activations(network);
        }
        Ok(Self {
            network,
            map,
            options,
            pass,
        })
    }

    fn run(
        &mut self,
        samples: (&Dataset, &[usize]),
        stop: &Stop,
        step: impl FnMut(),
    ) -> Result<(), DiagnoseError> {
        let batch_size = self.options.batch_size;
        self.pass.run(self.network, samples, batch_size, stop, step)
    }

    fn verdict(&self, model: &str, samples: usize) -> Result<Diagnosis, DiagnoseError> {
        let mut diagnosis = self.pass.verdict(model, samples)?;
        let (rectifiers, seen) = (&self.pass.rectifiers, &self.pass.seen);
        if let Some(tau) = self.options.tau {
            score(&mut diagnosis, tau, rectifiers, &seen.activations);
        }
        self.explained(diagnosis)
    }

    /// How many units each rectifier has.
    fn units(&self) -> Vec<usize> {
        let inputs = self.pass.rectifiers.iter().map(|rectifier| rectifier.input);
        inputs
            .map(|input| self.network.units(input, &self.pass.shapes))
            .collect()
    }

    /// A verdict with why the dead units of each layer died, and what is to be done.
    fn explained(&self, mut diagnosis: Diagnosis) -> Result<Diagnosis, DiagnoseError> {
        let Some(evidence) = &self.pass.seen.evidence else {
            return Ok(diagnosis);
        };
        let autopsy = Autopsy {
            network: self.network,
            rectifiers: &self.pass.rectifiers,
            shapes: &self.pass.shapes,
            map: &self.map,
            evidence,
        };
        for (index, layer) in diagnosis.layers.iter_mut().enumerate() {
            layer.causes = autopsy.causes(index, &layer.dead)?;
        }
        diagnosis.prescription = prescription(&diagnosis.layers);
        Ok(diagnosis)
    }
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
        let (mut done, mut steps) = (0, 0);
        let rectifiers = &self.rectifiers;
        Batches::new(samples, batch_size, self.held)?.run(
            &mut self.seen,
            |before, samples| {
                let mut seen = before.anew();
                let mut outcome = Ok(());
                let inputs = batch(network, data, samples)?;
                network.watch(inputs, &wanted, &watched, |id, value| {
                    if outcome.is_ok() {
                        outcome = seen.see(rectifiers, before, (id, value));
                    }
                })?;
                outcome.map(|()| seen)
            },
            |all, samples, seen| {
                all.merge(&seen);
                done += samples.len();
                for _ in steps..done.div_ceil(batch_size) {
                    step();
                }
                steps = done.div_ceil(batch_size);
                Ok(stop.check()?)
            },
        )
    }

    fn verdict(&self, model: &str, samples: usize) -> Result<Diagnosis, DiagnoseError> {
        let counts = self.seen.counts(&self.rectifiers)?;
        Ok(Diagnosis::new(model, samples as u64, counts))
    }
}
