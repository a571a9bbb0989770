//! Why each dead unit of a network died, from its numbers and from what the samples made of them.

use std::collections::BTreeMap;

use leaky_onnx::unit_map::{Maker, Side, UnitMap};
use leaky_onnx::{Network, Rectifier, Shapes};
use leaky_relu::LeakyRelu;

use super::cause::{Cause, CauseOfDeath, Figures};
use super::error::DiagnoseError;
use super::evidence::Evidence;
use super::sentences::sentence;
use crate::revive::edits::Edits;
use crate::signal::Signal;

/// Inputs of a root mean square above this, or below its inverse, are not scaled.
const LARGE_INPUTS: f64 = 3.0;
const TINY_INPUTS: f64 = 1.0 / 30.0;

/// Inputs whose means are more than so many times their deviations are off centre.
const OFF_CENTRE: f64 = 3.0;

/// A network whose samples have run through.
pub(super) struct Autopsy<'a> {
    pub(super) network: &'a Network,
    pub(super) rectifiers: &'a [Rectifier],
    pub(super) shapes: &'a Shapes,
    pub(super) map: &'a UnitMap,
    pub(super) evidence: &'a Evidence,
}

/// A cause, and why it cannot be told where it cannot.
type Judgement = (Cause, Option<String>);

/// What makes the units of a layer.
struct Making<'a> {
    layer: usize,
    makers: Vec<(&'a Maker, Option<Signal>)>,
    /// Whether activations of other layers are added.
    has_flows: bool,
    /// What else makes them, and cannot be named.
    obstacle: Option<String>,
    edits: Edits,
}

impl Autopsy<'_> {
    /// Why these units of a layer are dead.
    ///
    /// # Errors
    ///
    /// If the device does not give the numbers of the network.
    pub(super) fn causes(
        &self,
        layer: usize,
        dead: &[usize],
    ) -> Result<Vec<CauseOfDeath>, DiagnoseError> {
        if dead.is_empty() {
            return Ok(Vec::new());
        }
        let making = self.making(layer)?;
        let mut found = BTreeMap::<Judgement, Vec<(usize, Figures)>>::new();
        for &unit in dead {
            let (cause, reason) = match self.cause(&making, unit) {
                Ok(cause) => (cause, None),
                Err(reason) => (Cause::CannotBeTold, Some(reason)),
            };
            let figures = self.figures(&making, unit);
            found
                .entry((cause, reason))
                .or_default()
                .push((unit, figures));
        }
        let inputs = making.makers.iter().find_map(|(_, signal)| *signal);
        let inputs = inputs.and_then(|signal| self.evidence.figures(self.network, signal));
        let normalized = making.is_normalized();
        let mut causes: Vec<CauseOfDeath> = found
            .into_iter()
            .map(|((cause, reason), units)| {
                let (units, figures): (Vec<usize>, Vec<Figures>) = units.into_iter().unzip();
                let figures = Figures {
                    inputs: inputs.clone(),
                    ..medians(&figures)
                };
                let sentence = sentence(cause, &figures, normalized, reason.as_deref());
                CauseOfDeath {
                    cause,
                    units,
                    figures,
                    sentence,
                }
            })
            .collect();
        causes.sort_by_key(|found| std::cmp::Reverse(found.units.len()));
        Ok(causes)
    }

    fn making(&self, layer: usize) -> Result<Making<'_>, DiagnoseError> {
        let group = self.map.group_of(layer);
        let makers: Vec<&Maker> = group
            .makers
            .iter()
            .filter(|maker| maker.feeds.contains(&layer))
            .collect();
        let shares = makers.iter().flat_map(|maker| {
            let shift = maker.shift.as_ref().map(|shift| &shift.share);
            maker.weights.iter().chain(shift)
        });
        let edits = Edits::of(self.network, shares)?;
        let mut obstacles = group.obstacles.iter();
        let obstacle = obstacles.find(|found| {
            found.side == Side::Making && (found.layers.contains(&layer) || makers.is_empty())
        });
        Ok(Making {
            layer,
            has_flows: group.flows.iter().any(|flow| flow.to == layer),
            obstacle: obstacle.map(|found| found.reason.clone()),
            makers: makers
                .into_iter()
                .map(|maker| {
                    let weights = maker.weights.as_ref();
                    let signal =
                        weights.and_then(|weights| Signal::of(self.network, self.shapes, weights));
                    (maker, signal)
                })
                .collect(),
            edits,
        })
    }

    /// The cause of a unit's death, or why it cannot be told.
    fn cause(&self, making: &Making, unit: usize) -> Result<Cause, String> {
        if let Some(obstacle) = &making.obstacle {
            return Err(obstacle.clone());
        }
        if making.makers.is_empty() {
            return Err("nothing that makes it is its own".into());
        }
        let seen = self.evidence.of(making.layer, unit);
        if !seen.is_finite() {
            return Err("its pre-activations are too large to be summed up".into());
        }
        let hears = |(maker, signal): &(&Maker, Option<Signal>)| {
            let units = maker
                .weights
                .as_ref()
                .map_or(1, |_| self.units(making.layer));
            let heard = self.evidence.heard((*signal)?, (unit, units))?;
            Some(heard.iter().any(|heard| heard.varies()))
        };
        let heard: Option<Vec<bool>> = making.makers.iter().map(hears).collect();
        let nothing_varies = heard.as_ref().is_some_and(|heard| !heard.contains(&true));
        if nothing_varies && (!making.has_flows || !seen.varies()) {
            return Ok(Cause::NothingArrives);
        }
        if !seen.varies() {
            return match heard {
                Some(_) => Ok(Cause::NoWeights),
                None => {
                    Err("its pre-activation does not vary, and what it hears is not known".into())
                }
            };
        }
        let (shift, from_inputs) = self.parts(making, unit);
        let unscaled = |is: &dyn Fn(&super::cause::InputFigures) -> bool| {
            let signals = making.makers.iter().filter_map(|(_, signal)| *signal);
            let mut figures =
                signals.filter_map(|signal| self.evidence.figures(self.network, signal));
            figures.any(|inputs| inputs.from_data && is(&inputs))
        };
        if shift <= from_inputs {
            let tiny = unscaled(&|inputs| inputs.size() < TINY_INPUTS);
            return Ok(if tiny {
                Cause::UnscaledInputs
            } else {
                Cause::ShiftBelowZero
            });
        }
        let makers = || making.makers.iter().map(|(maker, _)| maker);
        let has_statistics = |maker: &&Maker| {
            let normalization = maker.normalization.as_ref();
            normalization.is_some_and(|normalization| normalization.statistics.is_some())
        };
        if makers().all(has_statistics) {
            return Ok(Cause::StatisticsDoNotFit);
        }
        if makers().any(|maker| maker.normalization.is_some()) {
            return Err(
                "its mean lies below zero among the units that are normalised with it".into(),
            );
        }
        if makers().any(|maker| maker.weights.is_none()) {
            return Err("it has no weights of its own".into());
        }
        let large = unscaled(&|inputs| {
            inputs.size() > LARGE_INPUTS || inputs.offset > OFF_CENTRE * inputs.spread
        });
        Ok(if large {
            Cause::UnscaledInputs
        } else {
            Cause::WeightsAgainstInputs
        })
    }

    fn units(&self, layer: usize) -> usize {
        self.map.layers[layer].units
    }

    /// The shift of a unit, from its threshold on, and the mean of everything else.
    fn parts(&self, making: &Making, unit: usize) -> (f64, f64) {
        let shifts = making.makers.iter().filter_map(|(maker, _)| {
            let shift = maker.shift.as_ref()?;
            let numbers = making.edits.read(&shift.share, unit);
            Some(shift.factor * numbers.first()?)
        });
        let shift: f64 = shifts.sum();
        let mean = self.evidence.of(making.layer, unit).mean;
        (
            shift - self.rectifiers[making.layer].threshold,
            mean - shift,
        )
    }

    fn figures(&self, making: &Making, unit: usize) -> Figures {
        let rectifier = &self.rectifiers[making.layer];
        let seen = self.evidence.of(making.layer, unit);
        let (shift, from_inputs) = self.parts(making, unit);
        let weights: Vec<f64> = making
            .makers
            .iter()
            .filter_map(|(maker, _)| maker.weights.as_ref())
            .flat_map(|weights| making.edits.read(weights, unit))
            .collect();
        let fan_in = weights.len() as f64;
        let magnitude: f64 = weights.iter().map(|weight| weight.abs()).sum();
        let negative: f64 = weights.iter().filter(|weight| **weight < 0.0).sum();
        let squares: f64 = weights.iter().map(|weight| weight * weight).sum();
        let gain = LeakyRelu::new(rectifier.alpha.unwrap_or_default())
            .map_or(1.0, |rectifier| rectifier.gain());
        let named = making.obstacle.is_none() && !making.makers.is_empty();
        let known = |number: f64| Some(number).filter(|number| named && number.is_finite());
        Figures {
            deviations_below: Some((rectifier.threshold - seen.mean) / seen.variance.sqrt())
                .filter(|deviations| seen.varies() && deviations.is_finite()),
            from_inputs: known(from_inputs),
            shift: known(shift),
            // A normalisation's shift starts at zero and knows no fan-in.
            shift_size: known(shift.abs() * fan_in.sqrt())
                .filter(|_| fan_in > 0.0 && !making.is_normalized()),
            weight_size: known(squares.sqrt() / gain)
                .filter(|_| fan_in > 0.0 && !making.is_normalized()),
            negative_weights: known(-negative / magnitude),
            inputs: None,
        }
    }
}

impl Making<'_> {
    fn is_normalized(&self) -> bool {
        let mut makers = self.makers.iter();
        makers.any(|(maker, _)| maker.normalization.is_some())
    }
}

/// The median of each number over those units that have it.
fn medians(units: &[Figures]) -> Figures {
    let median = |of: fn(&Figures) -> Option<f64>| {
        let mut numbers: Vec<f64> = units.iter().filter_map(of).collect();
        numbers.sort_by(f64::total_cmp);
        let half = numbers.len() / 2;
        let upper = numbers.get(half)?;
        Some(f64::midpoint(
            numbers[half.saturating_sub(1 - numbers.len() % 2)],
            *upper,
        ))
    };
    Figures {
        deviations_below: median(|unit| unit.deviations_below),
        from_inputs: median(|unit| unit.from_inputs),
        shift: median(|unit| unit.shift),
        shift_size: median(|unit| unit.shift_size),
        weight_size: median(|unit| unit.weight_size),
        negative_weights: median(|unit| unit.negative_weights),
        inputs: None,
    }
}
