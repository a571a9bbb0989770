//! How likely a network is dead before training starts.
//!
//! Weights drawn around zero leave some units below zero on all data, now and then a whole layer, and
//! behind a layer of dead ReLUs nothing depends on the input any more: the network is born dead, and
//! training cannot wake it. Lu, Shin, Su and Karniadakis (2020), "Dying ReLU and Initialization:
//! Theory and Numerical Examples", show that this becomes certain as a network of bounded width grows
//! deeper.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use leaky_onnx::{Model, Network, Rectifier, RectifierKind, Role, ValueId};

use super::chances::{BornDead, Chances, Estimate, LayerChances};
use super::error::DiagnoseError;
use super::pass::diagnose_samples;
use super::verdict::Diagnosis;
use crate::candidate::{Candidate, CandidateError, with_rectifier};
use crate::data::split::spread;
use crate::progress::{Phase, Progress};
use crate::run::{RunError, device, runs_networks, uses_rooms};
use crate::stop::Stop;
use crate::task::Task;
use crate::threads::{ThreadsError, cores, side_by_side};
use crate::train::calibrate::{self, calibrate};
use crate::train::error::InitializeError;
use crate::train::initialize::initialize;

/// How many samples at most each draw is run on.
const SAMPLES: usize = 1024;

/// How to draw.
#[derive(Debug, Clone)]
pub struct BornDeadOptions {
    /// How many samples to run at a time.
    pub batch_size: usize,
    /// The slope of the Leaky ReLU that is looked at beside the network's own rectifiers.
    pub alpha: f32,
    /// How many times to draw the weights.
    pub draws: usize,
    /// How many draws are looked at side by side, each on one thread.
    pub jobs: usize,
}

impl Default for BornDeadOptions {
    /// 200 draws, alpha 0.01, batches of 64, and a job for each core.
    fn default() -> Self {
        Self {
            batch_size: 64,
            alpha: 0.01,
            draws: 200,
            jobs: cores(),
        }
    }
}

/// Why it cannot be told how likely a network is born dead.
#[derive(Debug, thiserror::Error)]
pub enum BornDeadError {
    /// No other rectifier can take the place of those in the network.
    #[error(transparent)]
    Candidate(CandidateError),
    /// Fresh weights cannot be drawn.
    #[error(transparent)]
    Initialize(InitializeError),
    /// The network cannot be diagnosed.
    #[error(transparent)]
    Diagnose(DiagnoseError),
    /// The machine does not grant the threads.
    #[error(transparent)]
    Threads(#[from] ThreadsError),
    /// The network cannot be run.
    #[error(transparent)]
    Run(#[from] RunError),
}

runs_networks!(BornDeadError);
uses_rooms!(
    BornDeadError: Candidate(CandidateError),
    Initialize(InitializeError),
    Diagnose(DiagnoseError)
);

/// Draws the weights many times and counts.
///
/// # Errors
///
/// If the network cannot run on the data, or the work is asked to stop.
pub fn born_dead(
    task: &Task,
    options: &BornDeadOptions,
    stop: &Stop,
    progress: &mut dyn Progress,
) -> Result<BornDead, BornDeadError> {
    let everything: Vec<usize> = (0..task.data.samples()).collect();
    let samples = spread(&everything, SAMPLES);
    let leaky = Candidate::LeakyRelu(options.alpha);
    let leaky_model = match with_rectifier((&task.model, &task.name), &task.data, leaky) {
        Ok(model) => Some(model),
        Err(CandidateError::NoHiddenRectifier { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    let kinds = 1 + usize::from(leaky_model.is_some());
    progress.phase(Phase::DrawWeights, kinds * options.draws);
    let progress = Mutex::new(progress);
    let chances = |model| chances(task, model, options, &samples, stop, &progress);
    Ok(BornDead {
        model: task.name.clone(),
        samples: samples.len(),
        draws: options.draws,
        own: chances(&task.model)?,
        leaky_relu: leaky_model.as_ref().map(chances).transpose()?,
        alpha: options.alpha,
    })
}

/// The gain that suits a rectifier as it stands in a file.
fn gain(rectifier: &Rectifier) -> f64 {
    let like = match (rectifier.kind, rectifier.alpha) {
        (_, Some(alpha)) => Candidate::LeakyRelu(alpha as f32),
        (RectifierKind::PRelu, None) => Candidate::PRelu(0.25),
        (RectifierKind::Elu | RectifierKind::Celu, None) => Candidate::Elu(1.0),
        // Made so that a signal keeps its variance without a gain.
        (RectifierKind::Selu, None) => return 1.0,
        _ => Candidate::Relu,
    };
    like.gain()
}

/// What was counted over the draws.
#[derive(Default)]
struct Counts {
    network: usize,
    layer: usize,
    /// For each layer, the dead units, and how often all were dead.
    layers: Vec<(usize, usize)>,
}

fn chances(
    task: &Task,
    model: &Model,
    options: &BornDeadOptions,
    samples: &[usize],
    stop: &Stop,
    progress: &Mutex<&mut dyn Progress>,
) -> Result<Chances, BornDeadError> {
    let draws: Vec<u64> = (0..options.draws as u64).collect();
    let mut counts = Counts::default();
    let mut last: Option<Diagnosis> = None;
    side_by_side(
        options.jobs,
        &draws,
        |&seed| {
            let mut network = Network::new(model, &device())?;
            initialize(&mut network, gain, seed)?;
            let few = spread(samples, calibrate::SAMPLES);
            calibrate(&mut network, &task.data, &few)?;
            let verdict = diagnose_samples(
                &network,
                &task.name,
                &task.data,
                samples,
                options.batch_size,
                stop,
                || (),
            )?;
            let dead = is_dead(&network, &verdict)?;
            let mut progress = progress.lock().unwrap_or_else(PoisonError::into_inner);
            progress.step();
            Ok((verdict, dead))
        },
        |_, (verdict, dead)| {
            counts.network += usize::from(dead);
            counts.layers.resize(verdict.layers.len(), (0, 0));
            let mut some_layer = false;
            for (count, layer) in counts.layers.iter_mut().zip(&verdict.layers) {
                let whole = layer.dead.len() == layer.units;
                some_layer |= whole;
                count.0 += layer.dead.len();
                count.1 += usize::from(whole);
            }
            counts.layer += usize::from(some_layer);
            last = Some(verdict);
            Ok::<_, BornDeadError>(())
        },
    )?;
    let n = options.draws as f64;
    let (units, layers) = last.map_or((0, Vec::new()), |verdict| (verdict.units, verdict.layers));
    let dead: usize = counts.layers.iter().map(|(dead, _)| dead).sum();
    Ok(Chances {
        unit: dead as f64 / (units.max(1) as f64 * n),
        layer: counts.layer as f64 / n,
        network: Estimate::of(counts.network, options.draws),
        layers: layers
            .into_iter()
            .zip(counts.layers)
            .map(|(layer, (dead, whole))| LayerChances {
                unit: dead as f64 / (layer.units as f64 * n),
                layer: whole as f64 / n,
                name: layer.name,
                op: layer.op,
                units: layer.units,
            })
            .collect(),
    })
}

/// Whether nothing that a network gives depends on its input, because every way there leads through
/// a layer of dead units that give zero.
fn is_dead(network: &Network, verdict: &Diagnosis) -> Result<bool, leaky_onnx::Error> {
    let rectifiers = network.rectifiers()?;
    let blocked: Vec<usize> = rectifiers
        .iter()
        .zip(&verdict.layers)
        .filter(|(rectifier, layer)| rectifier.is_silent() && layer.dead.len() == layer.units)
        .map(|(rectifier, _)| rectifier.node)
        .collect();
    let mut depends: HashMap<ValueId, bool> = network
        .inputs()
        .iter()
        .map(|input| (input.value, true))
        .collect();
    for (index, node) in network.nodes().iter().enumerate() {
        // A shape tells nothing of the numbers.
        let passes = !blocked.contains(&index) && node.role != Role::AsksForShape;
        let reached = passes
            && node
                .inputs
                .iter()
                .flatten()
                .any(|value| depends.get(value).copied().unwrap_or(false));
        depends.extend(node.outputs.iter().map(|&output| (output, reached)));
    }
    let mut outputs = network.outputs().iter();
    Ok(!outputs.any(|output| depends.get(&output.value).copied().unwrap_or(false)))
}
