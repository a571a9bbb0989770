//! One image: a PNG or a JPEG, told apart by how it begins.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use png::{BitDepth, ColorType, Transformations};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::error::DataError;
use crate::text::printable;

/// The largest image that is read, in pixels.
const LARGEST: usize = 1 << 26;

/// What an image says of itself before it is decoded.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head {
    pub width: usize,
    pub height: usize,
    pub is_grey: bool,
    kind: Kind,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    Png,
    Jpeg,
}

impl Head {
    /// Reads the head of an image.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, holds no image, or one that is too large or of 16 bits a channel.
    pub(super) fn read(path: &Path) -> Result<Self, DataError> {
        let mut start = [0; 3];
        let read = open(path)?.read_exact(&mut start);
        let head = match (read, &start) {
            (Ok(()), b"\x89PN") => of_png(path)?,
            (Ok(()), [0xff, 0xd8, 0xff]) => of_jpeg(path)?,
            _ => return Err(damaged(path, "it begins like no PNG and no JPEG")),
        };
        if head.width.saturating_mul(head.height) > LARGEST {
            let (width, height) = (head.width, head.height);
            return Err(damaged(
                path,
                format!("it says {width} x {height} pixels, more than the {LARGEST} that are read"),
            ));
        }
        Ok(head)
    }

    /// The values of the image, those of a pixel side by side: one for each where `channels` is 1, which
    /// only a grey image has, and three else. A channel of opacity is left out.
    ///
    /// # Errors
    ///
    /// If the image is damaged.
    pub(super) fn pixels(self, path: &Path, channels: usize) -> Result<Vec<u8>, DataError> {
        let (values, given, color) = match self.kind {
            Kind::Png => pixels_of_png(path)?,
            Kind::Jpeg => pixels_of_jpeg(path, self.is_grey)?,
        };
        if values.len() != self.width * self.height * given {
            return Err(damaged(path, "it is cut off"));
        }
        let pixels = values.chunks_exact(given);
        Ok(match (color, channels) {
            (1, 1) => pixels.map(|pixel| pixel[0]).collect(),
            (1, _) => pixels.flat_map(|pixel| [pixel[0]; 3]).collect(),
            _ => pixels
                .flat_map(|pixel| [pixel[0], pixel[1], pixel[2]])
                .collect(),
        })
    }
}

fn of_png(path: &Path) -> Result<Head, DataError> {
    let reader = png_reader(path)?;
    let info = reader.info();
    if info.bit_depth == BitDepth::Sixteen {
        let reason = "it has 16 bits a channel, and images of 8 are read";
        return Err(damaged(path, reason));
    }
    let (color, _) = reader.output_color_type();
    Ok(Head {
        width: info.width as usize,
        height: info.height as usize,
        is_grey: matches!(color, ColorType::Grayscale | ColorType::GrayscaleAlpha),
        kind: Kind::Png,
    })
}

/// A reader that gives bytes of grey or color, whatever the file holds.
fn png_reader(path: &Path) -> Result<png::Reader<BufReader<File>>, DataError> {
    let mut decoder = png::Decoder::new(open(path)?);
    decoder.set_transformations(Transformations::normalize_to_color8());
    decoder.read_info().map_err(|error| damaged(path, error))
}

/// The values, how many a pixel has, and how many of these are color.
fn pixels_of_png(path: &Path) -> Result<(Vec<u8>, usize, usize), DataError> {
    let mut reader = png_reader(path)?;
    let size = reader.output_buffer_size();
    let mut values = vec![0; size.ok_or_else(|| damaged(path, "it is too large"))?];
    let frame = reader.next_frame(&mut values);
    let frame = frame.map_err(|error| damaged(path, error))?;
    values.truncate(frame.buffer_size());
    let given = frame.color_type.samples();
    Ok((values, given, if given < 3 { 1 } else { 3 }))
}

fn of_jpeg(path: &Path) -> Result<Head, DataError> {
    let mut decoder = JpegDecoder::new(open(path)?);
    let read = decoder.decode_headers();
    read.map_err(|error| damaged(path, error))?;
    let info = decoder
        .info()
        .ok_or_else(|| damaged(path, "it has no size"))?;
    Ok(Head {
        width: usize::from(info.width),
        height: usize::from(info.height),
        is_grey: info.components == 1,
        kind: Kind::Jpeg,
    })
}

fn pixels_of_jpeg(path: &Path, is_grey: bool) -> Result<(Vec<u8>, usize, usize), DataError> {
    let (space, given) = match is_grey {
        true => (ColorSpace::Luma, 1),
        false => (ColorSpace::RGB, 3),
    };
    let options = DecoderOptions::default().jpeg_set_out_colorspace(space);
    // What is cut off is an error, and no image that is grey below.
    let options = options.set_strict_mode(true);
    let mut decoder = JpegDecoder::new_with_options(open(path)?, options);
    let values = decoder.decode().map_err(|error| damaged(path, error))?;
    Ok((values, given, given))
}

fn open(path: &Path) -> Result<BufReader<File>, DataError> {
    let file = File::open(path).map_err(|source| DataError::Read {
        file: shown(path),
        source,
    })?;
    Ok(BufReader::new(file))
}

fn damaged(path: &Path, reason: impl ToString) -> DataError {
    DataError::Damaged {
        file: shown(path),
        reason: printable(&reason.to_string()),
    }
}

/// A path as messages show it.
pub(super) fn shown(path: &Path) -> String {
    printable(&path.display().to_string())
}
