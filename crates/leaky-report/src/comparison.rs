//! The page of a comparison.

use maud::{Markup, html};

use super::figures::learning_curves::{means, seeds};
use super::figures::rectifier::rectifier;
use super::figures::rectifiers::{dead_units, scores};
use super::page::{Tile, page, section, table, tiles};
use super::provenance::Provenance;
use crate::curve::Curve;
use crate::error::ReportError;
use leaky_cure::candidate::Candidate;
use leaky_cure::compare::{Comparison, Row, p_text};
use leaky_cure::text::score;

/// The page of a comparison.
///
/// # Errors
///
/// Where a drawing fails.
pub fn comparison(comparison: &Comparison, provenance: &Provenance) -> Result<String, ReportError> {
    let body = html! {
        (tiles(&figures(comparison)))
        (section("Score", &html! { (method(comparison)) (scores(comparison)?) }))
        (section("Dead units", &dead_units(comparison)?))
        (section("Training", &html! { (means(comparison)?) (seeds(comparison)?) }))
        (section("The best rectifier", &rectifier(
            &format!("{} and its gradient", comparison.best),
            &curves(comparison.best)?,
        )?))
        (section("All figures", &html! {
            (summary_table(comparison))
            (trial_table(comparison))
        }))
        (provenance.markup())
    };
    let title = format!("Rectifiers compared on {}", comparison.model);
    Ok(page(&title, &comparison.verdict, &body))
}

/// What was done, for those who do not know the tool.
fn method(comparison: &Comparison) -> Markup {
    let seeds = comparison.summary.iter().map(|row| row.seeds).max();
    html! {
        p.aside {
            "Each rectifier took the place of every hidden one of the network, and was trained with the \
             same " (seeds.unwrap_or(0)) " seeds: a seed fixes all random numbers of a training. Leaky \
             ReLU lets the part alpha of what lies below zero through, where ReLU lets nothing \
             through; prelu learns alpha, rrelu draws it at random in training, elu bends smoothly."
        }
    }
}

fn figures(comparison: &Comparison) -> Vec<Tile> {
    let row = |candidate: Candidate| {
        let mut rows = comparison.summary.iter();
        rows.find(|row| row.rectifier == candidate && row.lr == comparison.best_lr)
    };
    let (best, relu) = (row(comparison.best), row(Candidate::Relu));
    let relu = relu.filter(|_| comparison.best != Candidate::Relu);
    let metric = comparison.metric.name();
    let value = |of: fn(&Row) -> String, row: Option<&Row>| row.map(of);
    let beside = match relu {
        Some(_) => "ReLU at this rate, then the best",
        None => "mean of the seeds",
    };
    vec![
        Tile::new(
            "Best rectifier",
            comparison.best.to_string(),
            &format!("at learning rate {}", comparison.best_lr),
        ),
        Tile {
            was: value(mean, relu),
            ..Tile::new(
                &format!("Validation {metric}"),
                value(mean, best).unwrap_or_else(unknown),
                beside,
            )
        },
        Tile {
            was: value(dead, relu),
            ..Tile::new(
                "Dead units",
                value(dead, best).unwrap_or_else(unknown),
                beside,
            )
        },
        Tile::new(
            "Beyond the seeds' noise",
            if comparison.conclusive { "yes" } else { "no" }.to_owned(),
            &match comparison.p_value {
                Some(p) => format!("p = {}, corrected", p_text(p)),
                None => "no p-value can be told".to_owned(),
            },
        ),
        Tile::new(
            "Trainings",
            comparison.trials.len().to_string(),
            &match comparison
                .trials
                .iter()
                .filter(|trial| trial.diverged.is_some())
                .count()
            {
                0 => "none diverged".to_owned(),
                diverged => format!("{diverged} diverged"),
            },
        ),
    ]
}

fn unknown() -> String {
    "–".to_owned()
}

fn mean(row: &Row) -> String {
    score(row.mean)
}

fn dead(row: &Row) -> String {
    let fraction = row.dead_fraction;
    fraction.map_or_else(unknown, |part| format!("{:.1}\u{a0}%", 100.0 * part))
}

/// The best rectifier, and ReLU beside it.
fn curves(best: Candidate) -> Result<Vec<Curve>, ReportError> {
    let name = match best {
        Candidate::Relu => None,
        Candidate::LeakyRelu(alpha) => Some(format!("Leaky ReLU, alpha {alpha}")),
        Candidate::PRelu(alpha) => Some(format!("PReLU, alpha {alpha} before training")),
        Candidate::RRelu => Some("RReLU, the mean of its slopes".to_owned()),
        Candidate::Elu(alpha) => Some(format!("ELU, alpha {alpha}")),
    };
    let chosen = name.map(|name| Curve::of(name, best));
    let relu = Curve::of("ReLU".into(), Candidate::Relu);
    let curves = chosen.into_iter().chain([relu]);
    Ok(curves.collect::<Result<_, _>>()?)
}

fn summary_table(comparison: &Comparison) -> Markup {
    let or_dash = |value: Option<String>| value.unwrap_or_else(unknown);
    let tested = comparison.summary.iter().any(|row| row.test.is_some());
    let rows: Vec<Vec<String>> = comparison
        .summary
        .iter()
        .map(|row| {
            let mut cells = vec![
                row.rectifier.to_string(),
                row.lr.to_string(),
                mean(row),
                or_dash(row.std.map(score)),
                dead(row),
                or_dash(row.p_value.map(p_text)),
                or_dash(
                    row.reached_relu
                        .map(|reached| format!("{reached} of {}", row.seeds)),
                ),
                or_dash(row.epochs_to_relu.map(|epochs| format!("{epochs:.1}"))),
                row.diverged.to_string(),
                format!("{:.2}", row.seconds_per_epoch),
            ];
            if tested {
                cells.insert(3, or_dash(row.test.map(score)));
            }
            cells
        })
        .collect();
    let metric = format!("mean {}", comparison.metric.name());
    let test = format!("mean test {}", comparison.metric.name());
    let mut header = vec![
        "rectifier",
        "learning rate",
        &metric,
        "standard deviation",
        "dead units",
        "p against ReLU",
        "reached ReLU's score",
        "in epochs",
        "diverged",
        "seconds an epoch",
    ];
    if tested {
        header.insert(3, &test);
    }
    table("By rectifier and learning rate", &header, 1, &rows)
}

fn trial_table(comparison: &Comparison) -> Markup {
    let rows: Vec<Vec<String>> = comparison
        .trials
        .iter()
        .map(|trial| {
            let dead = trial.dead_fraction;
            let last = trial.epochs.last();
            vec![
                trial.rectifier.to_string(),
                trial.lr.to_string(),
                trial.seed.to_string(),
                score(trial.score),
                dead.map_or_else(unknown, |part| format!("{:.1} %", 100.0 * part)),
                trial.epochs.len().to_string(),
                last.map_or_else(unknown, |epoch| score(epoch.train_loss)),
                last.map_or_else(unknown, |epoch| score(epoch.validation_loss)),
                match trial.diverged {
                    Some(epoch) => format!("in epoch {epoch}"),
                    None => "no".to_owned(),
                },
            ]
        })
        .collect();
    let header = [
        "rectifier",
        "learning rate",
        "seed",
        comparison.metric.name(),
        "dead units",
        "epochs",
        "training loss",
        "validation loss",
        "diverged",
    ];
    table("Every training", &header, 1, &rows)
}
