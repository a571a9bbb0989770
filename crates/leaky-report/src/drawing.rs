//! What all drawings share: the font, and how series are told apart.

use plotters::prelude::*;
#[cfg(not(target_family = "wasm"))]
use plotters::style::register_font;

use crate::error::ReportError;

/// Colours that people with any kind of colour vision tell apart, after Okabe and Ito (2008), "Color
/// Universal Design". All but the black, which a page may turn into the colour of its text, read on
/// white and on near-black.
pub const COLOURS: [RGBColor; 8] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    BLACK,
    RGBColor(138, 109, 0),
    RGBColor(118, 118, 118),
    RGBColor(150, 90, 50),
];

/// The colour of a series by its number.
pub fn colour(series: usize) -> RGBColor {
    COLOURS[series % COLOURS.len()]
}

/// How long the dashes of a series are, and the gaps between them: they grow shorter from series to
/// series. The first is drawn through, as one long dash.
pub fn dashes(series: usize) -> (i32, i32) {
    match series {
        0 => (1000, 0),
        _ => ((16 / series as i32).max(3), 4),
    }
}

/// The font of drawings.
pub(super) const FONT: &[u8] = epaint_default_fonts::UBUNTU_LIGHT;

/// Makes the font known to plotters, which measures and draws texts with it in images, so that these
/// look the same on every machine, whatever fonts it has. (In a browser plotters knows only the
/// page's fonts.)
///
/// # Errors
///
/// Where the font cannot be read.
#[cfg(not(target_family = "wasm"))]
pub fn register() -> Result<(), ReportError> {
    register_font("sans-serif", FontStyle::Normal, FONT)
        .map_err(|_| ReportError::Draw("the font cannot be read".into()))
}

/// What went wrong in a drawing.
pub fn failed(error: impl std::fmt::Display) -> ReportError {
    ReportError::Draw(error.to_string())
}
