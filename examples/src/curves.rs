//! The course of all trainings as one picture: what was learned, and which units died.

use plotters::coord::Shift;
use plotters::prelude::*;

use crate::Result;
use crate::picture::{Picture, know_font};
use crate::trials::Trial;
use crate::watch::Epoch;

const WIDTH: usize = 900;
const HEIGHT: usize = 350;
/// The rows above the panels, which say which colour is what.
const LEGEND: i32 = 26;

/// Colours that people with any kind of colour vision tell apart, after Okabe and Ito (2008), "Color
/// Universal Design".
const COLOURS: [RGBColor; 4] = [
    RGBColor(213, 94, 0),
    RGBColor(0, 114, 178),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
];

type Drawn = std::result::Result<(), Box<dyn std::error::Error>>;

/// One line of a panel.
type Line = (usize, Vec<(f64, f64)>);

/// What was measured by step, or else the loss, and beside it the units that are dead or dormant: a line
/// for each training, a colour for each setting.
///
/// # Errors
/// If the drawing fails.
pub fn learning_curves<N>(trials: &[Trial<N>]) -> Result<Vec<u8>> {
    know_font()?;
    let mut names: Vec<&str> = Vec::new();
    for trial in trials {
        if !names.contains(&trial.name.as_str()) {
            names.push(&trial.name);
        }
    }
    let lines = |value: fn(&Epoch) -> f64| -> Vec<Line> {
        let line = |trial: &Trial<N>| {
            let colour = names
                .iter()
                .position(|name| *name == trial.name)
                .unwrap_or(0);
            let points = trial
                .epochs
                .iter()
                .map(|epoch| (epoch.step as f64, value(epoch)));
            (colour, points.filter(|point| point.1.is_finite()).collect())
        };
        trials.iter().map(line).collect()
    };
    let mut picture = Picture::new(WIDTH, HEIGHT, [255; 3]);
    picture.draw(|area| {
        let (_, area) = area.split_vertically(LEGEND);
        let (left, right) = area.split_horizontally(WIDTH as i32 / 2);
        let (what, value): (_, fn(&Epoch) -> f64) = match measured(trials) {
            Some(what) => (what, |epoch| epoch.score.unwrap_or(f64::NAN)),
            None => ("loss", |epoch| epoch.loss),
        };
        panel(&left, what, &lines(value), 1e-3)?;
        let idle = lines(|epoch| (epoch.dead + epoch.dormant) * 100.0);
        panel(&right, "dead or dormant units, %", &idle, 1.0)
    })?;
    for (place, name) in names.iter().enumerate() {
        let left = 70 + place * 190;
        let RGBColor(red, green, blue) = COLOURS[place % COLOURS.len()];
        picture.fill([left, 13], [20, 3], [red, green, blue]);
        picture.text([left + 28, 14], 16, name)?;
    }
    picture.png()
}

/// What the epochs' scores are called, if they have any.
fn measured<N>(trials: &[Trial<N>]) -> Option<&'static str> {
    let trial = trials
        .iter()
        .find(|trial| trial.epochs.iter().any(|epoch| epoch.score.is_some()))?;
    trial.scores.first().map(|score| score.name)
}

/// Lines over steps; the axis of what they show spans at least `least`.
fn panel(
    area: &DrawingArea<BitMapBackend, Shift>,
    what: &str,
    lines: &[Line],
    least: f64,
) -> Drawn {
    let points = || lines.iter().flat_map(|(_, points)| points);
    let last = points().map(|point| point.0).fold(1.0, f64::max);
    let lowest = points().map(|point| point.1).fold(0.0, f64::min);
    let highest = points()
        .map(|point| point.1)
        .fold(f64::MIN_POSITIVE, f64::max);
    let top = lowest + (highest - lowest).max(least) * 1.05;
    let mut chart = ChartBuilder::on(area)
        .margin(10)
        .x_label_area_size(38)
        .y_label_area_size(52)
        .build_cartesian_2d(0.0..last, lowest..top)
        .map_err(failed)?;
    chart
        .configure_mesh()
        .x_desc("step")
        .y_desc(what)
        .x_labels(6)
        .x_label_formatter(&|step| format!("{step:.0}"))
        .label_style(("sans-serif", 14))
        .light_line_style(TRANSPARENT)
        .draw()
        .map_err(failed)?;
    for (place, points) in lines {
        let style = COLOURS[place % COLOURS.len()].stroke_width(2);
        let line = LineSeries::new(points.iter().copied(), style);
        chart.draw_series(line).map_err(failed)?;
    }
    Ok(())
}

fn failed(error: impl std::fmt::Display) -> Box<dyn std::error::Error> {
    format!("the curves cannot be drawn: {error}").into()
}
