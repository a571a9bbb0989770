//! How much of the gradient reaches each layer, on a logarithmic scale.

use maud::{Markup, html};
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use crate::chart::{Area, Axes, Drawn, Plane, chart, label};
use crate::error::ReportError;
use crate::page::figure;
use crate::series::{legend, markers};
use leaky_cure::diagnose::GradientNorm;
use leaky_cure::text::printable;
use leaky_cure::text::score;

/// The height of a layer's row, in the chart's units.
const ROW: u32 = 56;

/// How many characters of a layer's name there is room for.
const NAME: usize = 22;

/// The series before and after.
const SERIES: [usize; 2] = [1, 0];

/// The gradient norms of one network, or of those before and after, with how the data they were taken
/// on are called.
///
/// # Errors
///
/// Where the drawing fails.
pub(crate) fn gradient_norms(
    before: &[GradientNorm],
    after: Option<&[GradientNorm]>,
) -> Result<Markup, ReportError> {
    let series: Vec<&[GradientNorm]> = std::iter::once(before).chain(after).collect();
    let names = ["before", "after"];
    let words: Vec<String> = rows(&series)
        .map(|(layer, norms)| {
            let norms: Vec<String> = norms.into_iter().map(score).collect();
            format!("{} {}", printable(layer), norms.join(" before, then "))
        })
        .collect();
    let words = format!("Gradient norm by layer: {}", words.join("; "));
    let scale = Scale::new(&series);
    let height = ROW * before.len().max(1) as u32 + 130;
    let drawn = chart(height, &words, |area| draw(area, &series, &scale))?;
    Ok(figure(
        "How much gradient reaches each layer",
        &format!(
            "The L2 norm of the mean loss's gradient with respect to each layer's weights, from the \
             network's input at the top to its output; the scale is logarithmic. Where it is exactly \
             0 the layer cannot learn: there the network is dead.{}",
            silent(&series)
        ),
        &html! {
            @if after.is_some() {
                (legend(&SERIES.into_iter().zip(names.map(str::to_owned)).collect::<Vec<_>>())?)
            }
            div.panels { div { (drawn) } }
        },
    ))
}

/// How many layers no gradient reaches, where there are such.
fn silent(series: &[&[GradientNorm]]) -> String {
    let counts: Vec<usize> = series
        .iter()
        .map(|norms| norms.iter().filter(|norm| norm.norm == 0.0).count())
        .collect();
    let layers = series.first().map_or(0, |norms| norms.len());
    match counts[..] {
        [0] | [0, 0] => String::new(),
        [before, after] => {
            format!(" That is so in {before} of {layers} layers before, and in {after} after.")
        }
        _ => format!(" That is so in {} of {layers} layers.", counts[0]),
    }
}

/// The layers, each with its norm in every series.
fn rows<'a>(series: &'a [&[GradientNorm]]) -> impl Iterator<Item = (&'a str, Vec<f64>)> {
    let first = series.first().copied().unwrap_or_default();
    first.iter().enumerate().map(|(row, norm)| {
        let norms = series.iter().filter_map(move |norms| norms.get(row));
        (norm.layer.as_str(), norms.map(|norm| norm.norm).collect())
    })
}

/// Where the powers of ten lie, and left of them zero.
struct Scale {
    lowest: i32,
    highest: i32,
    zero: bool,
}

impl Scale {
    fn new(series: &[&[GradientNorm]]) -> Self {
        let norms = || series.iter().copied().flatten().map(|norm| norm.norm);
        let logarithms = norms()
            .filter(|norm| *norm > 0.0 && norm.is_finite())
            .map(f64::log10);
        let (lowest, highest) = logarithms.fold((f64::INFINITY, f64::NEG_INFINITY), |ends, l| {
            (ends.0.min(l), ends.1.max(l))
        });
        let (lowest, highest) = match lowest <= highest {
            true => (lowest.floor() as i32, highest.ceil() as i32),
            false => (-1, 0),
        };
        Self {
            lowest,
            highest: highest.max(lowest + 1),
            zero: norms().any(|norm| norm == 0.0),
        }
    }

    /// Where zero stands: a place of its own, as no logarithm reaches it.
    fn zero(&self) -> f64 {
        f64::from(self.lowest) - f64::from(self.highest - self.lowest) * 0.2
    }

    fn start(&self) -> f64 {
        let lowest = f64::from(self.lowest);
        match self.zero {
            true => lowest - (lowest - self.zero()) * 1.4,
            false => lowest,
        }
    }

    fn place(&self, norm: f64) -> f64 {
        match norm {
            0.0 => self.zero(),
            norm => norm.log10(),
        }
    }
}

fn draw(area: &Area, series: &[&[GradientNorm]], scale: &Scale) -> Drawn {
    let count = series.first().map_or(0, |norms| norms.len());
    // Before stands a little above after, lest equal ones hide each other.
    let aside = |index: usize| 0.24 * (index as f64 - (series.len() - 1) as f64 / 2.0);
    let axes = Axes {
        x: scale.start()..f64::from(scale.highest),
        y: count as f64 - 0.5..-0.5,
        x_name: "gradient norm (loss per unit of weight)",
        x_labels: 0,
        y_labels: 0,
        left: 400,
        bottom: 100,
        ..Axes::new()
    };
    let mut plane = axes.draw(area)?;
    powers_of_ten(area, &mut plane, scale)?;
    for (row, (name, norms)) in rows(series).enumerate() {
        let (left, y) = plane.backend_coord(&(scale.start(), row as f64));
        let text = Text::new(tail(name), (left - 14, y), label(HPos::Right, VPos::Center));
        area.draw(&text)?;
        let places: Vec<(f64, f64)> = norms
            .iter()
            .enumerate()
            .map(|(index, norm)| (scale.place(*norm), row as f64 + aside(index)))
            .filter(|place| place.0.is_finite())
            .collect();
        let between = LineSeries::new(places, BLACK.mix(0.35).stroke_width(3));
        plane.draw_series(between)?;
    }
    for (index, norms) in series.iter().enumerate() {
        let points = norms.iter().enumerate();
        let points = points.map(|(row, norm)| (scale.place(norm.norm), row as f64 + aside(index)));
        let finite = points.filter(|point| point.0.is_finite());
        markers(&mut plane, SERIES[index], finite)?;
    }
    Ok(())
}

/// Faint uprights at the powers of ten, as many as there is room for, and at zero.
fn powers_of_ten(area: &Area, plane: &mut Plane, scale: &Scale) -> Drawn {
    let y = plane.y_range();
    let bottom = y.start.max(y.end);
    let step = scale.highest.abs_diff(scale.lowest).div_ceil(5).max(1);
    let powers = (scale.lowest..=scale.highest).step_by(step as usize);
    let powers = powers.map(|power| (f64::from(power), power_text(power)));
    let zero = scale.zero.then(|| (scale.zero(), "0".to_owned()));
    for (x, text) in powers.chain(zero) {
        let upright = [(x, y.start), (x, y.end)];
        plane.draw_series(LineSeries::new(upright, BLACK.mix(0.13).stroke_width(2)))?;
        let (x, y) = plane.backend_coord(&(x, bottom));
        area.draw(&Text::new(
            text,
            (x, y + 12),
            label(HPos::Center, VPos::Top),
        ))?;
    }
    Ok(())
}

/// A power of ten, as it is written by hand.
fn power_text(power: i32) -> String {
    let raised = |digit: char| match digit {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        digit => char::from_u32('⁰' as u32 + digit as u32 - '0' as u32).unwrap_or(digit),
    };
    match power {
        0 => "1".to_owned(),
        1 => "10".to_owned(),
        power => format!(
            "10{}",
            power.to_string().chars().map(raised).collect::<String>()
        ),
    }
}

/// A name, or the end of it where it is too long: the end tells layers apart.
fn tail(name: &str) -> String {
    let name = printable(name);
    let length = name.chars().count();
    if length <= NAME {
        return name;
    }
    let end: String = name.chars().skip(length - NAME + 1).collect();
    format!("…{end}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn norms(values: &[f64]) -> Vec<GradientNorm> {
        values
            .iter()
            .map(|&norm| GradientNorm {
                layer: "/0/Gemm".into(),
                operator: "Gemm".into(),
                norm,
            })
            .collect()
    }

    #[test]
    fn zero_stands_apart_left_of_every_power_of_ten() {
        let norms = norms(&[0.0, 3e-7, 20.0]);
        let scale = Scale::new(&[&norms]);
        assert_eq!((scale.lowest, scale.highest), (-7, 2));
        assert!(scale.place(0.0) < f64::from(scale.lowest));
        assert!(scale.start() < scale.place(0.0));
        let drawn = gradient_norms(&norms, None).expect("it can be drawn");
        let drawn = drawn.into_string();
        assert!(drawn.contains("\n0\n</text>"), "{drawn}");
        assert!(drawn.contains("/0/Gemm 0; "), "{drawn}");
        assert!(drawn.contains("That is so in 1 of 3 layers."), "{drawn}");
    }

    #[test]
    fn a_scale_without_a_positive_norm_still_has_an_extent() {
        let norms = norms(&[0.0, f64::NAN]);
        let scale = Scale::new(&[&norms]);
        assert!(scale.lowest < scale.highest && scale.start().is_finite());
    }

    #[test]
    fn powers_of_ten_are_written_raised() {
        assert_eq!(power_text(-12), "10⁻¹²");
        assert_eq!(power_text(3), "10³");
        assert_eq!(power_text(0), "1");
    }

    #[test]
    fn of_a_long_name_the_end_is_kept() {
        assert_eq!(tail("/0/Gemm"), "/0/Gemm");
        let tail = tail("/encoder/layers.11/attention/self/query/MatMul");
        assert_eq!(tail, "…ion/self/query/MatMul");
        assert_eq!(tail.chars().count(), NAME);
    }
}
