//! The loss and the score of a data set, summed up over its batches.

use burn::tensor::TensorData;

use super::classes::Layout;
use super::confusion::Confusion;
use super::form::{Form, SMALLEST};
use super::metric::{Loss, Metric};
use super::rule::Rule;

/// Losses and right answers summed up over batches.
#[derive(Debug, Clone)]
pub struct Tally {
    rule: Rule,
    metric: Metric,
    confusion: Confusion,
    /// R2: the variation of each column of the target.
    columns: Vec<Variation>,
    losses: f64,
    /// What the losses weigh, all together.
    weight: f64,
}

impl Tally {
    pub(super) fn new(rule: Rule, metric: Metric) -> Self {
        Self {
            rule,
            metric,
            confusion: Confusion::default(),
            columns: Vec::new(),
            losses: 0.0,
            weight: 0.0,
        }
    }

    /// Adds a batch, whose sizes agree.
    pub(super) fn add(&mut self, found: &TensorData, target: &TensorData) {
        let rows = target.shape().first().copied().unwrap_or(0).max(1);
        let wanted: Vec<f64> = target.iter::<f64>().collect();
        let found: Vec<f64> = found.iter::<f64>().map(|x| self.number(x)).collect();
        match self.rule.loss {
            Loss::CrossEntropy => {
                let layout = self.rule.layout(&target.shape().to_vec(), found.len());
                self.add_classes(&found, &wanted, layout);
            }
            Loss::MeanSquaredError => self.add_values(&found, &wanted, wanted.len() / rows),
            Loss::BinaryCrossEntropy => self.add_binary(&found, &wanted),
        }
    }

    /// The logit, where a probability stands in its place.
    fn number(&self, x: f64) -> f64 {
        match (self.rule.form, self.rule.loss) {
            (Form::Logits, _) | (_, Loss::MeanSquaredError) => x,
            (Form::Probabilities, Loss::CrossEntropy) => x.max(SMALLEST).ln(),
            (Form::Probabilities, Loss::BinaryCrossEntropy) => {
                let p = x.clamp(SMALLEST, 1.0 - SMALLEST);
                p.ln() - (1.0 - p).ln()
            }
        }
    }

    fn add_classes(&mut self, found: &[f64], wanted: &[f64], layout: Layout) {
        let smoothing = self.rule.label_smoothing;
        for (places, &label) in layout.positions().zip(wanted) {
            let logits: Vec<f64> = places.map(|place| found[place]).collect();
            let label = label as usize;
            let largest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 = logits.iter().map(|logit| (logit - largest).exp()).sum();
            let loss = |class: usize| sum.ln() + largest - logits[class];
            let weight = self.rule.weight(label);
            self.losses += (1.0 - smoothing) * weight * loss(label);
            if smoothing > 0.0 {
                let all: f64 = (0..logits.len())
                    .map(|class| self.rule.weight(class) * loss(class))
                    .sum();
                self.losses += smoothing * all / logits.len() as f64;
            }
            self.weight += weight;
            let best = logits.iter().position(|&logit| logit == largest);
            self.confusion.add(best, label);
        }
    }

    fn add_values(&mut self, found: &[f64], wanted: &[f64], columns: usize) {
        let columns = columns.max(1);
        self.weight += wanted.len() as f64;
        self.columns
            .resize(self.columns.len().max(columns), Variation::default());
        for (found, wanted) in found.chunks(columns).zip(wanted.chunks(columns)) {
            for (column, (&found, &wanted)) in self.columns.iter_mut().zip(found.iter().zip(wanted))
            {
                self.losses += (found - wanted).powi(2);
                column.add(found, wanted);
            }
        }
    }

    fn add_binary(&mut self, found: &[f64], wanted: &[f64]) {
        for (&logit, &wanted) in found.iter().zip(wanted) {
            let truth = usize::from(wanted > 0.5);
            let weight = self.rule.weight(truth);
            let loss = logit.max(0.0) - logit * wanted + (-logit.abs()).exp().ln_1p();
            self.losses += weight * loss;
            self.weight += weight;
            self.confusion.add(Some(usize::from(logit > 0.0)), truth);
        }
    }

    /// The mean loss of an element.
    pub fn mean_loss(&self) -> f64 {
        self.losses / self.weight
    }

    /// The score; larger is better.
    pub fn score(&self) -> f64 {
        match self.metric {
            Metric::R2 => r2(&self.columns),
            metric => {
                let binary = self.rule.loss == Loss::BinaryCrossEntropy;
                self.confusion.score(metric, binary)
            }
        }
    }
}

/// How targets vary about their mean, by Welford's algorithm, which does not cancel; and how far the
/// answers lie from them.
#[derive(Debug, Clone, Default)]
struct Variation {
    count: f64,
    mean: f64,
    squares: f64,
    errors: f64,
}

impl Variation {
    fn add(&mut self, found: f64, wanted: f64) {
        self.count += 1.0;
        let before = wanted - self.mean;
        self.mean += before / self.count;
        self.squares += before * (wanted - self.mean);
        self.errors += (found - wanted).powi(2);
    }
}

/// The coefficient of determination, in which each column counts by its variance, as scikit-learn's
/// `r2_score` gives it with `multioutput="variance_weighted"`: where no column varies, 1 if all are met
/// and 0 if they are not.
fn r2(columns: &[Variation]) -> f64 {
    let sum = |of: fn(&Variation) -> f64| columns.iter().map(of).sum::<f64>();
    let (errors, squares) = (sum(|column| column.errors), sum(|column| column.squares));
    if squares > 0.0 {
        1.0 - errors / squares
    } else if errors.is_nan() {
        f64::NAN
    } else {
        f64::from(u8::from(errors == 0.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(columns: &[&[(f64, f64)]]) -> f64 {
        let columns: Vec<Variation> = columns
            .iter()
            .map(|pairs| {
                let mut column = Variation::default();
                pairs
                    .iter()
                    .for_each(|&(found, wanted)| column.add(found, wanted));
                column
            })
            .collect();
        r2(&columns)
    }

    #[test]
    fn r2_does_not_cancel_for_targets_far_from_zero() {
        let far = 1e9;
        let pairs = [
            (far + 1.1, far + 1.0),
            (far + 1.9, far + 2.0),
            (far + 3.0, far + 3.0),
        ];
        assert!((score(&[&pairs]) - 0.99).abs() < 1e-6);
    }

    /// `r2_score([[0, 100], [1, 300]], [[0, 300], [1, 100]], multioutput="variance_weighted")` of
    /// scikit-learn gives -2.9999...
    #[test]
    fn in_r2_each_column_counts_by_its_variance() {
        let found = score(&[&[(0.0, 0.0), (1.0, 1.0)], &[(300.0, 100.0), (100.0, 300.0)]]);
        assert!(
            (found - (1.0 - 80_000.0 / 20_000.5)).abs() < 1e-12,
            "{found}"
        );
    }

    #[test]
    fn a_column_that_hardly_varies_hardly_counts() {
        let found = score(&[&[(0.1, 0.0), (0.1, 1e-3)], &[(1.0, 1.0), (9.0, 9.0)]]);
        assert!(found > 0.99, "{found}");
    }

    #[test]
    fn a_constant_target_counts_one_where_it_is_met_and_nothing_where_it_is_not() {
        assert_eq!(score(&[&[(0.1, 0.1), (0.1, 0.1), (0.1, 0.1)]]), 1.0);
        assert_eq!(score(&[&[(0.1, 0.1), (0.2, 0.1), (0.1, 0.1)]]), 0.0);
    }
}
