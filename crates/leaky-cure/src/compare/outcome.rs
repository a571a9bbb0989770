//! The best rectifier against ReLU, in figures and in words.

use super::group::Group;
use super::statistics::holm;
use crate::candidate::Candidate;
use crate::objective::metric::Metric;
use crate::text::score;

/// A difference that noise makes more seldom than this is taken for one.
const SIGNIFICANT: f64 = 0.05;

/// The best against ReLU, or where ReLU is the best, against the next.
pub(super) struct Outcome<'a, 'b> {
    best: &'b Group<'a>,
    other: Option<&'b Group<'a>>,
    pub p_value: Option<f64>,
    /// How many rectifiers were tested against ReLU.
    tested: usize,
}

impl<'a, 'b> Outcome<'a, 'b> {
    pub fn of(champions: &[&'b Group<'a>]) -> Self {
        let best = champions[0];
        let relu = champions
            .iter()
            .find(|group| group.rectifier == Candidate::Relu);
        let others: Vec<&&Group> = champions
            .iter()
            .filter(|group| group.rectifier != Candidate::Relu)
            .collect();
        // Those that came to no score cannot be tested.
        let tested = relu.map_or_else(Vec::new, |relu| {
            let p_values = others.iter().filter_map(|group| group.p_value(relu));
            p_values.collect()
        });
        // The best of the others is the first of them, whether it beats ReLU or not.
        let p_value = relu.and_then(|relu| {
            others.first()?.p_value(relu)?;
            holm(&tested).first().copied()
        });
        let other = match best.rectifier {
            Candidate::Relu => others.first().map(|group| **group),
            _ => relu.copied(),
        };
        Self {
            best,
            other,
            p_value,
            tested: tested.len(),
        }
    }

    pub fn conclusive(&self) -> bool {
        self.p_value.is_some_and(|p_value| p_value < SIGNIFICANT)
    }

    /// The answer in words.
    pub fn sentence(&self, metric: Metric, seeds: usize, several_rates: bool) -> String {
        let name = |group: &Group| match several_rates {
            true => format!("{} at learning rate {}", group.rectifier, group.lr),
            false => group.rectifier.to_string(),
        };
        let mean = |group: &Group| format!("{} {}", metric.name(), score(group.mean()));
        let best = format!("{} has the best mean {}", name(self.best), mean(self.best));
        let Some(other) = self.other else {
            return format!(
                "{best}; compare several rectifiers, ReLU among them, to see how they differ."
            );
        };
        let both = format!("{best}, {} {}", name(other), score(other.mean()));
        let Some(p_value) = self.p_value else {
            return match seeds {
                1 => format!("{both}; one seed says nothing about noise, so give more."),
                _ => format!(
                    "{both}; not every training came to a score, so they cannot be told from noise."
                ),
            };
        };
        let test = format!(
            "paired t-test over {seeds} seeds, Holm's correction for {} rectifiers: p = {}",
            self.tested,
            p_text(p_value)
        );
        match (self.conclusive(), self.best.rectifier == Candidate::Relu) {
            (true, _) => format!("{both}: more than the seeds' noise ({test})."),
            (false, true) => format!("{both}: none can be told from ReLU ({test})."),
            (false, false) => format!(
                "{both}: no more than the seeds' noise, so none can be told from ReLU ({test})."
            ),
        }
    }
}

/// A probability, as tables show it.
pub fn p_text(p_value: f64) -> String {
    match p_value {
        p if p < 0.0001 => "< 0.0001".to_owned(),
        p if p < 0.1 => format!("{p:.4}"),
        p => format!("{p:.2}"),
    }
}
