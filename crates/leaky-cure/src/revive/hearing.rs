//! What hears a unit, made deaf to it.

use leaky_onnx::unit_map::{HeardBy, HeardNormalization, Hearer};

use super::edits::Edits;

/// Makes a hearer give for a unit what it gave while the unit was silent, whatever the unit says.
pub(super) fn mute(hearer: &Hearer, unit: usize, edits: &mut Edits) {
    match &hearer.by {
        HeardBy::Weights(weights) => edits.fill(weights, unit, 0.0),
        HeardBy::Normalization(heard) => {
            let given = of_silence(heard, unit, edits);
            edits.fill(&heard.scale, unit, 0.0);
            edits.write(&heard.shift, unit, given);
        }
    }
    // Where silence was all that was ever normalised, its variance is nothing: the first weights that
    // grow back would be amplified by all that was added to it.
    if let Some(behind) = &hearer.behind {
        let given = of_silence(behind, unit, edits);
        edits.write(&behind.shift, unit, given);
        edits.fill(&behind.statistics.mean, unit, 0.0);
        edits.fill(&behind.statistics.variance, unit, 1.0);
    }
}

/// What a batch normalisation gives for a silent unit.
fn of_silence(heard: &HeardNormalization, unit: usize, edits: &Edits) -> Vec<f64> {
    let [scale, shift, mean, variance] = heard.shares().map(|share| edits.read(share, unit));
    (0..scale.len())
        .map(|place| {
            let deviation = (variance[place] + heard.statistics.epsilon).sqrt();
            shift[place] - scale[place] * mean[place] / deviation
        })
        .collect()
}
