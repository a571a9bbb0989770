//! The loss and the score of a data set, summed up over its batches.

use burn::tensor::TensorData;

use super::form::{Form, SMALLEST};
use super::metric::{Loss, Metric};

/// Losses and right answers summed up over batches.
#[derive(Debug, Clone)]
pub struct Tally {
    form: Form,
    loss: Loss,
    metric: Metric,
    /// Accuracy: right. Dice: shared, answered, wanted.
    sums: [f64; 3],
    /// R2: a variation for each column of the target.
    columns: Vec<Variation>,
    losses: f64,
    elements: f64,
}

impl Tally {
    pub(super) fn new(form: Form, loss: Loss, metric: Metric) -> Self {
        Self {
            form,
            loss,
            metric,
            sums: [0.0; 3],
            columns: Vec::new(),
            losses: 0.0,
            elements: 0.0,
        }
    }

    /// Adds a batch, whose sizes agree.
    pub(super) fn add(&mut self, found: &TensorData, target: &TensorData) {
        let rows = target.shape().first().copied().unwrap_or(0).max(1);
        let wanted: Vec<f64> = target.iter::<f64>().collect();
        let found: Vec<f64> = found.iter::<f64>().map(|x| self.number(x)).collect();
        self.elements += wanted.len() as f64;
        match self.loss {
            Loss::CrossEntropy => self.add_classes(&found, &wanted),
            Loss::MeanSquaredError => self.add_values(&found, &wanted, wanted.len() / rows),
            Loss::BinaryCrossEntropy => self.add_binary(&found, &wanted),
        }
    }

    /// The logit, where a probability stands in its place.
    fn number(&self, x: f64) -> f64 {
        match (self.form, self.loss) {
            (Form::Logits, _) | (_, Loss::MeanSquaredError) => x,
            (Form::Probabilities, Loss::CrossEntropy) => x.max(SMALLEST).ln(),
            (Form::Probabilities, Loss::BinaryCrossEntropy) => {
                let p = x.clamp(SMALLEST, 1.0 - SMALLEST);
                p.ln() - (1.0 - p).ln()
            }
        }
    }

    fn add_classes(&mut self, found: &[f64], wanted: &[f64]) {
        let classes = found.len() / wanted.len().max(1);
        for (row, &label) in found.chunks(classes.max(1)).zip(wanted) {
            let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 = row.iter().map(|logit| (logit - largest).exp()).sum();
            self.losses += sum.ln() + largest - row[label as usize];
            let best = row.iter().position(|&logit| logit == largest);
            self.sums[0] += f64::from(u8::from(best == Some(label as usize)));
        }
    }

    fn add_values(&mut self, found: &[f64], wanted: &[f64], columns: usize) {
        let columns = columns.max(1);
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
            self.losses += logit.max(0.0) - logit * wanted + (-logit.abs()).exp().ln_1p();
            let (yes, truth) = (logit > 0.0, wanted > 0.5);
            let counted = match self.metric {
                Metric::Dice => [yes && truth, yes, truth],
                _ => [yes == truth, false, false],
            };
            for (sum, counted) in self.sums.iter_mut().zip(counted) {
                *sum += f64::from(u8::from(counted));
            }
        }
    }

    /// The mean loss of an element.
    pub fn mean_loss(&self) -> f64 {
        self.losses / self.elements
    }

    /// The score; larger is better.
    pub fn score(&self) -> f64 {
        let [first, second, third] = self.sums;
        match self.metric {
            Metric::Accuracy => first / self.elements,
            // An empty mask answered by an empty mask is right.
            Metric::Dice if second + third == 0.0 => 1.0,
            Metric::Dice => 2.0 * first / (second + third),
            Metric::R2 => r2(&self.columns),
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

/// The mean of the columns' coefficients of determination, as scikit-learn's `r2_score` gives it: a
/// column of one value alone counts 1 where it is met, and 0 where it is not.
fn r2(columns: &[Variation]) -> f64 {
    let scores = columns.iter().map(|column| {
        if column.squares > 0.0 {
            1.0 - column.errors / column.squares
        } else if column.errors.is_nan() {
            f64::NAN
        } else {
            f64::from(u8::from(column.errors == 0.0))
        }
    });
    scores.sum::<f64>() / columns.len() as f64
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

    /// `r2_score([[0, 100], [1, 300]], [[0, 300], [1, 100]])` of scikit-learn gives -1.
    #[test]
    fn r2_is_the_mean_over_the_columns_whatever_their_scales() {
        let found = score(&[&[(0.0, 0.0), (1.0, 1.0)], &[(300.0, 100.0), (100.0, 300.0)]]);
        assert!((found + 1.0).abs() < 1e-12, "{found}");
    }

    #[test]
    fn a_constant_target_counts_one_where_it_is_met_and_nothing_where_it_is_not() {
        assert_eq!(score(&[&[(0.1, 0.1), (0.1, 0.1), (0.1, 0.1)]]), 1.0);
        assert_eq!(score(&[&[(0.1, 0.1), (0.2, 0.1), (0.1, 0.1)]]), 0.0);
    }
}
