//! Pictures of coloured pixels, and animations of them.

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::register_font;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::Result;

/// Red, green and blue.
pub type Colour = [u8; 3];

/// A picture of coloured pixels.
#[derive(Debug, Clone)]
pub struct Picture {
    width: usize,
    height: usize,
    pixels: Vec<u8>,
}

impl Picture {
    /// A picture that is all of one colour.
    pub fn new(width: usize, height: usize, colour: Colour) -> Self {
        let pixels = colour.repeat(width * height);
        Picture {
            width,
            height,
            pixels,
        }
    }

    /// Colours the pixel in column `x` of row `y`, if there is one.
    pub fn set(&mut self, x: usize, y: usize, colour: Colour) {
        if x < self.width && y < self.height {
            let start = (y * self.width + x) * 3;
            self.pixels[start..start + 3].copy_from_slice(&colour);
        }
    }

    /// Fills a rectangle whose upper left corner is at `x`, `y`.
    pub fn fill(&mut self, [x, y]: [usize; 2], [width, height]: [usize; 2], colour: Colour) {
        for row in y..y + height {
            for column in x..x + width {
                self.set(column, row, colour);
            }
        }
    }

    /// Draws the frame of a rectangle, one pixel wide.
    pub fn frame(&mut self, [x, y]: [usize; 2], [width, height]: [usize; 2], colour: Colour) {
        for column in x..=x + width {
            self.set(column, y, colour);
            self.set(column, y + height, colour);
        }
        for row in y..=y + height {
            self.set(x, row, colour);
            self.set(x + width, row, colour);
        }
    }

    /// Puts an image of `width` columns there, each of its pixels a square of `scale` pixels.
    pub fn image(
        &mut self,
        [x, y]: [usize; 2],
        scale: usize,
        width: usize,
        colours: impl IntoIterator<Item = Colour>,
    ) {
        for (place, colour) in colours.into_iter().enumerate() {
            let corner = [x + place % width * scale, y + place / width * scale];
            self.fill(corner, [scale; 2], colour);
        }
    }

    /// Writes a line of text whose left end and middle are at `x`, `y`.
    ///
    /// # Errors
    /// If the text cannot be drawn.
    pub fn text(&mut self, [x, y]: [usize; 2], size: u32, text: &str) -> Result {
        know_font()?;
        let style = ("sans-serif", size)
            .into_font()
            .color(&RGBColor(40, 40, 40));
        let style = style.pos(Pos::new(HPos::Left, VPos::Center));
        self.draw(|area| Ok(area.draw_text(text, &style, (x as i32, y as i32))?))
    }

    /// Draws with plotters.
    pub(crate) fn draw(
        &mut self,
        draw: impl FnOnce(&DrawingArea<BitMapBackend, Shift>) -> Result,
    ) -> Result {
        let size = (self.width as u32, self.height as u32);
        let area = BitMapBackend::with_buffer(&mut self.pixels, size).into_drawing_area();
        draw(&area)?;
        Ok(area.present()?)
    }

    /// The bytes of a PNG file.
    ///
    /// # Errors
    /// If the picture has no pixels.
    pub fn png(&self) -> Result<Vec<u8>> {
        animation(std::slice::from_ref(self), 1)
    }
}

/// The bytes of an animated PNG file: pictures of one size, so many a second, again and again.
///
/// # Errors
/// If there is no picture, or they are not of one size.
pub fn animation(pictures: &[Picture], per_second: u16) -> Result<Vec<u8>> {
    let first = pictures.first().ok_or("an animation of no picture")?;
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, first.width as u32, first.height as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_compression(png::Compression::High);
    if pictures.len() > 1 {
        encoder.set_animated(pictures.len() as u32, 0)?;
        encoder.set_frame_delay(1, per_second)?;
    }
    let mut writer = encoder.write_header()?;
    for picture in pictures {
        writer.write_image_data(&picture.pixels)?;
    }
    writer.finish()?;
    Ok(file)
}

/// Grey from 0, black, to 1, white.
pub fn grey(value: f32) -> Colour {
    [(value.clamp(0.0, 1.0) * 255.0).round() as u8; 3]
}

/// Makes the font known to plotters, so that drawings look the same on every machine.
///
/// # Errors
/// If the font cannot be read.
pub(crate) fn know_font() -> Result {
    let font = epaint_default_fonts::UBUNTU_LIGHT;
    register_font("sans-serif", FontStyle::Normal, font)
        .map_err(|_| "the font of drawings cannot be read".into())
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn every_picture_of_an_animation_comes_back_pixel_by_pixel() -> Result {
        let mut first = Picture::new(9, 5, [255; 3]);
        first.image([1, 1], 2, 3, [[200, 0, 0], [0, 200, 0], [0, 0, 200]]);
        let mut second = first.clone();
        second.frame([0, 0], [8, 4], [7, 8, 9]);
        let file = animation(&[first.clone(), second.clone()], 4)?;
        let mut reader = png::Decoder::new(Cursor::new(file)).read_info()?;
        let frames = reader
            .info()
            .animation_control()
            .ok_or("it is not animated")?
            .num_frames;
        assert_eq!(frames, 2);
        for picture in [first, second] {
            let mut pixels = vec![0; picture.pixels.len()];
            reader.next_frame(&mut pixels)?;
            assert_eq!(pixels, picture.pixels);
        }
        Ok(())
    }

    #[test]
    fn what_lies_outside_of_a_picture_is_not_drawn() -> Result {
        let mut picture = Picture::new(3, 2, [0; 3]);
        picture.fill([2, 1], [5, 5], [9; 3]);
        picture.set(3, 0, [9; 3]);
        assert_eq!(picture.pixels.iter().filter(|&&part| part == 9).count(), 3);
        picture.text([0, 1], 12, "long words")?;
        assert!(animation(&[], 4).is_err());
        Ok(())
    }
}
