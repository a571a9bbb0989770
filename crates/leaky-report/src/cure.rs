//! The page of a cure.

use maud::{Markup, html};

use super::causes::causes;
use super::figures::epochs::epochs;
use super::figures::rectifier::rectifier;
use super::page::{Tile, page, percent, section, table, tiles};
use super::provenance::Provenance;
use super::sections;
use crate::curve::Curve;
use crate::error::ReportError;
use leaky_cure::candidate::Candidate;
use leaky_cure::cure::Report;
use leaky_cure::diagnose::GradientNorm;
use leaky_cure::text::score;
use leaky_cure::train::End;

/// The page of a cure, with the gradient norms of the network as it was given and as it is written.
///
/// # Errors
///
/// Where a drawing fails.
pub fn cure(
    report: &Report,
    end: End,
    [before, after]: [Vec<GradientNorm>; 2],
    provenance: &Provenance,
) -> Result<String, ReportError> {
    let gradients = Ok(before);
    let body = html! {
        (tiles(&figures(report)))
        (sections::network(&report.before, Some(&report.after)))
        (causes(&report.before))
        (section("The training", &training(report)?))
        (sections::gradient(&gradients, Some(&after))?)
        (section("The rectifier", &rectifier("The hidden rectifier and its gradient", &curves(report)?)?))
        (section("All figures", &html! {
            (sections::layer_table("Units by layer, before", &report.before))
            (sections::layer_table("Units by layer, after", &report.after))
            (alpha_table(report))
            (epoch_table(report))
            @if let Ok(norms) = &gradients { (sections::gradient_table(norms, Some(&after))) }
            (not_revived(report))
            (checks(report))
        }))
        (provenance.noted(&report.before.notes).markup())
    };
    let title = format!("The cure of {}", report.before.model);
    Ok(page(&title, &verdict(report, end), &body))
}

fn verdict(report: &Report, end: End) -> String {
    let (before, after) = (&report.before, &report.after);
    let scores = &report.score;
    let metric = scores.metric.name();
    let mut verdict = match report.best_epoch {
        None => format!(
            "Nothing validated better than the network as it was given, so it is written unchanged: \
             {} of {} units are dead, the validation {metric} is {}.",
            after.dead,
            after.units,
            score(scores.after)
        ),
        Some(_) => format!(
            "{} of {} units were dead; after the cure {}. The validation {metric} was {} and is now \
             {}.",
            before.dead,
            before.units,
            match after.dead {
                0 => "none is".to_owned(),
                1 => "1 is".to_owned(),
                dead => format!("{dead} are"),
            },
            score(scores.before),
            score(scores.after)
        ),
    };
    if let Some(test) = scores.test {
        verdict = format!(
            "The test {metric} is {}, on samples that nothing was chosen by. {verdict}",
            score(test)
        );
    }
    match end {
        End::Done => {}
        End::NoBetter(epochs) => verdict.push_str(&format!(
            " The training ended early: none of its last {epochs} epochs validated better."
        )),
        End::Stopped => verdict.push_str(" The training was interrupted."),
        End::Diverged(epoch) => verdict.push_str(&format!(
            " The loss became NaN or infinite in epoch {epoch}; the best network before it was kept."
        )),
    }
    verdict
}

fn figures(report: &Report) -> Vec<Tile> {
    let (before, after) = (&report.before, &report.after);
    let scores = &report.score;
    let kept = match report.best_epoch {
        Some(epoch) => format!("epoch {epoch} of {} kept", report.epochs.len()),
        None => "the network is as it was given".to_owned(),
    };
    let slope = match report.alpha {
        0.0 => "the hidden rectifiers stay ReLUs",
        _ if !report.alpha_trials.is_empty() => "the slope below zero, chosen by short trials",
        _ => "the slope below zero",
    };
    let test = scores.test.map(|test| {
        Tile::new(
            &format!("Test {}", scores.metric.name()),
            score(test),
            "on samples that nothing was chosen by",
        )
    });
    let others = [
        Tile {
            was: Some(percent(before.dead, before.units)),
            ..Tile::new(
                "Dead units",
                percent(after.dead, after.units),
                &format!("{}, then {} of {}", before.dead, after.dead, after.units),
            )
        },
        Tile {
            was: Some(score(scores.before)),
            ..Tile::new(
                &format!("Validation {}", scores.metric.name()),
                score(scores.after),
                &kept,
            )
        },
        Tile::new(
            "Revived units",
            report.revived.to_string(),
            &revived(report),
        ),
        Tile::new("Alpha", report.alpha.to_string(), slope),
    ];
    test.into_iter().chain(others).collect()
}

/// What is said below the number of revived units.
fn revived(report: &Report) -> String {
    let left = report.not_revived.len();
    let mut said = match report.revived_within_bound {
        0 => format!("{left} were left"),
        small => format!("{small} of them within the bound, {left} were left"),
    };
    if report.recycled > 0 {
        said.push_str(&format!("; {} recycled in training", report.recycled));
    }
    said
}

fn training(report: &Report) -> Result<Markup, ReportError> {
    match report.epochs.is_empty() {
        true => {
            Ok(html! { p { "No epoch was finished, so there is no loss and no score to draw." } })
        }
        false => epochs(report),
    }
}

/// Leaky ReLU beside the ReLU whose place it takes.
fn curves(report: &Report) -> Result<Vec<Curve>, ReportError> {
    let alpha = report.alpha;
    let leaky = (alpha != 0.0).then(|| {
        Curve::of(
            format!("Leaky ReLU, alpha {alpha}"),
            Candidate::LeakyRelu(alpha),
        )
    });
    let relu = Curve::of("ReLU".into(), Candidate::Relu);
    let curves = leaky.into_iter().chain([relu]);
    Ok(curves.collect::<Result<_, _>>()?)
}

fn epoch_table(report: &Report) -> Markup {
    let rows: Vec<Vec<String>> = report
        .epochs
        .iter()
        .enumerate()
        .map(|(index, epoch)| {
            let mut row = vec![
                (index + 1).to_string(),
                score(epoch.train_loss),
                score(epoch.validation_loss),
                score(epoch.score),
            ];
            if report.recycled > 0 {
                row.push(epoch.recycled.to_string());
            }
            row
        })
        .collect();
    let metric = format!("validation {}", report.score.metric.name());
    let mut header = vec!["epoch", "training loss", "validation loss", &metric];
    if report.recycled > 0 {
        header.push("units recycled");
    }
    table("Epochs", &header, 0, &rows)
}

/// What the slope was chosen by, where it was.
fn alpha_table(report: &Report) -> Markup {
    if report.alpha_trials.is_empty() {
        return html! {};
    }
    let trials = report.alpha_trials.iter();
    let rows: Vec<Vec<String>> = trials
        .map(|trial| {
            vec![
                trial.alpha.to_string(),
                trial.epochs.to_string(),
                score(trial.score),
                score(trial.validation_loss),
            ]
        })
        .collect();
    let metric = format!("validation {}", report.score.metric.name());
    let header = ["alpha", "epochs", &metric, "validation loss"];
    table("Short trials to choose alpha", &header, 0, &rows)
}

fn not_revived(report: &Report) -> Markup {
    if report.not_revived.is_empty() {
        return html! {};
    }
    let rows: Vec<Vec<String>> = report
        .not_revived
        .iter()
        .map(|unit| {
            vec![
                unit.layer.clone(),
                unit.reason.clone(),
                unit.unit.to_string(),
            ]
        })
        .collect();
    table(
        "Dead units that were left",
        &["layer", "why", "unit"],
        2,
        &rows,
    )
}

fn checks(report: &Report) -> Markup {
    let none = || "none was written".to_owned();
    let rows = [
        (
            "largest change of an output by the revival, before training",
            score(report.revival_max_difference),
        ),
        (
            "the same for the validation samples, by which no unit was found dead",
            score(report.revival_max_difference_validation),
        ),
        (
            "largest difference of an output between the file, read again, and the network in memory",
            report.verified_max_difference.map_or_else(none, score),
        ),
        ("file written", report.output.clone().unwrap_or_else(none)),
    ];
    let rows: Vec<Vec<String>> = rows
        .into_iter()
        .map(|(what, value)| vec![what.to_owned(), value])
        .collect();
    table("Checks", &["what", "value"], 1, &rows)
}
