//! Curves of rectifiers and their gradients, as text.

use std::fmt::Write;

use textplots::{Chart, Plot, Shape};

use leaky_report::curve::{Curve, PANELS, REACH, range};

/// The curves as text for a terminal of that many columns. What tells them apart is the order of
/// their slopes.
pub fn text(title: &str, curves: &[Curve], columns: usize) -> String {
    // Two dots stand side by side in a character, four above each other.
    let width = (2 * columns.clamp(30, 100) - 20) as u32;
    let names: Vec<&str> = curves.iter().map(|curve| curve.name.as_str()).collect();
    let names = names.join(", ");
    let mut text = String::new();
    for (what, parts) in PANELS {
        let dots: Vec<Vec<(f32, f32)>> = curves
            .iter()
            .flat_map(parts)
            .map(|part| {
                part.iter()
                    .map(|point| (point.0 as f32, point.1 as f32))
                    .collect()
            })
            .collect();
        let shapes: Vec<Shape<'_>> = dots.iter().map(|dots| Shape::Lines(dots)).collect();
        let (lowest, highest) = range(curves, parts);
        let reach = REACH as f32;
        let mut chart =
            Chart::new_with_y_range(width, 52, -reach, reach, lowest as f32, highest as f32);
        let drawn = shapes
            .iter()
            .fold(&mut chart, |chart, shape| chart.lineplot(shape));
        drawn.axis();
        drawn.figures();
        let _ = writeln!(text, "{title}, {names}: {what}\n{drawn}");
    }
    text
}
