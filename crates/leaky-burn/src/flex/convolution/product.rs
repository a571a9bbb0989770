//! The innermost part of a sliding product: columns packed from the padded copy, multiplied tile by
//! tile, and stored where they belong in the output.

use std::ops::Range;

use pulp::Simd;

use super::correlation::Correlation;
use super::depthwise::{Weighted, slide};
use super::geometry::Phase;
use super::padded::{Padded, Part};
use super::pieces::Block;
use super::tile::{VECTORS, multiply, vectors, vectors_mut, with_rows};

/// Columns are packed for so many tiles at once.
pub(super) const TILES: usize = 8;
/// So many numbers of a column are packed at once.
const DEPTH: usize = 384;

/// The positions of one phase within a part of the output, for one block of channels.
pub(super) struct PartOfPiece<'a> {
    pub(super) correlation: &'a Correlation,
    pub(super) phase: &'a Phase,
    pub(super) packed: &'a [f32],
    pub(super) bias: Option<&'a [f32]>,
    pub(super) block: &'a Block,
    pub(super) padded: &'a Padded,
    pub(super) part: Part,
    /// How many channels of the piece come before those of the block.
    pub(super) before: usize,
}

/// Neighbouring columns of a tile that are neighbours in an image as well.
struct Run {
    /// The first column of the tile.
    column: usize,
    len: usize,
    /// Where its inputs begin in the padded copy.
    source: usize,
    /// Its image, and where it begins in that image's first channel of the block.
    image: usize,
    target: usize,
}

impl PartOfPiece<'_> {
    #[inline(always)]
    pub(super) fn run<S: Simd>(&self, simd: S, output: &mut [&mut [f32]], columns: &mut Vec<f32>) {
        let wide = VECTORS * S::F32_LANES;
        let count = output.len() * self.part.rows.len() * self.part.columns.len();
        let taps: Vec<usize> = self
            .phase
            .taps
            .iter()
            .map(|tap| self.padded.shift(tap.shift))
            .collect();
        let at_once = (DEPTH / taps.len().max(1)).max(1);
        let depth = self.correlation.depth;
        for first in (0..count).step_by(TILES * wide) {
            let tiles: Vec<Vec<Run>> = (first..count.min(first + TILES * wide))
                .step_by(wide)
                .map(|first| self.runs(first, (count - first).min(wide)))
                .collect();
            for begin in (0..depth).step_by(at_once) {
                let channels = begin..(begin + at_once).min(depth);
                let rows = channels.len() * taps.len();
                // A run may write past the end of its row, never by more than a row.
                let needed = (tiles.len() * rows + 1) * wide;
                if columns.len() < needed {
                    columns.resize(needed, 0.0);
                }
                for (index, runs) in tiles.iter().enumerate() {
                    let columns = &mut columns[index * rows * wide..][..(rows + 1) * wide];
                    self.pack::<S>(runs, &taps, channels.clone(), columns);
                }
                self.multiply(simd, &tiles, channels, columns, output);
            }
        }
    }

    /// The same where the block has one channel, of one channel of the input.
    #[inline(always)]
    pub(super) fn slide<S: Simd>(&self, simd: S, output: &mut [&mut [f32]]) {
        let high = super::tile::rows::<S>();
        let weights = &self.packed[self.block.panel * self.phase.taps.len() * high..];
        let weights = weights.iter().step_by(high);
        let taps: Vec<Weighted> = self
            .phase
            .taps
            .iter()
            .zip(weights)
            .map(|(tap, &weight)| Weighted {
                shift: self.padded.shift(tap.shift),
                weight,
            })
            .collect();
        let count = self.part.columns.len();
        for (image, output) in output.iter_mut().enumerate() {
            for row in 0..self.part.rows.len() {
                let place = self.target(row, 0);
                let padded = &self.padded.channel(0)[self.padded.position(image, row, 0)..];
                let step = self.phase.step[1];
                let output = &mut output[place..][..(count.max(1) - 1) * step + 1];
                slide(simd, padded, &taps, self.bias(0), step, count, output);
            }
        }
    }

    /// Where a position of the part lies in the block's first channel of an image.
    fn target(&self, row: usize, column: usize) -> usize {
        let row = self.phase.origin[0] + (self.part.rows.start + row) * self.phase.step[0];
        let column = self.phase.origin[1] + (self.part.columns.start + column) * self.phase.step[1];
        self.before * self.correlation.plane() + row * self.correlation.output[1] + column
    }

    /// The runs of one tile.
    fn runs(&self, mut first: usize, mut count: usize) -> Vec<Run> {
        let (rows, columns) = (self.part.rows.len(), self.part.columns.len());
        let mut runs = Vec::new();
        let mut column = 0;
        while count > 0 {
            let (line, x) = (first / columns, first % columns);
            let (image, y) = (line / rows, line % rows);
            let len = count.min(columns - x);
            runs.push(Run {
                column,
                len,
                source: self.padded.position(image, y, x),
                image,
                target: self.target(y, x),
            });
            (first, count, column) = (first + len, count - len, column + len);
        }
        runs
    }

    /// Writes the inputs under the kernel, a row for each channel and tap.
    #[inline(always)]
    fn pack<S: Simd>(
        &self,
        runs: &[Run],
        taps: &[usize],
        channels: Range<usize>,
        columns: &mut [f32],
    ) {
        if runs.iter().all(|run| run.len <= S::F32_LANES) {
            self.pack_runs::<S, 1>(runs, taps, channels, columns);
        } else {
            self.pack_runs::<S, VECTORS>(runs, taps, channels, columns);
        }
    }

    /// Every run is copied in full vectors: what is too much is overwritten by the next, or not looked
    /// at.
    #[inline(always)]
    fn pack_runs<S: Simd, const WIDE: usize>(
        &self,
        runs: &[Run],
        taps: &[usize],
        channels: Range<usize>,
        columns: &mut [f32],
    ) {
        let wide = VECTORS * S::F32_LANES;
        let mut row = 0;
        for channel in channels {
            let plane = self.padded.channel(channel);
            for &tap in taps {
                for run in runs {
                    let from = vectors::<S, WIDE>(&plane[run.source + tap..]);
                    *vectors_mut::<S, WIDE>(&mut columns[row + run.column..]) = *from;
                }
                row += wide;
            }
        }
    }

    /// Multiplies the packed columns with the weights of the block, from the first channel on or
    /// adding to what is there.
    #[inline(always)]
    fn multiply<S: Simd>(
        &self,
        simd: S,
        tiles: &[Vec<Run>],
        channels: Range<usize>,
        columns: &[f32],
        output: &mut [&mut [f32]],
    ) {
        let wide = VECTORS * S::F32_LANES;
        let taps = self.phase.taps.len();
        let (rows, depth) = (channels.len() * taps, self.correlation.depth * taps);
        let (columns, _) = S::as_simd_f32s(columns);
        let (columns, _) = columns.as_chunks::<VECTORS>();
        let high = super::tile::rows::<S>();
        for (panel, row) in (0..self.block.channels.len()).step_by(high).enumerate() {
            let used = (self.block.channels.len() - row).min(high);
            let weights = &self.packed[(self.block.panel + panel) * depth * high..];
            let weights = &weights[channels.start * taps * high..][..rows * high];
            for (index, runs) in tiles.iter().enumerate() {
                let columns = &columns[index * rows..][..rows];
                with_rows!(S, used, |ROWS, USED| {
                    let (weights, _) = weights.as_chunks::<ROWS>();
                    let zero = [[simd.splat_f32s(0.0); VECTORS]; USED];
                    let sums =
                        multiply::<S, ROWS, USED, VECTORS>(simd, zero, weights, columns.iter());
                    let add = channels.start > 0;
                    match &runs[..] {
                        [run] if run.len == wide && self.phase.step[1] == 1 => {
                            self.store_whole(simd, &sums[..used], row, run, add, output);
                        }
                        _ => self.store_runs::<S>(&sums[..used], row, runs, add, output),
                    }
                });
            }
        }
    }

    fn bias(&self, row: usize) -> f32 {
        let channels = self.correlation.channels;
        let channel = self.block.group * channels + self.block.channels.start + row;
        self.bias.map_or(0.0, |bias| bias[channel])
    }

    /// Stores a tile whose columns lie side by side in the output.
    #[inline(always)]
    fn store_whole<S: Simd>(
        &self,
        simd: S,
        sums: &[[S::f32s; VECTORS]],
        row: usize,
        run: &Run,
        add: bool,
        output: &mut [&mut [f32]],
    ) {
        let plane = self.correlation.plane();
        for (i, sums) in sums.iter().enumerate() {
            let output = &mut output[run.image][run.target + (row + i) * plane..];
            let output = vectors_mut::<S, VECTORS>(output);
            let bias = simd.splat_f32s(self.bias(row + i));
            for (place, &sum) in output.iter_mut().zip(sums) {
                *place = simd.add_f32s(if add { *place } else { bias }, sum);
            }
        }
    }

    /// Stores a tile whose columns lie in several places.
    #[inline(always)]
    fn store_runs<S: Simd>(
        &self,
        sums: &[[S::f32s; VECTORS]],
        row: usize,
        runs: &[Run],
        add: bool,
        output: &mut [&mut [f32]],
    ) {
        let plane = self.correlation.plane();
        let step = self.phase.step[1];
        for (i, sums) in sums.iter().enumerate() {
            let sums: &[f32] = bytemuck::cast_slice(sums);
            let bias = self.bias(row + i);
            for run in runs {
                let end = run.target + (run.len - 1) * step + 1;
                let offset = (row + i) * plane;
                let output = &mut output[run.image][run.target + offset..end + offset];
                let sums = &sums[run.column..][..run.len];
                if step == 1 {
                    for (place, &sum) in output.iter_mut().zip(sums) {
                        *place = sum + if add { *place } else { bias };
                    }
                } else {
                    for (place, &sum) in output.iter_mut().step_by(step).zip(sums) {
                        *place = sum + if add { *place } else { bias };
                    }
                }
            }
        }
    }
}
