//! The sliding product itself: every output position sums the products of the weights with the
//! inputs under the kernel. A convolution is one, its transpose and its input gradient are others.
//!
//! It runs as a matrix product whose right side, the inputs under the kernel, is never built as a
//! whole: a part of the image is copied with its padding (so that no later loop knows of edges),
//! and from it as many columns are packed as stay in the cache.

use std::cell::RefCell;
use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::depthwise::{Weighted, slide};
use super::geometry::{Phase, Phases};
use super::padded::{Images, Padded, Part};
use super::threads;
use super::tile::{TileSize, VECTORS, multiply, vectors, vectors_mut, with_rows};

/// Columns are packed for so many tiles at once.
const TILES: usize = 8;
/// So many numbers of a column are packed at once.
const DEPTH: usize = 384;
/// The padded copy of a part of the input has about so many numbers, so that it stays in the cache.
const PART: usize = 96 * 1024;
/// The work is cut into at least so many pieces where it can be. It is cut by its shape alone, so
/// that any number of threads computes the same.
const PIECES: usize = 16;

/// A sliding product of a given shape.
#[derive(Clone, Debug)]
pub(super) struct Correlation {
    pub(super) batch: usize,
    pub(super) groups: usize,
    /// Channels of the input in a group.
    pub(super) depth: usize,
    /// Channels of the output in a group.
    pub(super) channels: usize,
    pub(super) input: [usize; 2],
    pub(super) output: [usize; 2],
    pub(super) phases: Phases,
    pub(super) weight: WeightOrder,
}

/// How far apart the weights of neighbours lie.
#[derive(Clone, Copy, Debug)]
pub(super) struct WeightOrder {
    pub(super) group: usize,
    pub(super) output: usize,
    pub(super) input: usize,
}

/// A run of output channels of one image that is computed together.
#[derive(Clone, Debug)]
struct Block {
    group: usize,
    channels: Range<usize>,
    /// The first of its panels of packed weights.
    panel: usize,
}

/// How the output is shared out: pieces that each hold so many images, or one share of the channels
/// of an image.
#[derive(Clone, Debug)]
struct Pieces {
    images: usize,
    shares: Vec<Vec<Block>>,
    panels: usize,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

/// Memory that a thread uses again from piece to piece.
#[derive(Default)]
struct Scratch {
    padded: Padded,
    columns: Vec<f32>,
}

impl Correlation {
    /// How many numbers the output has.
    pub(super) fn output_len(&self) -> usize {
        self.batch * self.image_len()
    }

    /// Whether every channel has its own kernel.
    fn is_depthwise(&self) -> bool {
        self.groups > 1 && self.depth == 1 && self.channels == 1
    }

    fn image_len(&self) -> usize {
        self.groups * self.channels * self.plane()
    }

    fn plane(&self) -> usize {
        self.output[0] * self.output[1]
    }

    /// How many numbers of the output are computed together, and handed to `finish`.
    pub(super) fn piece_len(&self) -> usize {
        self.piece_len_of(&self.pieces(TileSize::of_processor()))
    }

    fn piece_len_of(&self, pieces: &Pieces) -> usize {
        pieces.images * self.image_len() / pieces.shares.len()
    }

    /// Computes the output. Each piece of it is handed to `finish` as soon as it is there; what that
    /// gives is returned, in the order of the pieces.
    pub(super) fn run<R: Send>(
        &self,
        input: &[f32],
        weight: &[f32],
        bias: Option<&[f32]>,
        output: &mut [f32],
        finish: impl Fn(&mut [f32]) -> R + Sync + Send,
    ) -> Vec<R> {
        let size = TileSize::of_processor();
        let pieces = self.pieces(size);
        let packed = self.pack_weights(weight, &pieces, size);
        let arch = pulp::Arch::new();
        threads::map_chunks(output, self.piece_len_of(&pieces), |index, output| {
            let shares = pieces.shares.len();
            let first = index / shares * pieces.images;
            let images = first..(first + pieces.images).min(self.batch);
            SCRATCH.with_borrow_mut(|scratch| {
                arch.dispatch(Piece {
                    correlation: self,
                    input,
                    packed: &packed,
                    bias,
                    blocks: &pieces.shares[index % shares],
                    images,
                    output,
                    scratch,
                });
            });
            finish(output)
        })
    }

    /// Small images are taken together, so that there are columns enough for whole tiles; few images
    /// are shared out by channels.
    fn pieces(&self, size: TileSize) -> Pieces {
        let positions = self.phases.most().iter().product::<usize>().max(1);
        let together = (TILES * size.columns).div_ceil(positions);
        let images = together.min(self.batch.div_ceil(PIECES)).max(1);
        // A share of the channels is one run of memory within one image alone.
        let wanted = if images == 1 {
            PIECES.div_ceil(self.batch)
        } else {
            1
        };
        let fits = |&shares: &usize| {
            let per_share = self.groups * self.channels / shares;
            (self.groups * self.channels).is_multiple_of(shares)
                && if self.groups == 1 {
                    per_share.is_multiple_of(size.rows) && per_share >= 2 * size.rows
                } else {
                    per_share.is_multiple_of(self.channels)
                }
        };
        let shares = (1..=wanted).rev().find(fits).unwrap_or(1);
        let per_share = self.groups * self.channels / shares;
        let mut panels = 0;
        let mut block = |group: usize, channels: Range<usize>| {
            let panel = panels;
            panels += channels.len().div_ceil(size.rows);
            Block {
                group,
                channels,
                panel,
            }
        };
        let shares = (0..shares)
            .map(|share| {
                if self.groups == 1 {
                    vec![block(0, share * per_share..(share + 1) * per_share)]
                } else {
                    let groups = per_share / self.channels;
                    (share * groups..(share + 1) * groups)
                        .map(|group| block(group, 0..self.channels))
                        .collect()
                }
            })
            .collect();
        Pieces {
            images,
            shares,
            panels,
        }
    }

    /// The weights of each phase in panels: for each place in the depth, the numbers of the rows of
    /// a tile side by side.
    fn pack_weights(&self, weight: &[f32], pieces: &Pieces, size: TileSize) -> Vec<Vec<f32>> {
        let blocks: Vec<&Block> = pieces.shares.iter().flatten().collect();
        let pack = |phase: &Phase| {
            let depth = self.depth * phase.taps.len();
            let mut packed = vec![0.0; pieces.panels * depth * size.rows];
            if depth == 0 {
                return packed;
            }
            threads::map_chunks(&mut packed, depth * size.rows, |panel, packed| {
                let block = blocks[blocks.partition_point(|block| block.panel <= panel) - 1];
                let first = block.channels.start + (panel - block.panel) * size.rows;
                for row in 0..size.rows.min(block.channels.end - first) {
                    let base = block.group * self.weight.group + (first + row) * self.weight.output;
                    let places = packed[row..].iter_mut().step_by(size.rows);
                    let weights = (0..self.depth).flat_map(|channel| {
                        let base = base + channel * self.weight.input;
                        phase.taps.iter().map(move |tap| weight[base + tap.index])
                    });
                    for (place, weight) in places.zip(weights) {
                        *place = weight;
                    }
                }
            });
            packed
        };
        self.phases.phases.iter().map(pack).collect()
    }

    /// The parts of the positions whose input, with its padding, stays in the cache.
    fn parts(&self) -> Vec<Part> {
        let [rows, columns] = self.phases.most();
        let [across, along] = self.phases.stride;
        let [(top, bottom), (left, right)] = self.phases.reach();
        let span = |count: usize, stride: usize, reach: isize| {
            ((count - 1) * stride).saturating_add(reach as usize + 1)
        };
        let width = |columns: usize| span(columns, along, right - left);
        let numbers = |rows: usize, columns: usize| {
            let lines = span(rows, across, bottom - top).saturating_mul(self.depth);
            lines.saturating_mul(width(columns))
        };
        // Halve the positions, rows first, until the numbers under them are few enough.
        let (mut high, mut wide) = (rows.max(1), columns.max(1));
        while numbers(high, wide) > PART && high > 1 {
            high = high.div_ceil(2);
        }
        while numbers(high, wide) > PART && wide > 256 {
            wide = wide.div_ceil(2);
        }
        let mut parts = Vec::new();
        for y in (0..rows).step_by(high) {
            for x in (0..columns).step_by(wide) {
                parts.push(Part {
                    rows: y..(y + high).min(rows),
                    columns: x..(x + wide).min(columns),
                });
            }
        }
        parts
    }
}

/// One piece of the output, as a job for the vector units.
struct Piece<'a> {
    correlation: &'a Correlation,
    input: &'a [f32],
    packed: &'a [Vec<f32>],
    bias: Option<&'a [f32]>,
    blocks: &'a [Block],
    images: Range<usize>,
    output: &'a mut [f32],
    scratch: &'a mut Scratch,
}

impl WithSimd for Piece<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Piece {
            correlation,
            input,
            packed,
            bias,
            blocks,
            images,
            output,
            scratch,
        } = self;
        let channels: usize = blocks.iter().map(|block| block.channels.len()).sum();
        let mut before = 0;
        for block in blocks {
            let first = block.group * correlation.depth;
            let input = Images {
                numbers: input,
                size: correlation.input,
                all: correlation.groups * correlation.depth,
                channels: first..first + correlation.depth,
            };
            for part in correlation.parts() {
                scratch.padded.fill(
                    &correlation.phases,
                    &input,
                    images.clone(),
                    &part,
                    VECTORS * S::F32_LANES,
                );
                for (phase, packed) in correlation.phases.phases.iter().zip(packed) {
                    let part_of_piece = PartOfPiece {
                        correlation,
                        phase,
                        packed,
                        bias,
                        block,
                        padded: &scratch.padded,
                        images: images.len(),
                        part: part.within(phase.count),
                        before,
                        channels,
                    };
                    if correlation.is_depthwise() {
                        part_of_piece.slide(simd, output);
                    } else {
                        part_of_piece.run(simd, output, &mut scratch.columns);
                    }
                }
            }
            before += block.channels.len();
        }
    }
}

/// The positions of one phase within a part of the output, for one block of channels.
struct PartOfPiece<'a> {
    correlation: &'a Correlation,
    phase: &'a Phase,
    packed: &'a [f32],
    bias: Option<&'a [f32]>,
    block: &'a Block,
    padded: &'a Padded,
    /// How many images the piece has.
    images: usize,
    part: Part,
    /// How many channels of the piece come before those of the block, and how many it has.
    before: usize,
    channels: usize,
}

/// Neighbouring columns of a tile that are neighbours in an image as well.
struct Run {
    /// The first column of the tile.
    column: usize,
    len: usize,
    /// Where its inputs begin in the padded copy.
    source: usize,
    /// Where it begins in the first channel of the output.
    target: usize,
}

impl PartOfPiece<'_> {
    #[inline(always)]
    fn run<S: Simd>(&self, simd: S, output: &mut [f32], columns: &mut Vec<f32>) {
        let wide = VECTORS * S::F32_LANES;
        let count = self.images * self.part.rows.len() * self.part.columns.len();
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
    fn slide<S: Simd>(&self, simd: S, output: &mut [f32]) {
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
        for image in 0..self.images {
            for row in 0..self.part.rows.len() {
                let place = self.target(image, row, 0);
                let padded = &self.padded.channel(0)[self.padded.position(image, row, 0)..];
                let step = self.phase.step[1];
                let output = &mut output[place..][..(count.max(1) - 1) * step + 1];
                slide(simd, padded, &taps, self.bias(0), step, count, output);
            }
        }
    }

    /// Where a position of the part lies in the block's first channel of the output.
    fn target(&self, image: usize, row: usize, column: usize) -> usize {
        let row = self.phase.origin[0] + (self.part.rows.start + row) * self.phase.step[0];
        let column = self.phase.origin[1] + (self.part.columns.start + column) * self.phase.step[1];
        let plane = (image * self.channels + self.before) * self.correlation.plane();
        plane + row * self.correlation.output[1] + column
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
                target: self.target(image, y, x),
            });
            (first, count, column) = (first + len, count - len, column + len);
        }
        runs
    }

    /// Writes the inputs under the kernel, a row for each channel and tap. Every run is copied in
    /// the full width of a tile: what is too much is overwritten by the next, or not looked at.
    #[inline(always)]
    fn pack<S: Simd>(
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
                    let from = vectors::<S, VECTORS>(&plane[run.source + tap..]);
                    *vectors_mut::<S, VECTORS>(&mut columns[row + run.column..]) = *from;
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
        output: &mut [f32],
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
        output: &mut [f32],
    ) {
        let plane = self.correlation.plane();
        for (i, sums) in sums.iter().enumerate() {
            let output = &mut output[run.target + (row + i) * plane..];
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
        output: &mut [f32],
    ) {
        let plane = self.correlation.plane();
        let step = self.phase.step[1];
        for (i, sums) in sums.iter().enumerate() {
            let sums: &[f32] = bytemuck::cast_slice(sums);
            let bias = self.bias(row + i);
            for run in runs {
                let end = run.target + (run.len - 1) * step + 1;
                let offset = (row + i) * plane;
                let output = &mut output[run.target + offset..end + offset];
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
