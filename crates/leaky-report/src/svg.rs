//! Drawings as SVG, with texts measured by the font that is bundled.
//!
//! Plotters would measure them by whatever font it finds, and where it runs in a browser by asking
//! the page, which a worker cannot. What is drawn is plotters' own.

use ab_glyph::{Font, FontRef, ScaleFont};
use plotters::prelude::*;
use plotters_backend::{
    BackendColor, BackendCoord, BackendStyle, BackendTextStyle, DrawingErrorKind,
};

use crate::drawing::{FONT, failed};
use crate::error::ReportError;

/// How high plotters draws a text of size 1: its sizes are those of the line, not of the letters.
const LINE: f64 = 1.24;

type Drawn = Result<(), DrawingErrorKind<std::io::Error>>;

/// What plotters draws on.
pub(super) struct Svg<'a> {
    drawing: SVGBackend<'a>,
    font: FontRef<'static>,
}

impl<'a> Svg<'a> {
    /// A drawing of this width and height, written to `text`.
    ///
    /// # Errors
    ///
    /// Where the font cannot be read.
    pub(super) fn new(text: &'a mut String, size: (u32, u32)) -> Result<Self, ReportError> {
        Ok(Self {
            drawing: SVGBackend::with_string(text, size),
            font: FontRef::try_from_slice(FONT).map_err(failed)?,
        })
    }

    fn width(&self, text: &str, size: f64) -> u32 {
        let font = self.font.as_scaled(size as f32);
        let mut width = 0.0;
        let mut before = None;
        for letter in text.chars() {
            let glyph = font.glyph_id(letter);
            width += font.h_advance(glyph) + before.map_or(0.0, |before| font.kern(before, glyph));
            before = Some(glyph);
        }
        width as u32
    }
}

impl DrawingBackend for Svg<'_> {
    type ErrorType = std::io::Error;

    fn get_size(&self) -> (u32, u32) {
        self.drawing.get_size()
    }

    fn ensure_prepared(&mut self) -> Drawn {
        self.drawing.ensure_prepared()
    }

    fn present(&mut self) -> Drawn {
        self.drawing.present()
    }

    fn draw_pixel(&mut self, point: BackendCoord, color: BackendColor) -> Drawn {
        self.drawing.draw_pixel(point, color)
    }

    fn draw_line<S: BackendStyle>(
        &mut self,
        from: BackendCoord,
        to: BackendCoord,
        style: &S,
    ) -> Drawn {
        self.drawing.draw_line(from, to, style)
    }

    fn draw_rect<S: BackendStyle>(
        &mut self,
        upper_left: BackendCoord,
        bottom_right: BackendCoord,
        style: &S,
        fill: bool,
    ) -> Drawn {
        self.drawing
            .draw_rect(upper_left, bottom_right, style, fill)
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        path: I,
        style: &S,
    ) -> Drawn {
        self.drawing.draw_path(path, style)
    }

    fn draw_circle<S: BackendStyle>(
        &mut self,
        center: BackendCoord,
        radius: u32,
        style: &S,
        fill: bool,
    ) -> Drawn {
        self.drawing.draw_circle(center, radius, style, fill)
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(
        &mut self,
        corners: I,
        style: &S,
    ) -> Drawn {
        self.drawing.fill_polygon(corners, style)
    }

    fn draw_text<S: BackendTextStyle>(
        &mut self,
        text: &str,
        style: &S,
        position: BackendCoord,
    ) -> Drawn {
        self.drawing.draw_text(text, style, position)
    }

    fn estimate_text_size<S: BackendTextStyle>(
        &self,
        text: &str,
        style: &S,
    ) -> Result<(u32, u32), DrawingErrorKind<Self::ErrorType>> {
        let size = style.size();
        Ok((self.width(text, size), (size / LINE) as u32))
    }
}
