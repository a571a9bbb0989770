//! Lines that are told apart by colour, dash and marker, and the legend that names them.

use maud::{Markup, html};
use plotters::prelude::*;

use super::chart::{Area, Drawn, Plane, content};
use crate::drawing::{COLOURS, colour, dashes};
use crate::error::ReportError;
use leaky_cure::text::printable;

/// The radius of a marker, in a chart's units.
const MARKER: i32 = 9;

/// The width of a line, in a chart's units.
const STROKE: u32 = 5;

/// A line through points. It breaks where a point is not finite.
pub(super) fn line(plane: &mut Plane, series: usize, points: &[(f64, f64)]) -> Drawn {
    let (dash, gap) = dashes(series);
    let style = colour(series).stroke_width(STROKE);
    for part in points.split(|point| !point.1.is_finite()) {
        let pieces = DashedLineSeries::new(part.to_vec(), 2 * dash, 2 * gap, style);
        plane.draw_series(pieces)?;
    }
    Ok(())
}

/// A line through points, with markers at all of them, or where they are many at about `most`: at
/// others for each series, lest they hide each other.
pub(super) fn marked_line(
    plane: &mut Plane,
    series: usize,
    points: &[(f64, f64)],
    most: usize,
) -> Drawn {
    line(plane, series, points)?;
    let every = points.len().div_ceil(most.max(1)).max(1);
    let first = series % every;
    markers(
        plane,
        series,
        points.iter().copied().skip(first).step_by(every),
    )
}

/// A thin line behind others, such as one seed of several.
pub(super) fn thin_line(plane: &mut Plane, series: usize, points: &[(f64, f64)]) -> Drawn {
    let style = colour(series).mix(0.35).stroke_width(2);
    for part in points.split(|point| !point.1.is_finite()) {
        plane.draw_series(LineSeries::new(part.iter().copied(), style))?;
    }
    Ok(())
}

/// The markers of a series at some points; points that are not finite are passed over.
pub(super) fn markers(
    plane: &mut Plane,
    series: usize,
    points: impl IntoIterator<Item = (f64, f64)>,
) -> Drawn {
    for (x, y) in points.into_iter().filter(|point| point.1.is_finite()) {
        let place = plane.backend_coord(&(x, y));
        marker(plane.plotting_area().strip_coord_spec(), series, place)?;
    }
    Ok(())
}

/// One marker around a place on the whole drawing.
fn marker(area: Area, series: usize, (x, y): (i32, i32)) -> Drawn {
    let style = colour(series);
    let filled = style.filled();
    let outline = style.stroke_width(4);
    let r = MARKER;
    // The area counts from its own corner.
    let (left, top) = area.get_base_pixel();
    let at = (x - left, y - top);
    let around = |shape: &[(i32, i32)]| -> Vec<(i32, i32)> {
        let moved = shape.iter().map(|(dx, dy)| (at.0 + dx, at.1 + dy));
        moved.collect()
    };
    match series % 8 {
        0 => area.draw(&Circle::new(at, r, filled)),
        1 => area.draw(&Polygon::new(
            around(&[(0, -r - 3), (r + 2, r), (-r - 2, r)]),
            filled,
        )),
        2 => area.draw(&Polygon::new(
            around(&[(-r, -r), (r, -r), (r, r), (-r, r)]),
            filled,
        )),
        3 => area.draw(&Cross::new(at, r, outline)),
        4 => area.draw(&Circle::new(at, r, outline)),
        5 => {
            let diamond = [(0, -r - 4), (r + 4, 0), (0, r + 4), (-r - 4, 0)];
            area.draw(&Polygon::new(around(&diamond), filled))
        }
        6 => {
            let corners = [(-r, -r), (r, -r), (r, r), (-r, r), (-r, -r)];
            area.draw(&PathElement::new(around(&corners), outline))
        }
        _ => {
            let down = [(0, r + 3), (r + 2, -r), (-r - 2, -r)];
            area.draw(&Polygon::new(around(&down), filled))
        }
    }
}

/// Lighter colours for the series on a dark page, in place of those of [`COLOURS`] that are not the
/// text's.
const ON_DARK: [&str; 8] = [
    "#56B4E9",
    "#FF8A4A",
    "#2CC79B",
    "#E39BC4",
    "currentColor",
    "#D6AE2E",
    "#A8A8A8",
    "#D29B78",
];

/// Styles that give the series of charts their colours on a dark page, on screens: paper is white.
pub(super) fn series_on_dark() -> String {
    let rules: String = COLOURS
        .iter()
        .zip(ON_DARK)
        .filter(|(colour, _)| **colour != BLACK)
        .map(|(RGBColor(r, g, b), dark)| {
            let colour = format!("#{r:02X}{g:02X}{b:02X}");
            format!(
                ".chart [stroke=\"{colour}\"], .line [stroke=\"{colour}\"] {{ stroke: {dark}; }}\n\
                 .chart [fill=\"{colour}\"], .line [fill=\"{colour}\"] {{ fill: {dark}; }}\n"
            )
        })
        .collect();
    format!("@media screen and (prefers-color-scheme: dark) {{\n{rules}}}\n")
}

/// The names of series beside their lines.
///
/// # Errors
///
/// Where the drawing fails.
pub(super) fn legend(names: &[(usize, String)]) -> Result<Markup, ReportError> {
    let mut entries = Vec::new();
    for (series, name) in names {
        let series = *series;
        let sample = content((96, 32), |area| {
            let mut plane = ChartBuilder::on(area).build_cartesian_2d(0.0..1.0, 0.0..1.0)?;
            line(&mut plane, series, &[(0.0, 0.5), (1.0, 0.5)])?;
            markers(&mut plane, series, [(0.5, 0.5)])
        })?;
        entries.push(html! {
            li {
                svg.line viewBox="0 0 96 32" aria-hidden="true" { (sample) }
                (printable(name))
            }
        });
    }
    Ok(html! { ul.legend { @for entry in entries { (entry) } } })
}
