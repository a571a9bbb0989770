//! Charts for a page: drawn by plotters, then made to fit both of its colour schemes.

use std::ops::Range;

use maud::{Markup, PreEscaped, html};
use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::drawing::failed;
use crate::error::ReportError;
use crate::svg::Svg;
use leaky_cure::text::printable;

/// How wide a chart is, in its own units. A page shows it at about half of that, so that a unit is
/// finer than a pixel.
pub(super) const WIDTH: u32 = 960;

/// The height of a chart that has no rows.
pub(super) const HEIGHT: u32 = 600;

/// The size of texts, in a chart's units.
pub(super) const TEXT: u32 = 33;

/// Something to draw on.
pub(super) type Area<'a> = DrawingArea<Svg<'a>, Shift>;

/// Something to draw on, with two axes.
pub(super) type Plane<'a, 'b> =
    ChartContext<'a, Svg<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

/// The outcome of drawing.
pub(super) type Drawn<T = ()> = Result<T, DrawingAreaErrorKind<std::io::Error>>;

/// A chart, with what it shows in words.
///
/// # Errors
///
/// Where the drawing fails.
pub(super) fn chart(
    height: u32,
    words: &str,
    draw: impl FnOnce(&Area) -> Drawn,
) -> Result<Markup, ReportError> {
    let content = content((WIDTH, height), draw)?;
    Ok(html! {
        svg.chart viewBox={ "0 0 " (WIDTH) " " (height) } role="img" aria-label=(printable(words)) {
            (content)
        }
    })
}

/// What plotters draws, without the root element, on transparent ground and with black turned into
/// the colour of the page's text.
pub(super) fn content(
    size: (u32, u32),
    draw: impl FnOnce(&Area) -> Drawn,
) -> Result<Markup, ReportError> {
    let mut drawing = String::new();
    {
        let area = Svg::new(&mut drawing, size)?.into_drawing_area();
        draw(&area).map_err(failed)?;
        area.present().map_err(failed)?;
    }
    let inside = drawing
        .split_once('>')
        .and_then(|(_, rest)| rest.rsplit_once("</svg>"))
        .map_or("", |(inside, _)| inside);
    // Texts hold no bare quotes, so that only attributes are met.
    let fitted = inside
        .replace("\"#000000\"", "\"currentColor\"")
        .replace(" opacity=\"1\"", "")
        .replace(" stroke=\"none\"", "")
        .replace(" font-family=\"sans-serif\"", "");
    Ok(PreEscaped(fitted))
}

/// What the axes of a chart show.
pub(super) struct Axes<'a> {
    pub x: Range<f64>,
    pub y: Range<f64>,
    /// What x is, with its unit.
    pub x_name: &'a str,
    /// What y is, with its unit.
    pub y_name: &'a str,
    /// About how many numbers stand along x; none where the chart writes names there.
    pub x_labels: usize,
    /// As `x_labels`, along y.
    pub y_labels: usize,
    /// How the numbers along x are written.
    pub x_text: &'a dyn Fn(&f64) -> String,
    /// As `x_text`, along y.
    pub y_text: &'a dyn Fn(&f64) -> String,
    /// How much room the labels along y take.
    pub left: u32,
    /// How much room the labels along x take.
    pub bottom: u32,
    /// How much room there is above.
    pub top: u32,
}

impl Axes<'_> {
    /// Axes from 0 to 1 with numbers along both.
    pub fn new() -> Self {
        Self {
            x: 0.0..1.0,
            y: 0.0..1.0,
            x_name: "",
            y_name: "",
            x_labels: 6,
            y_labels: 6,
            x_text: &number,
            y_text: &number,
            left: 130,
            bottom: 90,
            top: 12,
        }
    }

    /// Draws the axes with faint lines behind their numbers.
    pub fn draw<'a, 'b>(self, area: &'a Area<'b>) -> Drawn<Plane<'a, 'b>> {
        let mut plane = ChartBuilder::on(area)
            .margin(10)
            .margin_right(24)
            .margin_top(self.top)
            .x_label_area_size(self.bottom)
            .y_label_area_size(self.left)
            .build_cartesian_2d(self.x, self.y)?;
        let text = ("sans-serif", TEXT).into_font().color(&BLACK.mix(0.85));
        plane
            .configure_mesh()
            .x_desc(self.x_name)
            .y_desc(self.y_name)
            .x_labels(self.x_labels)
            .y_labels(self.y_labels)
            .x_label_formatter(&self.x_text)
            .y_label_formatter(&self.y_text)
            .label_style(text.clone())
            .axis_desc_style(text)
            .axis_style(BLACK.mix(0.6).stroke_width(2))
            .bold_line_style(BLACK.mix(0.13).stroke_width(2))
            .light_line_style(TRANSPARENT)
            .draw()?;
        Ok(plane)
    }
}

/// Text that stands around a point in this way.
pub(super) fn label(horizontal: HPos, vertical: VPos) -> TextStyle<'static> {
    ("sans-serif", TEXT)
        .into_font()
        .color(&BLACK.mix(0.85))
        .pos(Pos::new(horizontal, vertical))
}

/// A number along an axis: as few digits as tell it.
pub(super) fn number(value: &f64) -> String {
    let rounded = (value * 1e6).round() / 1e6;
    if rounded == 0.0 && value.abs() > 1e-12 {
        return format!("{value:.0e}");
    }
    // Minus zero is zero.
    format!("{}", rounded + 0.0)
}

/// A range around values, with a margin; those that are not finite are passed over.
pub(super) fn range(values: impl IntoIterator<Item = f64>) -> Range<f64> {
    let (lowest, highest) = values
        .into_iter()
        .filter(|value| value.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| {
            (low.min(value), high.max(value))
        });
    if lowest > highest {
        return 0.0..1.0;
    }
    let extent = highest - lowest;
    let margin = if extent > 0.0 {
        extent * 0.06
    } else {
        lowest.abs().max(1e-6) * 0.1
    };
    lowest - margin..highest + margin
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chart_takes_the_colour_of_the_text_and_a_name_cannot_break_it() {
        let name = "<script>\"#000000\"</script>";
        let drawn = content((100, 100), |area| {
            area.draw(&Text::new(name, (0, 0), label(HPos::Left, VPos::Top)))
        });
        let drawn = drawn.expect("it can be drawn").into_string();
        assert!(drawn.contains("fill=\"currentColor\""), "{drawn}");
        assert!(
            drawn.contains("&lt;script&gt;&quot;#000000&quot;&lt;/script&gt;"),
            "{drawn}"
        );
    }

    #[test]
    fn a_range_holds_its_values_and_is_never_empty() {
        for (values, inside) in [
            (vec![1.0, 3.0], vec![1.0, 3.0]),
            (vec![2.0], vec![2.0]),
            (vec![0.0, 0.0], vec![0.0]),
            (vec![f64::NAN, 5.0, f64::INFINITY], vec![5.0]),
        ] {
            let range = range(values);
            assert!(range.start < range.end);
            assert!(inside.iter().all(|value| range.contains(value)));
        }
        assert_eq!(range([]), 0.0..1.0);
    }

    #[test]
    fn numbers_along_an_axis_have_no_rounding_tail() {
        for (value, text) in [
            (0.1 + 0.2, "0.3"),
            (-0.0, "0"),
            (20.0, "20"),
            (1e-9, "1e-9"),
        ] {
            assert_eq!(number(&value), text);
        }
    }
}
