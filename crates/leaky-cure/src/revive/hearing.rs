//! What hears a unit, made deaf to it.

use leaky_onnx::unit_map::{HeardBy, Hearer, Share};

use super::edits::Edits;

/// Everything of a hearer that a revival reads or changes.
pub(super) fn shares(hearer: &Hearer) -> Vec<&Share> {
    match &hearer.by {
        HeardBy::Weights(weights) => vec![weights],
        HeardBy::Normalization(heard) => vec![
            &heard.scale,
            &heard.shift,
            &heard.statistics.mean,
            &heard.statistics.variance,
        ],
    }
}

/// Makes a hearer give for a unit what it gave while the unit was silent, whatever the unit says.
pub(super) fn mute(hearer: &Hearer, unit: usize, edits: &mut Edits) {
    match &hearer.by {
        HeardBy::Weights(weights) => edits.fill(weights, unit, 0.0),
        HeardBy::Normalization(heard) => {
            let [scale, shift, mean, variance] = [
                &heard.scale,
                &heard.shift,
                &heard.statistics.mean,
                &heard.statistics.variance,
            ]
            .map(|share| edits.read(share, unit));
            let given: Vec<f64> = (0..scale.len())
                .map(|place| {
                    let deviation = (variance[place] + heard.statistics.epsilon).sqrt();
                    shift[place] - scale[place] * mean[place] / deviation
                })
                .collect();
            edits.fill(&heard.scale, unit, 0.0);
            edits.write(&heard.shift, unit, given);
        }
    }
}
