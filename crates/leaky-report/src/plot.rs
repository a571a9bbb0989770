//! Curves of rectifiers and their gradients, as one drawing in a file of its own.

use plotters::coord::Shift;
use plotters::element::DashedPathElement;
use plotters::prelude::*;

use crate::curve::{Curve, PANELS, Parts, REACH, range};
use crate::drawing::{colour, dashes, failed, register};
use crate::error::ReportError;

/// The drawing's size in pixels.
const SIZE: (u32, u32) = (960, 480);

/// The curves as an SVG file.
///
/// # Errors
///
/// Where the drawing fails.
pub fn svg(title: &str, curves: &[Curve]) -> Result<String, ReportError> {
    let mut text = String::new();
    draw(
        SVGBackend::with_string(&mut text, SIZE).into_drawing_area(),
        title,
        curves,
    )?;
    Ok(text)
}

/// The curves as a PNG file.
///
/// # Errors
///
/// Where the drawing fails.
pub fn png(title: &str, curves: &[Curve]) -> Result<Vec<u8>, ReportError> {
    let (width, height) = SIZE;
    let mut pixels = vec![0; (width * height * 3) as usize];
    let area = BitMapBackend::with_buffer(&mut pixels, SIZE).into_drawing_area();
    draw(area, title, curves)?;
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width, height);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header().map_err(failed)?;
    writer.write_image_data(&pixels).map_err(failed)?;
    writer.finish().map_err(failed)?;
    Ok(file)
}

fn draw<B: DrawingBackend>(
    area: DrawingArea<B, Shift>,
    title: &str,
    curves: &[Curve],
) -> Result<(), ReportError> {
    register()?;
    area.fill(&WHITE).map_err(failed)?;
    let area = area.titled(title, ("sans-serif", 24)).map_err(failed)?;
    for ((what, parts), area) in PANELS.into_iter().zip(area.split_evenly((1, 2))) {
        panel(&area, what, parts, curves).map_err(failed)?;
    }
    area.present().map_err(failed)
}

fn panel<B: DrawingBackend>(
    area: &DrawingArea<B, Shift>,
    what: &str,
    parts: Parts,
    curves: &[Curve],
) -> Result<(), DrawingAreaErrorKind<B::ErrorType>> {
    let (lowest, highest) = range(curves, parts);
    let mut chart = ChartBuilder::on(area)
        .margin(12)
        .x_label_area_size(40)
        .y_label_area_size(50)
        .build_cartesian_2d(-REACH..REACH, lowest..highest)?;
    chart
        .configure_mesh()
        .x_desc("x")
        .y_desc(what)
        .x_labels(7)
        .label_style(("sans-serif", 16))
        .light_line_style(TRANSPARENT)
        .draw()?;
    for (index, curve) in curves.iter().enumerate() {
        let style = colour(index).stroke_width(2);
        let (dash, gap) = dashes(index);
        for (place, part) in parts(curve).iter().enumerate() {
            let line = DashedLineSeries::new(part.clone(), dash, gap, style);
            let drawn = chart.draw_series(line)?;
            if place == 0 {
                drawn.label(curve.name.as_str()).legend(move |(x, y)| {
                    DashedPathElement::new([(x, y), (x + 28, y)], dash, gap, style)
                });
            }
        }
    }
    chart
        .configure_series_labels()
        .legend_area_size(36)
        .position(SeriesLabelPosition::UpperLeft)
        .label_font(("sans-serif", 16))
        .background_style(WHITE.mix(0.8))
        .border_style(BLACK.mix(0.2))
        .draw()?;
    Ok(())
}
