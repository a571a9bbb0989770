//! What the page draws.

use serde::Serialize;
#[cfg(target_family = "wasm")]
use wasm_bindgen::prelude::*;

use super::answer::{Answer, named};
use super::digits::SIZE;
use super::layer::{Activity, Layer, Parameters};
use super::points::Points;
use super::rectifier::Kind;
use super::session::{Quality, Session};

/// Into how many squares the plane is divided along each side, for maps.
const GRID: usize = 64;
/// How far the maps reach from the middle.
const REACH: f32 = 1.1;
/// How many bars a histogram of pre-activations has, from [`LOWEST`] to its opposite; what lies outside
/// counts to the outermost.
const BARS: usize = 48;
const LOWEST: f32 = -4.0;
/// How many digits are drawn with what they are taken for.
const DIGITS_SHOWN: usize = 36;

/// The network at one moment.
#[cfg_attr(target_family = "wasm", wasm_bindgen(getter_with_clone))]
pub struct Snapshot {
    /// All figures, as JSON: see `Figures`.
    pub figures: String,
    /// The network's output over the plane, row by row from the top left: 0 is surely the class 0 (for
    /// values -1 or less), 255 surely the class 1 (1 or more). Of digits there is none.
    pub surface: Vec<u8>,
    /// The activation of each hidden unit over the plane, as `surface`, one unit after the other: 0
    /// where the pre-activation is not above zero, else 1 to 255, its part of the unit's largest. Of
    /// digits the picture that the unit likes: the mean of those to train on, each weighted by the
    /// unit's activation, less the mean of all; 128 is no difference.
    pub maps: Vec<u8>,
    /// For each hidden layer the histogram of its pre-activations on the points to train on.
    pub histograms: Vec<u32>,
}

#[derive(Serialize)]
struct Figures {
    steps: usize,
    training: Scored,
    testing: Option<Scored>,
    units: usize,
    dead: usize,
    layers: Vec<LayerFigures>,
    /// Where digits are read.
    digits: Option<DigitFigures>,
    grid: usize,
    reach: f32,
    bars: usize,
    lowest: f32,
}

#[derive(Serialize)]
struct DigitFigures {
    /// How often each digit of the test, by row, was taken for each, by column.
    confusion: Vec<u32>,
    /// What each of the digits to draw is taken for.
    named: Vec<usize>,
}

#[derive(Serialize)]
struct Scored {
    loss: f64,
    score: f64,
}

#[derive(Serialize)]
struct LayerFigures {
    rectifier: Option<Kind>,
    /// The slope below zero (of a PReLU the mean of its slopes); how far an ELU falls.
    alpha: Option<f32>,
    units: usize,
    /// The units whose pre-activation is above zero on no point to train on.
    dead: Vec<usize>,
    /// For each unit, the fraction of these points on which it is.
    active: Vec<f64>,
    /// The length of the last step's gradient of the weights; none before the first step.
    gradient_norm: Option<f64>,
}

impl Snapshot {
    /// # Errors
    ///
    /// None that can happen: figures are JSON.
    pub(crate) fn of(session: &Session) -> Result<Self, serde_json::Error> {
        let activities = session.network.forward(&session.training.x);
        let hidden = session.network.hidden();
        let (surface, maps) = match session.answer() {
            Answer::Value => over_plane(session, |output| byte(0.5 + 0.5 * output)),
            Answer::Class => over_plane(session, |output| byte(1.0 / (1.0 + (-output).exp()))),
            Answer::Digit => {
                let liked = |pair| liked(&session.training, pair);
                let maps = hidden.iter().zip(&activities).flat_map(liked);
                (Vec::new(), maps.collect())
            }
        };
        Ok(Self {
            figures: serde_json::to_string(&figures(session, &activities))?,
            surface,
            maps,
            histograms: hidden
                .iter()
                .zip(&activities)
                .flat_map(|(_, activity)| histogram(&activity.before))
                .collect(),
        })
    }
}

fn figures(session: &Session, activities: &[Activity]) -> Figures {
    let layers: Vec<LayerFigures> = session
        .network
        .layers
        .iter()
        .zip(activities)
        .enumerate()
        .map(|(place, (layer, activity))| {
            let active = match layer.rectifier {
                None => Vec::new(),
                Some(_) => active(layer, activity),
            };
            let fires = active.iter().enumerate();
            LayerFigures {
                rectifier: layer.rectifier.as_ref().map(|rectifier| rectifier.kind()),
                alpha: alpha(layer),
                units: layer.outputs,
                dead: fires
                    .filter(|&(_, &part)| part == 0.0)
                    .map(|(unit, _)| unit)
                    .collect(),
                active,
                gradient_norm: session.gradients.get(place).map(norm),
            }
        })
        .collect();
    let hidden = &layers[..layers.len() - 1];
    let scored = |points: &Points| {
        let Quality { loss, score } = session.quality(points);
        Scored { loss, score }
    };
    let testing = &session.testing;
    let digits = session.answer() == Answer::Digit;
    Figures {
        steps: session.steps,
        training: scored(&session.training),
        testing: (testing.len() > 0).then(|| scored(testing)),
        units: hidden.iter().map(|layer| layer.units).sum(),
        dead: hidden.iter().map(|layer| layer.dead.len()).sum(),
        layers,
        digits: digits.then(|| digit_figures(session)),
        grid: if digits { SIZE } else { GRID },
        reach: REACH,
        bars: BARS,
        lowest: LOWEST,
    }
}

/// The samples to draw: the points to train on, or some digits of the test.
pub(crate) fn shown(session: &Session) -> Points {
    match session.answer() {
        Answer::Value | Answer::Class => session.training.clone(),
        Answer::Digit => {
            let count = session.testing.len().min(DIGITS_SHOWN);
            session.testing.chosen(&(0..count).collect::<Vec<_>>())
        }
    }
}

fn digit_figures(session: &Session) -> DigitFigures {
    let classes = session.answer().outputs();
    let outputs = session.network.output(&session.testing.x);
    let all_named: Vec<usize> = outputs.chunks_exact(classes).map(named).collect();
    let mut confusion = vec![0; classes * classes];
    for (&named, &digit) in all_named.iter().zip(&session.testing.y) {
        confusion[digit as usize * classes + named] += 1;
    }
    DigitFigures {
        confusion,
        named: all_named.into_iter().take(DIGITS_SHOWN).collect(),
    }
}

/// For each unit, the fraction of samples on which its pre-activation is above zero.
fn active(layer: &Layer, activity: &Activity) -> Vec<f64> {
    let mut above = vec![0_usize; layer.outputs];
    for sample in activity.before.chunks_exact(layer.outputs) {
        for (above, &before) in above.iter_mut().zip(sample) {
            *above += usize::from(before > 0.0);
        }
    }
    let samples = activity.before.len() / layer.outputs;
    let above = above.into_iter();
    above.map(|above| above as f64 / samples as f64).collect()
}

fn alpha(layer: &Layer) -> Option<f32> {
    let slopes = &layer.parameters.slopes;
    match slopes.is_empty() {
        true => layer.rectifier.as_ref()?.alpha(),
        false => Some(slopes.iter().sum::<f32>() / slopes.len() as f32),
    }
}

fn norm(gradient: &Parameters) -> f64 {
    let squares = gradient
        .weight
        .iter()
        .map(|&number| f64::from(number).powi(2));
    squares.sum::<f64>().sqrt()
}

/// The surface, whose outputs `shade` makes bytes, and the maps.
fn over_plane(session: &Session, shade: impl Fn(f32) -> u8) -> (Vec<u8>, Vec<u8>) {
    let activities = session.network.forward(&plane());
    let outputs = activities.last().map_or(&[][..], |last| &last.after);
    let hidden = session.network.hidden().iter();
    (
        outputs.iter().map(|&output| shade(output)).collect(),
        hidden.zip(&activities).flat_map(maps).collect(),
    )
}

/// The middles of the squares, row by row from the top left.
fn plane() -> Vec<f32> {
    let place = |index: usize| REACH * (2.0 * (index as f32 + 0.5) / GRID as f32 - 1.0);
    let rows = (0..GRID).map(|row| -place(row));
    rows.flat_map(|y| (0..GRID).flat_map(move |column| [place(column), y]))
        .collect()
}

fn maps((layer, activity): (&Layer, &Activity)) -> Vec<u8> {
    let mut maps = Vec::with_capacity(activity.before.len());
    for unit in 0..layer.outputs {
        let values = activity.before.iter().skip(unit).step_by(layer.outputs);
        let largest = values.clone().copied().fold(0.0, f32::max);
        maps.extend(values.map(|&value| match value > 0.0 {
            true => byte(value / largest).max(1),
            false => 0,
        }));
    }
    maps
}

/// For each unit the picture that it likes.
fn liked(digits: &Points, (layer, activity): (&Layer, &Activity)) -> Vec<u8> {
    let features = digits.features;
    let mean = weighted_mean(digits, std::iter::repeat(1.0));
    let mut maps = Vec::with_capacity(layer.outputs * features);
    for unit in 0..layer.outputs {
        let before = activity.before.iter().skip(unit).step_by(layer.outputs);
        let own = weighted_mean(digits, before.map(|&value| value.max(0.0)));
        let differences = own.iter().zip(&mean).map(|(own, mean)| own - mean);
        let largest = differences.clone().map(f32::abs).fold(0.0, f32::max);
        match largest > 0.0 && largest.is_finite() {
            true => maps.extend(differences.map(|value| byte(0.5 + 0.5 * value / largest))),
            false => maps.extend(std::iter::repeat_n(byte(0.5), features)),
        }
    }
    maps
}

/// The mean of samples with these weights; of no weight at all, what is no number.
fn weighted_mean(points: &Points, weights: impl Iterator<Item = f32>) -> Vec<f32> {
    let mut mean = vec![0.0; points.features];
    let mut all = 0.0;
    for (sample, weight) in points.x.chunks_exact(points.features).zip(weights) {
        all += weight;
        for (mean, &number) in mean.iter_mut().zip(sample) {
            *mean += weight * number;
        }
    }
    mean.iter_mut().for_each(|mean| *mean /= all);
    mean
}

fn histogram(values: &[f32]) -> Vec<u32> {
    let mut bars = vec![0; BARS];
    for value in values {
        let part = (value - LOWEST) / (-2.0 * LOWEST) * BARS as f32;
        // What is no number falls to the first.
        bars[(part.max(0.0) as usize).min(BARS - 1)] += 1;
    }
    bars
}

/// A part from 0 to 1 as a byte.
fn byte(part: f32) -> u8 {
    (255.0 * part.clamp(0.0, 1.0)).round() as u8
}
