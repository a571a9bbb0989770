//! How likely a network is born dead: the figures.

use serde::{Deserialize, Serialize};

/// How likely a network is born dead, told from draws.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BornDead {
    /// The network's file.
    pub model: String,
    /// How many samples each draw was run on.
    pub samples: usize,
    /// How many times the weights were drawn.
    pub draws: usize,
    /// With the network's own rectifiers.
    pub own: Chances,
    /// With Leaky ReLU in the place of every hidden one; none where there is none.
    pub leaky_relu: Option<Chances>,
    /// The slope of that Leaky ReLU.
    pub alpha: f32,
}

/// How likely parts of a network are born dead.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Chances {
    /// The part of all units that is never above zero, on average.
    pub unit: f64,
    /// The probability that in some layer no unit is ever above zero.
    pub layer: f64,
    /// The probability that the network is dead: nothing that it gives depends on its input.
    pub network: Estimate,
    /// The layers, in execution order.
    pub layers: Vec<LayerChances>,
}

/// How likely one layer is born dead.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LayerChances {
    /// The rectifier's name in the file.
    pub name: String,
    /// Its operator.
    pub op: String,
    /// How many units it has.
    pub units: usize,
    /// The part of them that is never above zero, on average.
    pub unit: f64,
    /// The probability that none is ever above zero.
    pub layer: f64,
}

/// A probability told from draws.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// The part of the draws.
    pub probability: f64,
    /// Where the true probability lies in 95 of 100 such experiments: from, to.
    pub interval: (f64, f64),
}

impl Estimate {
    /// From a count among draws, with the interval of Wilson (1927), "Probable Inference, the Law of
    /// Succession, and Statistical Inference".
    pub(super) fn of(count: usize, draws: usize) -> Self {
        // The quantile 0.975 of the standard normal distribution.
        const Z: f64 = 1.959_963_984_540_054;
        let n = draws as f64;
        let probability = count as f64 / n;
        let middle = probability + Z * Z / (2.0 * n);
        let reach = Z * (probability * (1.0 - probability) / n + Z * Z / (4.0 * n * n)).sqrt();
        let scale = 1.0 + Z * Z / n;
        // What never or always happened is exactly the end, which rounding misses.
        let from = if count == 0 {
            0.0
        } else {
            (middle - reach) / scale
        };
        let to = if count == draws {
            1.0
        } else {
            (middle + reach) / scale
        };
        Self {
            probability,
            interval: (from, to),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_wilsons() {
        // From statsmodels 0.15, proportion_confint(count, draws, method="wilson").
        for (count, draws, from, to) in WILSON {
            let (found_from, found_to) = Estimate::of(count, draws).interval;
            assert!(
                (found_from - from).abs() < 1e-12,
                "{found_from} is not {from}"
            );
            assert!((found_to - to).abs() < 1e-12, "{found_to} is not {to}");
        }
    }

    const WILSON: [(usize, usize, f64, f64); 3] = [
        (0, 200, 0.0, 0.01884532637726658),
        (13, 200, 0.03837635464915298, 0.10801907929906895),
        (7, 7, 0.6456695649333125, 0.9999999999999999),
    ];
}
