//! What the trials say: a row for each rectifier and learning rate, the best, and whether it differs
//! from ReLU by more than noise.

use super::figures::{Comparison, Row, Trial};
use super::group::{Group, champions, rates, relu_at};
use super::outcome::Outcome;
use super::statistics::holm;
use crate::candidate::Candidate;
use crate::objective::metric::Metric;

/// Draws the conclusions from trials, which stand in the order rate, seed, rectifier, none missing.
///
/// # Panics
///
/// Without trials.
pub fn conclude(model: &str, metric: Metric, trials: Vec<Trial>) -> Comparison {
    let mut groups: Vec<Group> = Vec::new();
    for trial in &trials {
        let same = |group: &&mut Group| group.rectifier == trial.rectifier && group.lr == trial.lr;
        match groups.iter_mut().find(same) {
            Some(group) => group.trials.push(trial),
            None => groups.push(Group {
                rectifier: trial.rectifier,
                lr: trial.lr,
                trials: vec![trial],
            }),
        }
    }
    let mut rows: Vec<Row> = groups
        .iter()
        .map(|group| group.row(relu_at(&groups, group.lr)))
        .collect();
    for lr in rates(&groups) {
        let Some(relu) = relu_at(&groups, lr) else {
            continue;
        };
        let others = groups
            .iter()
            .enumerate()
            .filter(|(_, group)| group.lr == lr && group.rectifier != Candidate::Relu);
        let (places, p_values): (Vec<usize>, Vec<f64>) = others
            .filter_map(|(place, group)| Some((place, group.p_value(relu)?)))
            .unzip();
        for (place, p_value) in places.into_iter().zip(holm(&p_values)) {
            rows[place].p_value = Some(p_value);
        }
    }
    let champions = champions(&groups);
    let best = champions[0];
    let outcome = Outcome::of(&champions);
    let seeds = best.trials.len();
    Comparison {
        model: model.to_owned(),
        metric,
        summary: rows,
        best: best.rectifier,
        best_lr: best.lr,
        conclusive: outcome.conclusive(),
        p_value: outcome.p_value,
        verdict: outcome.sentence(metric, seeds, rates(&groups).len() > 1),
        normalization: Vec::new(),
        seconds: trials.iter().map(|trial| trial.seconds).sum(),
        trials,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::Epoch;

    /// Trials at one rate: for each rectifier the scores of its seeds, each reached in three epochs.
    fn trials(lr: f64, scores: &[(&str, &[f64])]) -> Vec<Trial> {
        let seeds = scores[0].1.len();
        let trial = |name: &str, seed: usize, score: f64| Trial {
            rectifier: name.parse().unwrap(),
            lr,
            seed: seed as u64,
            score,
            test: None,
            dead_fraction: Some(0.25),
            epochs: [score - 0.2, score - 0.1, score]
                .map(|score| Epoch {
                    train_loss: 1.0,
                    validation_loss: 1.0,
                    score,
                    recycled: 0,
                    seconds: 0.5,
                })
                .to_vec(),
            diverged: None,
            seconds: 1.5,
        };
        (0..seeds)
            .flat_map(|seed| {
                scores
                    .iter()
                    .map(move |(name, scores)| trial(name, seed, scores[seed]))
            })
            .collect()
    }

    fn concluded(trials: Vec<Trial>) -> Comparison {
        conclude("net.onnx", Metric::Accuracy, trials)
    }

    #[test]
    fn a_rectifier_that_is_better_with_every_seed_is_told_from_relu() {
        let found = concluded(trials(
            0.1,
            &[
                ("relu", &[0.70, 0.72, 0.69, 0.71]),
                ("leaky-relu:0.2", &[0.90, 0.91, 0.90, 0.92]),
                ("elu", &[0.71, 0.71, 0.70, 0.70]),
            ],
        ));
        assert_eq!(found.best, Candidate::LeakyRelu(0.2));
        assert!(found.conclusive, "{}", found.verdict);
        assert!(
            found
                .verdict
                .starts_with("leaky-relu:0.2 has the best mean accuracy 0.9075, relu 0.7050: more"),
            "{}",
            found.verdict
        );
        let row = &found.summary[1];
        assert_eq!(
            (row.reached_relu, row.epochs_to_relu),
            (Some(4), Some(1.25))
        );
        assert_eq!(row.dead_fraction, Some(0.25));
        assert_eq!(row.p_value, found.p_value);
        assert!(
            found.summary[0].p_value.is_none(),
            "ReLU is not compared with itself"
        );
    }

    #[test]
    fn a_difference_within_the_noise_is_no_difference() {
        let found = concluded(trials(
            0.1,
            &[("relu", &[0.90, 0.95, 0.92]), ("elu", &[0.94, 0.91, 0.935])],
        ));
        assert_eq!(found.best, Candidate::Elu(1.0));
        assert!(!found.conclusive);
        assert!(
            found.verdict.contains("none can be told from ReLU"),
            "{}",
            found.verdict
        );
    }

    #[test]
    fn relu_may_be_the_best() {
        let found = concluded(trials(
            0.1,
            &[("relu", &[0.90, 0.91, 0.92]), ("elu", &[0.70, 0.70, 0.72])],
        ));
        assert_eq!(found.best, Candidate::Relu);
        assert!(found.conclusive);
        assert_eq!(found.summary[1].reached_relu, Some(0));
        assert_eq!(found.summary[1].epochs_to_relu, None);
    }

    #[test]
    fn each_rectifier_is_judged_at_the_learning_rate_that_suits_it() {
        let slow = trials(0.001, &[("relu", &[0.90, 0.92]), ("elu", &[0.80, 0.82])]);
        let fast = trials(0.1, &[("relu", &[0.50, 0.51]), ("elu", &[0.88, 0.89])]);
        let found = concluded([slow, fast].concat());
        assert_eq!((found.best, found.best_lr), (Candidate::Relu, 0.001));
        assert!(
            found.verdict.contains("elu at learning rate 0.1 0.8850"),
            "{}",
            found.verdict
        );
        // At the rate 0.1 alone the difference is another.
        assert_ne!(found.summary[3].p_value, found.p_value);
    }

    #[test]
    fn a_score_that_is_not_a_number_is_the_worst() {
        let found = concluded(trials(0.1, &[("relu", &[f64::NAN]), ("elu", &[-3.0])]));
        assert_eq!(found.best, Candidate::Elu(1.0));
    }

    #[test]
    fn a_training_without_a_score_leaves_nothing_to_test_and_the_others_tested() {
        let found = concluded(trials(
            0.1,
            &[
                ("relu", &[0.70, 0.72, 0.69]),
                ("leaky-relu:0.2", &[0.90, 0.91, 0.90]),
                ("elu", &[f64::NAN, 0.71, 0.70]),
            ],
        ));
        assert_eq!(found.best, Candidate::LeakyRelu(0.2));
        assert!(found.conclusive, "{}", found.verdict);
        assert_eq!(found.summary[2].p_value, None);

        let found = concluded(trials(
            0.1,
            &[("relu", &[f64::NAN, f64::NAN]), ("elu", &[0.5, 0.6])],
        ));
        assert_eq!((found.best, found.p_value), (Candidate::Elu(1.0), None));
        assert!(
            found.verdict.contains("not every training came to a score"),
            "{}",
            found.verdict
        );

        let found = concluded(trials(
            0.1,
            &[("relu", &[f64::NAN, 0.5]), ("elu", &[f64::NAN, 0.6])],
        ));
        assert_eq!(found.p_value, None);
    }

    #[test]
    fn one_seed_concludes_nothing_and_says_so() {
        let found = concluded(trials(0.1, &[("relu", &[0.5]), ("elu", &[0.9])]));
        assert!(!found.conclusive);
        assert_eq!((found.p_value, found.summary[0].std), (None, None));
        assert!(found.verdict.contains("one seed says nothing about noise"));
    }
}
