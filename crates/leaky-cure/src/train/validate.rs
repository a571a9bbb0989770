//! How a network does on samples that it was not trained on.

use leaky_onnx::Network;

use crate::batches::Batches;
use crate::data::samples::Samples;
use crate::objective::{Objective, ObjectiveError};
use crate::run::outputs;

/// How a network does on validation samples.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Validation {
    /// The score; larger is better.
    pub score: f64,
    /// The mean loss.
    pub loss: f64,
}

impl Validation {
    /// Whether this is better than another: by score, and by loss where scores are equal. A result
    /// that is not a number is worse than any.
    pub fn better_than(self, other: Self) -> bool {
        let order = |v: Self| {
            (
                if v.score.is_nan() {
                    f64::NEG_INFINITY
                } else {
                    v.score
                },
                if v.loss.is_nan() {
                    f64::INFINITY
                } else {
                    v.loss
                },
            )
        };
        let ((score, loss), (other_score, other_loss)) = (order(self), order(other));
        score > other_score || (score == other_score && loss < other_loss)
    }
}

/// How a network does on some samples.
///
/// # Errors
///
/// If it cannot run on them.
pub fn validate(
    network: &Network,
    objective: &Objective,
    samples: Samples,
    batch_size: usize,
) -> Result<Validation, ObjectiveError> {
    let mut tally = objective.tally();
    let wanted = [objective.value()];
    Batches::through(network, (samples.data, samples.chosen), batch_size)?.run(
        &mut tally,
        |_, chosen| Ok(outputs(network, samples.data, chosen, &wanted)?),
        |tally, chosen, found| {
            let target = samples.target.batch(chosen)?;
            found
                .iter()
                .try_for_each(|found| objective.add(tally, found, &target))
        },
    )?;
    Ok(Validation {
        score: tally.score(),
        loss: tally.mean_loss(),
    })
}
