//! Layers one behind the other, whatever they compute with.

use crate::geometry::Geometry;

/// The brightest pixel of a digit; they are whole numbers from 0.
pub const BRIGHTEST: u8 = 16;
/// How many numbers an image has between two layers, at most.
const LARGEST: usize = 512;

/// A convolution, and the rectifier behind it.
pub trait Layer {
    /// What it computes with.
    type Number: Copy + Default;

    /// Where its kernel lies.
    fn geometry(&self) -> Geometry;

    /// Reads an image, writes the pre-activations.
    ///
    /// # Panics
    /// If the slices have other lengths than the geometry says.
    fn sums(&self, x: &[Self::Number], y: &mut [Self::Number]);

    /// Turns pre-activations into activations.
    fn rectify(&self, y: &mut [Self::Number]);

    /// The number that a pixel of a digit is given as.
    fn pixel(pixel: u8) -> Self::Number;

    /// The bits of a number.
    fn bits(number: Self::Number) -> u32;
}

/// The images before and behind a layer.
#[derive(Debug)]
pub struct Memory<T> {
    images: [[T; LARGEST]; 2],
}

impl<T: Copy> Memory<T> {
    /// Memory that is filled with this number.
    pub const fn filled(number: T) -> Self {
        Memory {
            images: [[number; LARGEST]; 2],
        }
    }
}

/// What was done of a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// Its pre-activations.
    Sums,
    /// Its activations.
    Rectified,
}

/// The outputs of the last layer for a digit. `passed` is told what each pass of each layer made.
///
/// # Panics
/// If the digit has another number of pixels than the first layer reads, a layer reads something else than
/// the one before it writes, or an image has more than 512 numbers.
pub fn forward<'a, L: Layer>(
    layers: &[L],
    digit: &[u8],
    memory: &'a mut Memory<L::Number>,
    mut passed: impl FnMut(Pass, &[L::Number]),
) -> &'a [L::Number] {
    let [mut x, mut y] = memory.images.each_mut();
    for (number, &pixel) in x.iter_mut().zip(digit) {
        *number = L::pixel(pixel);
    }
    let mut length = digit.len();
    for layer in layers {
        let image = &mut y[..layer.geometry().outputs()];
        layer.sums(&x[..length], image);
        passed(Pass::Sums, image);
        layer.rectify(image);
        passed(Pass::Rectified, image);
        length = image.len();
        core::mem::swap(&mut x, &mut y);
    }
    &x[..length]
}
