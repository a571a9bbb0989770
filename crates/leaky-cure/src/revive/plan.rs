//! What reviving one unit takes, step by step.

use leaky_onnx::Network;
use rand::rngs::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use super::edits::Edits;
use super::incoming::UnitNumbers;
use super::observed::Observed;
use super::outgoing::Mute;
use super::part::Part;

/// A unit to be revived.
pub(super) struct Plan {
    pub(super) unit: usize,
    pub(super) numbers: UnitNumbers,
    pub(super) mutes: Vec<Mute>,
}

impl Plan {
    /// Every part of a parameter that this plan changes.
    fn parts(&self) -> Vec<Part> {
        let UnitNumbers {
            weights,
            shift,
            scale,
            statistics,
        } = &self.numbers;
        let mut parts: Vec<Part> = weights.iter().chain(scale).copied().collect();
        parts.extend(shift.map(|(shift, _)| shift));
        parts.extend(
            statistics
                .iter()
                .flat_map(|statistics| [statistics.mean, statistics.variance]),
        );
        for mute in &self.mutes {
            match *mute {
                Mute::Zero(part) => parts.push(part),
                Mute::Normalization { scale, shift, .. } => parts.extend([scale, shift]),
            }
        }
        parts
    }

    /// The parameters that this plan reads or changes.
    pub(super) fn parameters(&self) -> Vec<usize> {
        let read = self.mutes.iter().flat_map(|mute| match *mute {
            Mute::Zero(_) => Vec::new(),
            Mute::Normalization { mean, variance, .. } => vec![mean, variance],
        });
        self.parts()
            .into_iter()
            .chain(read)
            .map(|part| part.parameter)
            .collect()
    }

    /// The numbers before any change, for [`restore`](Self::restore).
    pub(super) fn save(&self, edits: &Edits) -> Vec<(Part, Vec<f64>)> {
        self.parts()
            .into_iter()
            .map(|part| (part, edits.read(part)))
            .collect()
    }

    /// Leaves the unit as it was.
    pub(super) fn restore(edits: &mut Edits, saved: Vec<(Part, Vec<f64>)>) {
        for (part, numbers) in saved {
            edits.write(part, numbers);
        }
    }

    /// Makes the rest of the network deaf to the unit.
    pub(super) fn mute(&self, edits: &mut Edits) {
        for mute in &self.mutes {
            match *mute {
                Mute::Zero(part) => edits.fill(part, 0.0),
                Mute::Normalization {
                    scale,
                    shift,
                    mean,
                    variance,
                    epsilon,
                } => {
                    let deviation = (edits.number(variance) + epsilon).sqrt();
                    let given =
                        edits.number(shift) - edits.number(scale) * edits.number(mean) / deviation;
                    edits.fill(scale, 0.0);
                    edits.fill(shift, given);
                }
            }
        }
    }

    /// Draws weights and sets everything behind them so that it passes them on as they are.
    pub(super) fn draw(&self, edits: &mut Edits, gain: f64, random: &mut ChaCha8Rng) {
        if let Some(weights) = self.numbers.weights {
            let deviation = gain / (weights.len() as f64).sqrt();
            let drawn: Vec<f64> = (0..weights.len())
                .map(|_| deviation * Distribution::<f64>::sample(&StandardNormal, random))
                .collect();
            edits.write(weights, drawn);
        }
        if let Some((shift, _)) = self.numbers.shift {
            edits.fill(shift, 0.0);
        }
        if let Some(scale) = self.numbers.scale {
            edits.fill(scale, 1.0);
        }
        if let Some(statistics) = self.numbers.statistics {
            edits.fill(statistics.mean, 0.0);
            edits.fill(statistics.variance, 1.0 - statistics.epsilon);
        }
    }

    /// Puts the median of the pre-activation at `middle` and its deviation at `gain`.
    pub(super) fn centre(&self, edits: &mut Edits, seen: &Observed, gain: f64, middle: f64) {
        let factor = gain / seen.deviation;
        let mut shift = middle - seen.median * factor;
        match (
            self.numbers.statistics,
            self.numbers.scale,
            self.numbers.weights,
        ) {
            (Some(statistics), Some(scale), _) => {
                // Batch normalisation gets the statistics that it would have found.
                let variance = seen.deviation * seen.deviation;
                edits.fill(statistics.mean, seen.mean);
                edits.fill(statistics.variance, variance);
                edits.fill(scale, factor * (variance + statistics.epsilon).sqrt());
                shift += seen.mean * factor;
            }
            (None, Some(scale), _) => edits.fill(scale, factor),
            (_, _, Some(weights)) => {
                let scaled: Vec<f64> = edits
                    .read(weights)
                    .into_iter()
                    .map(|drawn| drawn * factor)
                    .collect();
                edits.write(weights, scaled);
            }
            _ => {}
        }
        if let Some((part, times)) = self.numbers.shift {
            edits.fill(part, shift / times);
        }
    }

    /// Whether the unit has numbers that can move it.
    pub(super) fn is_possible(&self, network: &Network) -> Result<(), String> {
        // A tensor that stands in two places of one plan would be redrawn and zeroed at once.
        let redrawn = self.numbers.weights.map(|part| part.parameter);
        for mute in &self.mutes {
            if let Mute::Zero(part) = mute
                && Some(part.parameter) == redrawn
            {
                return Err(format!(
                    "the weights '{}' both feed it and are fed by it",
                    network.parameters()[part.parameter].name
                ));
            }
        }
        Ok(())
    }
}
