//! Where a kernel lies over an image.

/// A convolution of square images with a square kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Geometry {
    /// How many rows and columns an image has.
    pub size: usize,
    /// How many numbers a pixel has.
    pub channels: usize,
    /// How many rows and columns the kernel has; no more than the image with its padding.
    pub kernel: usize,
    /// How many pixels the kernel moves at a time; at least one.
    pub stride: usize,
    /// How many rows and columns of zeros lie around the image; fewer than the kernel has.
    pub padding: usize,
    /// How many numbers a pixel of the result has.
    pub units: usize,
}

/// A row of the kernel, as far as it lies over the image: so many numbers of both that meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    image: usize,
    kernel: usize,
    length: usize,
}

impl Geometry {
    /// How many rows and columns the result has.
    pub const fn size_out(&self) -> usize {
        (self.size + 2 * self.padding - self.kernel) / self.stride + 1
    }

    /// How many numbers an image has.
    pub const fn inputs(&self) -> usize {
        self.size * self.size * self.channels
    }

    /// How many numbers the result has.
    pub const fn outputs(&self) -> usize {
        self.size_out() * self.size_out() * self.units
    }

    /// How many weights each unit has.
    pub const fn weights(&self) -> usize {
        self.kernel * self.kernel * self.channels
    }

    /// The rows of the kernel over the image for a pixel of the result, counted row by row.
    pub fn runs(self, pixel: usize) -> impl Iterator<Item = Run> {
        let size_out = self.size_out();
        // Of the kernel's upper left corner, where the padding is counted too.
        let row = pixel / size_out * self.stride;
        let column = pixel % size_out * self.stride;
        let inside = |corner: usize| {
            let first = self.padding.saturating_sub(corner);
            first..self.kernel.min(self.size + self.padding - corner)
        };
        let columns = inside(column);
        inside(row).map(move |line| Run {
            image: ((row + line - self.padding) * self.size + column + columns.start
                - self.padding)
                * self.channels,
            kernel: (line * self.kernel + columns.start) * self.channels,
            length: columns.len() * self.channels,
        })
    }
}

impl Run {
    /// The numbers of an image and of a kernel that meet.
    #[inline]
    pub fn pairs<'a, T>(
        self,
        image: &'a [T],
        kernel: &'a [T],
    ) -> impl Iterator<Item = (&'a T, &'a T)> {
        let image = &image[self.image..][..self.length];
        image.iter().zip(&kernel[self.kernel..][..self.length])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_the_pairs_of_a_kernel_and_an_image_that_the_definition_gives() {
        for (size, channels, kernel, stride, padding) in [
            (8, 1, 3, 1, 1),
            (8, 3, 3, 2, 1),
            (4, 2, 4, 1, 0),
            (5, 1, 5, 2, 2),
            (1, 1, 1, 1, 0),
        ] {
            let units = 1;
            let geometry = Geometry {
                size,
                channels,
                kernel,
                stride,
                padding,
                units,
            };
            let out = geometry.size_out();
            for pixel in 0..out * out {
                let mut runs = geometry.runs(pixel).flat_map(|run| {
                    (0..run.length).map(move |at| (run.image + at, run.kernel + at))
                });
                for line in 0..kernel {
                    for across in 0..kernel {
                        let row = (pixel / out * stride + line).checked_sub(padding);
                        let column = (pixel % out * stride + across).checked_sub(padding);
                        let (Some(row), Some(column)) = (row, column) else {
                            continue;
                        };
                        if row >= size || column >= size {
                            continue;
                        }
                        for channel in 0..channels {
                            let image = (row * size + column) * channels + channel;
                            let weight = (line * kernel + across) * channels + channel;
                            assert_eq!(runs.next(), Some((image, weight)), "{geometry:?}");
                        }
                    }
                }
                assert_eq!(runs.next(), None);
            }
        }
    }
}
