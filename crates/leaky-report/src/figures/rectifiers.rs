//! What each rectifier came to, side by side: the slopes of Leaky ReLU in their order, then the other
//! rectifiers. Every seed is a point.

use maud::{Markup, html};
use plotters::prelude::*;
use plotters::style::FontTransform;
use plotters::style::text_anchor::{HPos, VPos};

use crate::chart::{Area, Axes, Drawn, HEIGHT, Plane, chart, label, range};
use crate::error::ReportError;
use crate::page::figure;
use crate::series::markers;
use leaky_cure::candidate::Candidate;
use leaky_cure::compare::{Comparison, Row, Trial};
use leaky_cure::text::score;

/// So many names stand side by side; more are turned upright.
const SIDE_BY_SIDE: usize = 8;

/// What is drawn of a comparison.
struct Measure<'a> {
    name: &'a str,
    /// Of one training.
    of_trial: fn(&Trial) -> Option<f64>,
    /// The mean of the seeds.
    of_row: fn(&Row) -> Option<f64>,
    /// Their standard deviation.
    spread: fn(&Row) -> Option<f64>,
    /// Whether it is a part of all, which starts at 0.
    part: bool,
}

/// Each rectifier's score at each learning rate, and each seed's.
///
/// # Errors
///
/// Where the drawing fails.
pub(crate) fn scores(comparison: &Comparison) -> Result<Markup, ReportError> {
    let metric = comparison.metric.name();
    let measure = Measure {
        name: &format!("validation {metric}"),
        of_trial: |trial| Some(trial.score),
        of_row: |row| Some(row.mean),
        spread: |row| row.std,
        part: false,
    };
    Ok(figure(
        &format!("Validation {metric} by alpha"),
        "The score of the epoch that validated best. Each ring is one seed, the large mark their mean, the upright line one standard deviation to \
         either side; the dotted line across is the mean of ReLU. Slopes stand in their order, not to \
         scale.",
        &panels(comparison, &measure)?,
    ))
}

/// Each rectifier's share of dead units at each learning rate, and each seed's.
///
/// # Errors
///
/// Where the drawing fails.
pub(crate) fn dead_units(comparison: &Comparison) -> Result<Markup, ReportError> {
    let measure = Measure {
        name: "dead units in %",
        of_trial: |trial| trial.dead_fraction.map(|part| 100.0 * part),
        of_row: |row| row.dead_fraction.map(|part| 100.0 * part),
        spread: |_| None,
        part: true,
    };
    Ok(figure(
        "Dead units by alpha",
        "The share of units that no sample brings above zero after the last epoch. Each ring is one \
         seed, the large mark and the bar their mean.",
        &panels(comparison, &measure)?,
    ))
}

/// The rectifiers as they stand along the axis: ReLU and Leaky ReLU by their slope, then the others.
pub(crate) fn along(comparison: &Comparison) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = Vec::new();
    for row in &comparison.summary {
        if !found.contains(&row.rectifier) {
            found.push(row.rectifier);
        }
    }
    found.sort_by(|one, other| match (slope(*one), slope(*other)) {
        (Some(one), Some(other)) => one.total_cmp(&other),
        (one, other) => other.is_some().cmp(&one.is_some()),
    });
    found
}

/// The learning rates, in the order they were asked for.
pub(crate) fn rates(comparison: &Comparison) -> Vec<f64> {
    let mut found = Vec::new();
    for row in &comparison.summary {
        if !found.contains(&row.lr) {
            found.push(row.lr);
        }
    }
    found
}

fn slope(candidate: Candidate) -> Option<f32> {
    match candidate {
        Candidate::Relu => Some(0.0),
        Candidate::LeakyRelu(alpha) => Some(alpha),
        Candidate::PRelu(_) | Candidate::RRelu | Candidate::Elu(_) => None,
    }
}

/// A panel for each learning rate.
fn panels(comparison: &Comparison, measure: &Measure) -> Result<Markup, ReportError> {
    let along = along(comparison);
    let mut panels = Vec::new();
    for lr in rates(comparison) {
        let rows: Vec<&Row> = along
            .iter()
            .filter_map(|candidate| {
                let mut rows = comparison.summary.iter();
                rows.find(|row| row.lr == lr && row.rectifier == *candidate)
            })
            .collect();
        let drawn = panel(comparison, measure, &rows, lr)?;
        panels.push(html! { div { h3 { "Learning rate " (lr) } (drawn) } });
    }
    Ok(html! { div.panels { @for panel in panels { (panel) } } })
}

fn panel(
    comparison: &Comparison,
    measure: &Measure,
    rows: &[&Row],
    lr: f64,
) -> Result<Markup, ReportError> {
    let seeds: Vec<Vec<f64>> = rows
        .iter()
        .map(|row| {
            let trials = comparison.trials.iter();
            trials
                .filter(|trial| trial.lr == lr && trial.rectifier == row.rectifier)
                .filter_map(measure.of_trial)
                .collect()
        })
        .collect();
    let turned = rows.len() > SIDE_BY_SIDE;
    let height = if turned { HEIGHT + 130 } else { HEIGHT };
    chart(height, &in_words(measure, rows, lr), |area| {
        let ends = rows.iter().flat_map(|row| {
            let mean = (measure.of_row)(row);
            let spread = (measure.spread)(row).unwrap_or(0.0);
            mean.into_iter()
                .flat_map(move |mean| [mean - spread, mean + spread])
        });
        let values = seeds.iter().flatten().copied().chain(ends);
        let mut y = range(values.chain(measure.part.then_some(0.0)));
        if measure.part {
            // A little below, so that marks at 0 are seen whole.
            let highest = y.end.max(1.0);
            y = -0.04 * highest..highest;
        }
        let axes = Axes {
            x: -0.6..rows.len() as f64 - 0.4,
            y,
            x_name: "alpha, or another rectifier",
            y_name: measure.name,
            x_labels: 0,
            bottom: if turned { 220 } else { 110 },
            ..Axes::new()
        };
        let mut plane = axes.draw(area)?;
        level_of_relu(&mut plane, measure, rows)?;
        for (place, row) in rows.iter().enumerate() {
            name(area, &plane, place, row.rectifier, turned)?;
            column(&mut plane, measure, place, row, &seeds[place])?;
        }
        Ok(())
    })
}

fn in_words(measure: &Measure, rows: &[&Row], lr: f64) -> String {
    let rows: Vec<String> = rows
        .iter()
        .map(|row| match ((measure.of_row)(row), (measure.spread)(row)) {
            (None, _) => format!("{} not known", row.rectifier),
            (Some(mean), None) => format!("{} {}", row.rectifier, score(mean)),
            (Some(mean), Some(spread)) => format!(
                "{} {} with a standard deviation of {}",
                row.rectifier,
                score(mean),
                score(spread)
            ),
        })
        .collect();
    format!(
        "Mean {} at learning rate {lr}: {}",
        measure.name,
        rows.join("; ")
    )
}

/// A line across at what ReLU came to.
fn level_of_relu(plane: &mut Plane, measure: &Measure, rows: &[&Row]) -> Drawn {
    let mut found = rows.iter().filter(|row| row.rectifier == Candidate::Relu);
    let Some(level) = found.next().and_then(|row| (measure.of_row)(row)) else {
        return Ok(());
    };
    if level.is_finite() {
        let x = plane.x_range();
        let across = [(x.start, level), (x.end, level)];
        let style = BLACK.mix(0.5).stroke_width(2);
        plane.draw_series(DashedLineSeries::new(across, 3, 9, style))?;
    }
    Ok(())
}

/// The name of a rectifier below its column.
fn name(area: &Area, plane: &Plane, place: usize, candidate: Candidate, turned: bool) -> Drawn {
    let text = match candidate {
        Candidate::LeakyRelu(alpha) => alpha.to_string(),
        other => other.to_string(),
    };
    let (x, y) = plane.backend_coord(&(place as f64, plane.y_range().start));
    match turned {
        false => area.draw(&Text::new(
            text,
            (x, y + 12),
            label(HPos::Center, VPos::Top),
        )),
        true => {
            let style = label(HPos::Left, VPos::Center).transform(FontTransform::Rotate90);
            area.draw(&Text::new(text, (x, y + 12), style))
        }
    }
}

/// The seeds of one rectifier, and their mean.
fn column(plane: &mut Plane, measure: &Measure, place: usize, row: &Row, seeds: &[f64]) -> Drawn {
    let x = place as f64;
    let mean = (measure.of_row)(row).filter(|mean| mean.is_finite());
    if let (Some(mean), true) = (mean, measure.part) {
        let style = BLACK.mix(0.12).filled();
        plane.draw_series([Rectangle::new([(x - 0.3, 0.0), (x + 0.3, mean)], style)])?;
    }
    if let (Some(mean), Some(spread)) = (mean, (measure.spread)(row)) {
        let upright = [(x, mean - spread), (x, mean + spread)];
        plane.draw_series(LineSeries::new(upright, BLACK.mix(0.6).stroke_width(4)))?;
    }
    let rings = seeds
        .iter()
        .enumerate()
        .filter(|(_, seed)| seed.is_finite());
    // Side by side, lest equal ones hide each other.
    let middle = (seeds.len().max(1) - 1) as f64 / 2.0;
    let rings = rings.map(|(index, seed)| {
        let aside = (index as f64 - middle) * (0.44 / seeds.len().max(2) as f64);
        Circle::new((x + aside, *seed), 7, BLACK.mix(0.55).stroke_width(2))
    });
    plane.draw_series(rings)?;
    markers(plane, 1, mean.map(|mean| (x, mean)))
}
