//! What the trials say: a row for each rectifier and learning rate, the best, and whether it differs
//! from ReLU by more than noise.

use super::figures::{Comparison, Row, Trial};
use super::statistics::{holm, mean, paired_t_test, standard_deviation};
use crate::candidate::Candidate;
use crate::objective::metric::Metric;
use crate::text::score;

/// A difference that noise makes more seldom than this is taken for one.
const SIGNIFICANT: f64 = 0.05;

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
        seconds: trials.iter().map(|trial| trial.seconds).sum(),
        trials,
    }
}

/// The seeds of one rectifier at one learning rate.
struct Group<'a> {
    rectifier: Candidate,
    lr: f64,
    trials: Vec<&'a Trial>,
}

impl Group<'_> {
    fn scores(&self) -> Vec<f64> {
        self.trials.iter().map(|trial| trial.score).collect()
    }

    fn mean(&self) -> f64 {
        mean(&self.scores())
    }

    /// The mean without its last digits, which depend on the order of the seeds' scores; least where
    /// it is not a number.
    fn place(&self) -> i64 {
        match self.mean() {
            mean if mean.is_nan() => i64::MIN,
            mean => (mean * 1e12).round() as i64,
        }
    }

    /// The paired t-test of this against another with the same seeds.
    fn p_value(&self, other: &Self) -> Option<f64> {
        let pairs = self.trials.iter().zip(&other.trials);
        let differences: Vec<f64> = pairs.map(|(one, other)| one.score - other.score).collect();
        paired_t_test(&differences)
    }

    fn row(&self, relu: Option<&Self>) -> Row {
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

fn rates(groups: &[Group]) -> Vec<f64> {
    let mut rates: Vec<f64> = Vec::new();
    for group in groups {
        if !rates.contains(&group.lr) {
            rates.push(group.lr);
        }
    }
    rates
}

fn relu_at<'a, 'b>(groups: &'b [Group<'a>], lr: f64) -> Option<&'b Group<'a>> {
    groups
        .iter()
        .find(|group| group.rectifier == Candidate::Relu && group.lr == lr)
}

/// Each rectifier at the learning rate that suits it best, the best of them first; where means are
/// equal, in the order in which they were asked for.
fn champions<'a, 'b>(groups: &'b [Group<'a>]) -> Vec<&'b Group<'a>> {
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

/// The best against ReLU, or where ReLU is the best, against the next.
struct Outcome<'a, 'b> {
    best: &'b Group<'a>,
    other: Option<&'b Group<'a>>,
    p_value: Option<f64>,
    /// How many rectifiers were tested against ReLU.
    tested: usize,
}

impl<'a, 'b> Outcome<'a, 'b> {
    fn of(champions: &[&'b Group<'a>]) -> Self {
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

    fn conclusive(&self) -> bool {
        self.p_value.is_some_and(|p_value| p_value < SIGNIFICANT)
    }

    /// The answer in words.
    fn sentence(&self, metric: Metric, seeds: usize, several_rates: bool) -> String {
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
            dead_fraction: Some(0.25),
            epochs: [score - 0.2, score - 0.1, score]
                .map(|score| Epoch {
                    train_loss: 1.0,
                    validation_loss: 1.0,
                    score,
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
