//! The gradient of the weights: for each pair of channels and each tap, the products of the output
//! gradient with the input that the tap met, summed over all images and positions.
//!
//! Here the depth of the matrix product runs over the positions. So both sides are laid out with
//! their channels side by side, a part of the image at a time; the taps then are nothing but other
//! beginnings in the same copy.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::depthwise::DepthwiseGradient;
use super::geometry::Window;
use super::padded::{Images, Part};
use super::tile::{TileSize, VECTORS, multiply, vectors, vectors_mut, with_rows};
use crate::flex::threads;

/// The copies hold about so many positions.
const POSITIONS: usize = 1024;
/// The work is cut into so many pieces where it can be, by its shape alone.
const PIECES: usize = 16;
/// Output channels that a piece has at least, so that laying out the input pays.
const CHANNELS: usize = 64;

/// The weight gradient of a convolution of a given shape.
#[derive(Clone, Debug)]
pub(super) struct WeightGradient {
    pub(super) batch: usize,
    pub(super) groups: usize,
    /// Channels of the input in a group.
    pub(super) depth: usize,
    /// Channels of the output in a group.
    pub(super) channels: usize,
    pub(super) input: [usize; 2],
    pub(super) output: [usize; 2],
    pub(super) window: Window,
}

/// Columns of a tile: places of the kernel and channels of the input that stand side by side.
#[derive(Clone, Copy, Debug)]
struct Columns {
    /// The first channel of the run of channels that stand together, and how many they are.
    first: usize,
    channels: usize,
    /// The row of the kernel, and the first of its columns.
    row: usize,
    column: usize,
    /// Where the columns begin, counted in channels from that column of the kernel.
    begin: usize,
    len: usize,
}

/// A share of the work: some images, and some output channels of each group in a range.
struct Piece<'a> {
    gradient: &'a WeightGradient,
    columns: &'a [Columns],
    input: &'a [f32],
    output: &'a [f32],
    images: Range<usize>,
    groups: Range<usize>,
    channels: Range<usize>,
}

impl WeightGradient {
    /// The gradient, laid out as the weights are: output channels, input channels of a group, rows
    /// and columns of the kernel.
    pub(super) fn run(&self, input: &[f32], output_gradient: &[f32]) -> Vec<f32> {
        if self.groups > 1 && self.depth == 1 && self.channels == 1 {
            let gradient = DepthwiseGradient {
                batch: self.batch,
                channels: self.groups,
                input: self.input,
                output: self.output,
                window: &self.window,
            };
            return gradient.run(input, output_gradient);
        }
        let size = TileSize::of_processor();
        let columns = self.columns(size);
        let share = self.share();
        let shares = (self.groups * self.channels).div_ceil(share);
        let parts = (PIECES / shares).clamp(1, self.batch);
        let arch = pulp::Arch::new();
        let sums = threads::map(parts * shares, |piece| {
            let (part, first) = (piece / shares, piece % shares * share);
            let (groups, channels) = if share >= self.channels {
                let last = (first + share).div_ceil(self.channels).min(self.groups);
                (first / self.channels..last, 0..self.channels)
            } else {
                (0..1, first..(first + share).min(self.channels))
            };
            arch.dispatch(Piece {
                gradient: self,
                columns: &columns,
                input,
                output: output_gradient,
                images: self.batch * part / parts..self.batch * (part + 1) / parts,
                groups,
                channels,
            })
        });
        let row = self.depth * self.window.taps();
        let mut weights = vec![0.0; self.groups * self.channels * row];
        threads::map_chunks(&mut weights, share * row, |index, weights| {
            let mut parts = sums.iter().skip(index).step_by(shares);
            let mut sum = parts.next().expect("there is a part at least").clone();
            for part in parts {
                for (sum, &more) in sum.iter_mut().zip(part) {
                    *sum += more;
                }
            }
            self.unpack(&sum, &columns, size, share, weights);
        });
        weights
    }

    /// How many output channels a piece takes: whole groups, or some channels of the only one.
    fn share(&self) -> usize {
        if self.groups > 1 {
            self.groups.div_ceil(PIECES) * self.channels
        } else {
            self.channels
                .div_ceil(PIECES)
                .max(CHANNELS)
                .min(self.channels)
        }
    }

    /// The columns of all tiles. Where the kernel's columns are neighbours in the image, they fill
    /// the tiles together.
    fn columns(&self, size: TileSize) -> Vec<Columns> {
        let mut columns = Vec::new();
        let dense = self.window.dilation[1] == 1;
        for first in (0..self.depth).step_by(size.columns) {
            let channels = (self.depth - first).min(size.columns);
            for row in 0..self.window.kernel[0] {
                let (runs, len) = if dense {
                    (1, channels * self.window.kernel[1])
                } else {
                    (self.window.kernel[1], channels)
                };
                for column in 0..runs {
                    for begin in (0..len).step_by(size.columns) {
                        columns.push(Columns {
                            first,
                            channels,
                            row,
                            column,
                            begin,
                            len: (len - begin).min(size.columns),
                        });
                    }
                }
            }
        }
        columns
    }

    /// Writes the sums of one share of the output channels in the order of the weights.
    fn unpack(
        &self,
        sums: &[f32],
        columns: &[Columns],
        size: TileSize,
        share: usize,
        weights: &mut [f32],
    ) {
        let taps = self.window.taps();
        let in_group = share.min(self.channels);
        let mut tiles = sums.chunks_exact(size.rows * size.columns);
        for weights in weights.chunks_mut(in_group * self.depth * taps) {
            let panels = (weights.len() / (self.depth * taps)).div_ceil(size.rows);
            for columns in columns {
                for (panel, tile) in tiles.by_ref().take(panels).enumerate() {
                    let weights = &mut weights[panel * size.rows * self.depth * taps..];
                    let rows = weights.chunks_mut(self.depth * taps);
                    for (weights, tile) in rows.zip(tile.chunks_exact(size.columns)) {
                        for (place, &sum) in tile[..columns.len].iter().enumerate() {
                            let place = columns.begin + place;
                            let channel = columns.first + place % columns.channels;
                            let column = columns.column + place / columns.channels;
                            let tap = columns.row * self.window.kernel[1] + column;
                            weights[channel * taps + tap] = sum;
                        }
                    }
                }
            }
        }
    }

    /// The parts of the positions that are laid out at once, for images taken together.
    fn parts(&self) -> (usize, Vec<Part>) {
        let [rows, columns] = self.output;
        let together = POSITIONS / 2 / (rows * columns).max(1);
        let high = (POSITIONS / columns).clamp(1, rows);
        let wide = columns.min(2 * POSITIONS);
        let mut parts = Vec::new();
        for y in (0..rows).step_by(high) {
            for x in (0..columns).step_by(wide) {
                parts.push(Part {
                    rows: y..(y + high).min(rows),
                    columns: x..(x + wide).min(columns),
                });
            }
        }
        (together.max(1), parts)
    }
}

impl WithSimd for Piece<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Vec<f32> {
        let tile = super::tile::rows::<S>() * VECTORS * S::F32_LANES;
        let panels = self.channels.len().div_ceil(super::tile::rows::<S>());
        let len = panels * self.columns.len() * tile;
        let mut sums = vec![0.0; self.groups.len() * len];
        let (together, parts) = self.gradient.parts();
        let (mut input, mut output, mut places) = (Vec::new(), Vec::new(), Vec::new());
        for (group, sums) in self.groups.clone().zip(sums.chunks_exact_mut(len.max(1))) {
            for first in self.images.clone().step_by(together) {
                let images = first..(first + together).min(self.images.end);
                for part in &parts {
                    self.lay_out_output::<S>(group, images.clone(), part, &mut output);
                    let mut columns = self.columns;
                    let mut sums = &mut sums[..];
                    while let Some(&Columns {
                        first, channels, ..
                    }) = columns.first()
                    {
                        let alike = columns.iter().take_while(|c| c.first == first).count();
                        let (these, rest) = columns.split_at(alike);
                        let (of_these, of_rest) = sums.split_at_mut(alike * panels * tile);
                        let area = Area::new(self.gradient, part, channels);
                        area.lay_out::<S>(
                            &self.input_channels(group, first, channels),
                            images.clone(),
                            &mut input,
                        );
                        area.places(images.len(), &mut places);
                        self.accumulate(simd, &area, these, &input, &output, &places, of_these);
                        (columns, sums) = (rest, of_rest);
                    }
                }
            }
        }
        sums
    }
}

impl Piece<'_> {
    fn input_channels(&self, group: usize, first: usize, channels: usize) -> Images<'_> {
        let first = group * self.gradient.depth + first;
        Images {
            numbers: self.input,
            size: self.gradient.input,
            all: self.gradient.groups * self.gradient.depth,
            channels: first..first + channels,
        }
    }

    /// Lays the output gradient out in panels: for each position, as many channels as a tile has
    /// rows.
    #[inline(always)]
    fn lay_out_output<S: Simd>(
        &self,
        group: usize,
        images: Range<usize>,
        part: &Part,
        panels: &mut Vec<f32>,
    ) {
        let high = super::tile::rows::<S>();
        let (rows, columns) = (part.rows.len(), part.columns.len());
        let positions = images.len() * rows * columns;
        let count = self.channels.len().div_ceil(high);
        panels.clear();
        panels.resize(count * positions * high, 0.0);
        let first = group * self.gradient.channels + self.channels.start;
        let output = Images {
            numbers: self.output,
            size: self.gradient.output,
            all: self.gradient.groups * self.gradient.channels,
            channels: first..first + self.channels.len(),
        };
        let width = self.gradient.output[1];
        for (panel, numbers) in panels.chunks_exact_mut(positions * high).enumerate() {
            let mut lines = numbers.chunks_exact_mut(columns * high);
            for image in images.clone() {
                for row in part.rows.clone() {
                    let line = lines.next().expect("a line for each row of each image");
                    for channel in 0..high.min(self.channels.len() - panel * high) {
                        let plane = output.plane(image, panel * high + channel);
                        let from = &plane[row * width..][part.columns.clone()];
                        interleave(from, high, channel, line);
                    }
                }
            }
        }
    }

    /// Adds the products of a part to the sums of the tiles.
    #[allow(clippy::too_many_arguments, reason = "the operands of one product")]
    #[inline(always)]
    fn accumulate<S: Simd>(
        &self,
        simd: S,
        area: &Area,
        columns: &[Columns],
        input: &[f32],
        output: &[f32],
        places: &[usize],
        sums: &mut [f32],
    ) {
        let high = super::tile::rows::<S>();
        let lanes = S::F32_LANES;
        let mut tiles = sums.chunks_exact_mut(high * VECTORS * lanes);
        for columns in columns {
            let input = &input[area.begin(columns)..];
            for (panel, output) in output.chunks_exact(places.len() * high).enumerate() {
                let sums = tiles.next().expect("a tile for each panel and columns");
                let used = (self.channels.len() - panel * high).min(high);
                macro_rules! tile {
                    ($wide:literal) => {
                        with_rows!(S, used, |ROWS, USED| {
                            let (output, _) = output.as_chunks::<ROWS>();
                            let at = places
                                .iter()
                                .map(|&place| vectors::<S, $wide>(&input[place..]));
                            let zero = [[simd.splat_f32s(0.0); $wide]; USED];
                            let found = multiply::<S, ROWS, USED, $wide>(simd, zero, output, at);
                            let rows = sums.chunks_exact_mut(VECTORS * lanes);
                            for (sums, found) in rows.zip(found) {
                                let sums = vectors_mut::<S, $wide>(sums);
                                for (sum, found) in sums.iter_mut().zip(found) {
                                    *sum = simd.add_f32s(*sum, found);
                                }
                            }
                        })
                    };
                }
                if columns.len > lanes {
                    tile!(2)
                } else {
                    tile!(1)
                }
            }
        }
    }
}

/// The part of the padded input that a part of the positions meets.
struct Area<'a> {
    window: &'a Window,
    part: &'a Part,
    /// Channels that stand side by side.
    channels: usize,
    rows: usize,
    columns: usize,
}

impl<'a> Area<'a> {
    fn new(gradient: &'a WeightGradient, part: &'a Part, channels: usize) -> Self {
        let window = &gradient.window;
        let span = |count: usize, axis: usize| {
            (count - 1) * window.stride[axis]
                + (window.kernel[axis] - 1) * window.dilation[axis]
                + 1
        };
        Area {
            window,
            part,
            channels,
            rows: span(part.rows.len(), 0),
            columns: span(part.columns.len(), 1),
        }
    }

    /// Where the columns of a tile begin for the first position.
    fn begin(&self, columns: &Columns) -> usize {
        let line = columns.row * self.window.dilation[0] * self.columns;
        (line + columns.column * self.window.dilation[1]) * self.channels + columns.begin
    }

    /// Where each position's input begins.
    fn places(&self, images: usize, places: &mut Vec<usize>) {
        places.clear();
        for image in 0..images {
            for row in 0..self.part.rows.len() {
                let line = image * self.rows + row * self.window.stride[0];
                let first = line * self.columns * self.channels;
                let step = self.window.stride[1] * self.channels;
                places.extend((0..self.part.columns.len()).map(|column| first + column * step));
            }
        }
    }

    /// Copies the padded input with its channels side by side.
    #[inline(always)]
    fn lay_out<S: Simd>(&self, input: &Images, images: Range<usize>, numbers: &mut Vec<f32>) {
        let line = self.columns * self.channels;
        numbers.clear();
        numbers.resize(
            images.len() * self.rows * line + VECTORS * S::F32_LANES,
            0.0,
        );
        let [height, width] = input.size;
        let begin = |axis: usize, first: usize| {
            (first * self.window.stride[axis]) as isize - self.window.begin[axis] as isize
        };
        let (top, left) = (
            begin(0, self.part.rows.start),
            begin(1, self.part.columns.start),
        );
        let skipped = left.max(0) as usize;
        let before = left.min(0).unsigned_abs().min(self.columns);
        let mut lines = numbers.chunks_exact_mut(line);
        for image in images {
            for row in 0..self.rows {
                let own = lines.next().expect("a line for each row of each image");
                let row = match usize::try_from(top + row as isize) {
                    Ok(row) if row < height && skipped < width => row,
                    _ => continue,
                };
                let count = (width - skipped).min(self.columns - before);
                let own = &mut own[before * self.channels..][..count * self.channels];
                for channel in 0..self.channels {
                    let plane = input.plane(image, channel);
                    let from = &plane[row * width + skipped..][..count];
                    interleave(from, self.channels, channel, own);
                }
            }
        }
    }
}

/// Writes a channel between the others.
#[inline(always)]
fn interleave(from: &[f32], channels: usize, channel: usize, own: &mut [f32]) {
    for (own, &number) in own.chunks_exact_mut(channels).zip(from) {
        own[channel] = number;
    }
}
