//! How often each class was there, was answered, and was both: what scores of classes are made from.

use super::metric::Metric;

/// Counts for each class.
#[derive(Debug, Clone, Default)]
pub(super) struct Confusion {
    /// For each class: how often it was the truth, how often the answer, how often both.
    counts: Vec<[f64; 3]>,
}

impl Confusion {
    /// Counts an answer; none where it was no class at all.
    pub fn add(&mut self, answer: Option<usize>, truth: usize) {
        let largest = answer.map_or(truth, |answer| answer.max(truth));
        if self.counts.len() <= largest {
            self.counts.resize(largest + 1, [0.0; 3]);
        }
        self.counts[truth][0] += 1.0;
        if let Some(answer) = answer {
            self.counts[answer][1] += 1.0;
            self.counts[truth][2] += f64::from(u8::from(answer == truth));
        }
    }

    /// The score. With `binary`, one number told two classes, of which class 1 is what is looked for.
    pub fn score(&self, metric: Metric, binary: bool) -> f64 {
        let overlap = |[truth, answer, both]: [f64; 3]| match truth + answer {
            // What is not there and was not answered is right.
            0.0 => 1.0,
            sizes => 2.0 * both / sizes,
        };
        let one = || self.counts.get(1).copied().unwrap_or_default();
        match metric {
            Metric::Dice => overlap(one()),
            Metric::F1 if binary => overlap(one()),
            Metric::F1 => self.mean(|[truth, answer, _]| truth + answer > 0.0, overlap),
            Metric::MeanIou => self.mean(
                |[truth, answer, _]| truth + answer > 0.0,
                |[truth, answer, both]| both / (truth + answer - both),
            ),
            Metric::BalancedAccuracy => {
                self.mean(|[truth, ..]| truth > 0.0, |[truth, _, both]| both / truth)
            }
            Metric::Accuracy | Metric::R2 => {
                let sum = |part: usize| self.counts.iter().map(|count| count[part]).sum::<f64>();
                sum(2) / sum(0)
            }
        }
    }

    /// The mean over some of the classes.
    fn mean(&self, counts: fn([f64; 3]) -> bool, of: impl Fn([f64; 3]) -> f64) -> f64 {
        let scores = self.counts.iter().copied().filter(|&count| counts(count));
        let scores: Vec<f64> = scores.map(of).collect();
        scores.iter().sum::<f64>() / scores.len() as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(metric: Metric, binary: bool, pairs: &[(usize, usize)]) -> f64 {
        let mut confusion = Confusion::default();
        for &(answer, truth) in pairs {
            confusion.add(Some(answer), truth);
        }
        confusion.score(metric, binary)
    }

    fn is_close(found: f64, expected: f64) {
        assert!(
            (found - expected).abs() < 1e-12,
            "{found} is not {expected}"
        );
    }

    /// Truth `[0, 0, 0, 1, 1, 4]` and answers `[0, 0, 1, 1, 3, 4]`; what scikit-learn's
    /// `accuracy_score`, `balanced_accuracy_score`, `f1_score(average="macro")` and
    /// `jaccard_score(average="macro")` give.
    #[test]
    fn scores_of_classes_are_those_of_scikit_learn() {
        let pairs = [(0, 0), (0, 0), (1, 0), (1, 1), (3, 1), (4, 4)];
        is_close(score(Metric::Accuracy, false, &pairs), 4.0 / 6.0);
        is_close(
            score(Metric::BalancedAccuracy, false, &pairs),
            (2.0 / 3.0 + 0.5 + 1.0) / 3.0,
        );
        is_close(
            score(Metric::F1, false, &pairs),
            (0.8 + 0.5 + 0.0 + 1.0) / 4.0,
        );
        is_close(
            score(Metric::MeanIou, false, &pairs),
            (2.0 / 3.0 + 1.0 / 3.0 + 0.0 + 1.0) / 4.0,
        );
    }

    #[test]
    fn of_two_classes_told_by_one_number_the_second_is_looked_for() {
        let pairs = [(0, 0), (0, 0), (1, 0), (1, 1), (0, 1)];
        is_close(score(Metric::F1, true, &pairs), 0.5);
        is_close(score(Metric::Dice, true, &pairs), 0.5);
        // An empty mask answered by an empty mask is right.
        is_close(score(Metric::Dice, true, &[(0, 0)]), 1.0);
    }

    #[test]
    fn an_answer_that_is_no_class_is_wrong() {
        let mut confusion = Confusion::default();
        confusion.add(None, 0);
        confusion.add(Some(0), 0);
        is_close(confusion.score(Metric::Accuracy, false), 0.5);
    }
}
