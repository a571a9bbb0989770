//! A part of the input with its padding, laid out so that neighbouring output positions read
//! neighbouring numbers, whatever the stride.

use std::ops::Range;

use super::geometry::Phases;

/// Channels of a batch of images.
pub(super) struct Images<'a> {
    pub(super) numbers: &'a [f32],
    /// Rows and columns of an image.
    pub(super) size: [usize; 2],
    /// How many channels an image has.
    pub(super) all: usize,
    /// Those that are meant.
    pub(super) channels: Range<usize>,
}

impl Images<'_> {
    /// One channel of an image; the first of those that are meant is 0.
    #[inline(always)]
    pub(super) fn plane(&self, image: usize, channel: usize) -> &[f32] {
        let len = self.size[0] * self.size[1];
        &self.numbers[(image * self.all + self.channels.start + channel) * len..][..len]
    }
}

/// Some of the positions of a product, along both axes.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) rows: Range<usize>,
    pub(super) columns: Range<usize>,
}

impl Part {
    /// The positions of the part that a phase with so many has.
    pub(super) fn within(&self, count: [usize; 2]) -> Part {
        let cut = |range: &Range<usize>, count: usize| range.start..range.end.min(count);
        Part {
            rows: cut(&self.rows, count[0]),
            columns: cut(&self.columns, count[1]),
        }
    }
}

/// The padded copy. With a stride along the rows, the numbers at one distance from the stride's
/// places stand together.
#[derive(Default)]
pub(super) struct Padded {
    numbers: Vec<f32>,
    stride: [usize; 2],
    /// The least shift along each axis, which lies at the beginning.
    least: [isize; 2],
    /// The length of the numbers of a row that stand together, of a row, a channel and an image.
    apart: usize,
    row: usize,
    channel: usize,
    image: usize,
}

impl Padded {
    /// Copies what the positions of a part read of some images, and leaves room for `slack` numbers
    /// to be read behind the last.
    #[inline(always)]
    pub(super) fn fill(
        &mut self,
        phases: &Phases,
        input: &Images,
        images: Range<usize>,
        part: &Part,
        slack: usize,
    ) {
        let [(top, bottom), (left, right)] = phases.reach();
        let [across, along] = phases.stride;
        let rows = (part.rows.len() - 1) * across + (bottom - top) as usize + 1;
        let columns = (part.columns.len() - 1) * along + (right - left) as usize + 1;
        self.stride = phases.stride;
        self.least = [top, left];
        self.apart = columns.div_ceil(along);
        self.row = self.apart * along;
        self.channel = rows * self.row;
        self.image = input.channels.len() * self.channel;
        let needed = images.len() * self.image + slack;
        if self.numbers.len() < needed {
            self.numbers.resize(needed, 0.0);
        }

        let [height, width] = input.size;
        let first_row = top + (part.rows.start * across) as isize;
        let first_column = left + (part.columns.start * along) as isize;
        for (image, own) in images.zip(self.numbers.chunks_exact_mut(self.image)) {
            for (channel, own) in own.chunks_exact_mut(self.channel).enumerate() {
                let plane = input.plane(image, channel);
                for (row, own) in own.chunks_exact_mut(self.row).enumerate() {
                    match usize::try_from(first_row + row as isize) {
                        Ok(row) if row < height => {
                            let from = &plane[row * width..][..width];
                            copy_row(from, first_column, along, own);
                        }
                        _ => own.fill(0.0),
                    }
                }
            }
        }
    }

    /// How much further a tap reads than the position that it belongs to.
    pub(super) fn shift(&self, shift: [isize; 2]) -> usize {
        let down = (shift[0] - self.least[0]) as usize;
        let right = (shift[1] - self.least[1]) as usize;
        down * self.row + right % self.stride[1] * self.apart + right / self.stride[1]
    }

    /// Where the input of a position of the part lies within a channel.
    pub(super) fn position(&self, image: usize, row: usize, column: usize) -> usize {
        image * self.image + row * self.stride[0] * self.row + column
    }

    /// The numbers from a channel of the first image on.
    pub(super) fn channel(&self, channel: usize) -> &[f32] {
        &self.numbers[channel * self.channel..]
    }
}

/// Copies a row from column `first` on, which may lie before its beginning; zero where it has no
/// number.
#[inline(always)]
fn copy_row(from: &[f32], first: isize, stride: usize, own: &mut [f32]) {
    let before = first.min(0).unsigned_abs();
    let skipped = first.max(0) as usize;
    let from = &from[skipped.min(from.len())..];
    if stride == 1 {
        let before = before.min(own.len());
        let count = from.len().min(own.len() - before);
        own[..before].fill(0.0);
        own[before..before + count].copy_from_slice(&from[..count]);
        own[before + count..].fill(0.0);
        return;
    }
    let apart = own.len() / stride;
    for (place, own) in own.chunks_exact_mut(apart).enumerate() {
        let missing = before.saturating_sub(place).div_ceil(stride).min(apart);
        let start = (missing * stride + place).saturating_sub(before);
        own[..missing].fill(0.0);
        let numbers = from.iter().skip(start).step_by(stride);
        let count = from.len().saturating_sub(start).div_ceil(stride);
        let count = count.min(apart - missing);
        for (own, &number) in own[missing..].iter_mut().zip(numbers) {
            *own = number;
        }
        own[missing + count..].fill(0.0);
    }
}
