//! The trainings of one rectifier at one learning rate, taken together.

use super::figures::{Row, Trial};
use super::statistics::{mean, paired_t_test, standard_deviation};
use crate::candidate::Candidate;

/// The seeds of one rectifier at one learning rate.
pub(super) struct Group<'a> {
    pub rectifier: Candidate,
    pub lr: f64,
    pub trials: Vec<&'a Trial>,
}

impl Group<'_> {
    pub fn scores(&self) -> Vec<f64> {
        self.trials.iter().map(|trial| trial.score).collect()
    }

    pub fn mean(&self) -> f64 {
        mean(&self.scores())
    }

    /// The mean without its last digits, which depend on the order of the seeds' scores; least where
    /// it is not a number.
    pub fn place(&self) -> i64 {
        match self.mean() {
            mean if mean.is_nan() => i64::MIN,
            mean => (mean * 1e12).round() as i64,
        }
    }

    /// The paired t-test of this against another with the same seeds.
    pub fn p_value(&self, other: &Self) -> Option<f64> {
        let pairs = self.trials.iter().zip(&other.trials);
        let differences: Vec<f64> = pairs.map(|(one, other)| one.score - other.score).collect();
        paired_t_test(&differences)
    }

    pub fn row(&self, relu: Option<&Self>) -> Row {
        let scores = self.scores();
        let dead: Vec<f64> = self
            .trials
            .iter()
            .filter_map(|trial| trial.dead_fraction)
            .collect();
        let reached: Option<Vec<f64>> = relu.map(|relu| {
            let pairs = self.trials.iter().zip(&relu.trials);
            pairs
                .filter_map(|(trial, relu)| epochs_to(trial, relu.score))
                .collect()
        });
        let tests: Vec<f64> = self.trials.iter().filter_map(|trial| trial.test).collect();
        let some_mean = |numbers: &[f64]| (!numbers.is_empty()).then(|| mean(numbers));
        let epochs: Vec<f64> = self
            .trials
            .iter()
            .flat_map(|trial| trial.epochs.iter().map(|epoch| epoch.seconds))
            .collect();
        Row {
            rectifier: self.rectifier,
            lr: self.lr,
            seeds: scores.len(),
            mean: mean(&scores),
            std: standard_deviation(&scores),
            test: some_mean(&tests),
            dead_fraction: some_mean(&dead),
            reached_relu: reached.as_ref().map(Vec::len),
            epochs_to_relu: reached.as_deref().and_then(some_mean),
            seconds_per_epoch: some_mean(&epochs).unwrap_or(0.0),
            p_value: None,
            diverged: self
                .trials
                .iter()
                .filter(|trial| trial.diverged.is_some())
                .count(),
        }
    }
}

/// The first epoch, counted from 1, at whose end a training had this score.
fn epochs_to(trial: &Trial, score: f64) -> Option<f64> {
    let reached = trial.epochs.iter().position(|epoch| epoch.score >= score);
    reached.map(|epoch| (epoch + 1) as f64)
}

/// The learning rates, in the order of the groups.
pub(super) fn rates(groups: &[Group]) -> Vec<f64> {
    let mut rates: Vec<f64> = Vec::new();
    for group in groups {
        if !rates.contains(&group.lr) {
            rates.push(group.lr);
        }
    }
    rates
}

/// ReLU at a learning rate.
pub(super) fn relu_at<'a, 'b>(groups: &'b [Group<'a>], lr: f64) -> Option<&'b Group<'a>> {
    groups
        .iter()
        .find(|group| group.rectifier == Candidate::Relu && group.lr == lr)
}

/// Each rectifier at the learning rate that suits it best, the best of them first; where means are
/// equal, in the order in which they were asked for.
pub(super) fn champions<'a, 'b>(groups: &'b [Group<'a>]) -> Vec<&'b Group<'a>> {
    let mut champions: Vec<&Group> = Vec::new();
    for group in groups {
        match champions
            .iter_mut()
            .find(|champion| champion.rectifier == group.rectifier)
        {
            Some(champion) if group.place() > champion.place() => *champion = group,
            Some(_) => {}
            None => champions.push(group),
        }
    }
    champions.sort_by_key(|group| std::cmp::Reverse(group.place()));
    champions
}
