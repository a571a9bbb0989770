//! Figures made up for pages.

use crate::Provenance;
use leaky_cure::candidate::Candidate;
use leaky_cure::compare::{Comparison, Row, Trial};
use leaky_cure::cure::{Report, Score};
use leaky_cure::diagnose::GradientNorm;
use leaky_cure::diagnose::{Diagnosis, LayerCounts};
use leaky_cure::objective::Metric;
use leaky_cure::train::Epoch;

/// A name that breaks a page which takes it as it is.
pub(super) const HOSTILE: &str = "</title><script>alert(\"1\")</script>&amp;'\u{1b}[31m";

/// Layers of so many units each; how often a unit fires looks random, and a part `dead` of them never
/// does.
pub(super) fn diagnosis(names: &[String], units: &[usize], dead: f64) -> Diagnosis {
    // A multiplicative generator (Lehmer, 1949) is random enough for a picture.
    let mut state = 1_u64;
    let mut random = || {
        state = state * 48_271 % 2_147_483_647;
        state as f64 / 2_147_483_647.0
    };
    let layers = names.iter().zip(units).map(|(name, &units)| {
        let above_zero: Vec<u64> = (0..units)
            .map(|_| match random() < dead {
                true => 0,
                false => (random().powi(3) * 10_001.0) as u64,
            })
            .collect();
        LayerCounts {
            name: name.clone(),
            op: "Relu".into(),
            alpha: Some(0.0),
            below_zero: above_zero.iter().map(|above| 10_000 - above).collect(),
            above_zero,
            total: 10_000,
        }
    });
    Diagnosis::new("net.onnx", 10_000, layers.collect())
}

/// The rectifiers of a ResNet-50: 49, of 22,720 units.
pub(super) fn resnet50() -> (Vec<String>, Vec<usize>) {
    let (mut names, mut units) = (vec!["/relu/Relu".to_owned()], vec![64]);
    for (stage, blocks) in [3, 4, 6, 3].into_iter().enumerate() {
        for block in 0..blocks {
            let width = 64 << stage;
            for (index, width) in [width, width, 4 * width].into_iter().enumerate() {
                names.push(format!(
                    "/layer{}/layer{0}.{block}/relu_{index}/Relu",
                    stage + 1
                ));
                units.push(width);
            }
        }
    }
    (names, units)
}

pub(super) fn norms(names: &[String]) -> Vec<GradientNorm> {
    let norm = |(index, name): (usize, &String)| GradientNorm {
        layer: name.clone(),
        operator: "Conv".into(),
        norm: if index % 3 == 0 {
            0.0
        } else {
            10_f64.powi(-(index as i32 % 9))
        },
    };
    names.iter().enumerate().map(norm).collect()
}

pub(super) fn epochs(count: usize) -> Vec<Epoch> {
    let epoch = |number: usize| Epoch {
        train_loss: 2.0 / number as f64,
        validation_loss: 2.2 / number as f64,
        score: 1.0 - 0.5 / number as f64,
        recycled: 0,
        seconds: 0.1,
    };
    (1..=count).map(epoch).collect()
}

pub(super) fn cure(before: Diagnosis, after: Diagnosis) -> Report {
    Report {
        dead_on_training: before.dead,
        before,
        after,
        score: Score {
            metric: Metric::Accuracy,
            before: 0.5,
            after: 0.98,
            test: None,
        },
        alpha: 0.01,
        alpha_trials: Vec::new(),
        revived: 12,
        revived_within_bound: 0,
        revived_dormant: 0,
        recentred: 0,
        not_recentred: Vec::new(),
        recentring_max_difference: 0.0,
        not_revived: Vec::new(),
        revival_max_difference: 1e-7,
        revival_max_difference_validation: 1e-7,
        recycled: 0,
        epochs: epochs(20),
        best_epoch: Some(17),
        output: Some("cured.onnx".into()),
        verified_max_difference: Some(0.0),
        seconds: 2.0,
    }
}

pub(super) fn provenance() -> Provenance {
    let line = ["/opt/bin/leaky", "cure", HOSTILE];
    Provenance::new(line.into_iter().map(Into::into))
        .network(HOSTILE)
        .data("Data", "train.npz", 1347)
        .seed(7)
}

/// Seven rectifiers at two rates with five seeds, one of which diverged.
pub(super) fn comparison() -> Comparison {
    let names = [
        "relu",
        "leaky-relu:0.01",
        "leaky-relu:0.1",
        "leaky-relu:0.3",
        "prelu",
        "rrelu",
        "elu",
    ];
    let candidates = names.map(|name| name.parse::<Candidate>().expect("a rectifier"));
    let (mut trials, mut summary) = (Vec::new(), Vec::new());
    for (rate, lr) in [0.001, 0.1].into_iter().enumerate() {
        for (place, rectifier) in candidates.into_iter().enumerate() {
            let loss = 0.03 + rate as f64 * 0.3 / (1.0 + place as f64);
            let dead = rate as f64 * 0.6 / (1.0 + place as f64);
            for seed in 0..5 {
                let away = seed as f64 / 100.0;
                let epochs = (1..=20_i32).map(|number| Epoch {
                    train_loss: 2.0 / f64::from(number),
                    validation_loss: 2.2 / f64::from(number),
                    score: 1.0 - loss - away - 0.7 * 0.6_f64.powi(number),
                    recycled: 0,
                    seconds: 0.1,
                });
                let diverged = (rate == 1 && place == 0 && seed == 4).then_some(3);
                trials.push(Trial {
                    test: None,
                    rectifier,
                    lr,
                    seed,
                    score: 1.0 - loss - away,
                    dead_fraction: diverged.is_none().then_some(dead * (1.0 - away)),
                    epochs: epochs
                        .take(diverged.map_or(20, |epoch| epoch - 1))
                        .collect(),
                    diverged,
                    seconds: 2.0,
                });
            }
            summary.push(Row {
                test: None,
                rectifier,
                lr,
                seeds: 5,
                mean: 1.0 - loss - 0.02,
                std: Some(0.0158),
                dead_fraction: Some(dead * 0.98),
                reached_relu: Some(4),
                epochs_to_relu: (place != 0).then_some(6.5),
                seconds_per_epoch: 0.1,
                p_value: (place != 0).then_some(0.0312),
                diverged: usize::from(rate == 1 && place == 0),
            });
        }
    }
    Comparison {
        normalization: Vec::new(),
        model: "digits.onnx".into(),
        metric: Metric::Accuracy,
        trials,
        summary,
        best: Candidate::LeakyRelu(0.3),
        best_lr: 0.001,
        conclusive: true,
        p_value: Some(0.0312),
        verdict: "leaky-relu:0.3 at learning rate 0.001 is best.".into(),
        seconds: 140.0,
    }
}
