//! How a sliding product runs: as a matrix product whose right side, the inputs under the kernel, is
//! never built as a whole. A part of the image is copied with its padding (so that no later loop knows
//! of edges), and from it as many columns are packed as stay in the cache.

use std::cell::RefCell;

use pulp::{Simd, WithSimd};

use super::correlation::Correlation;
use super::geometry::Phase;
use super::padded::{Images, Padded, Part};
use super::pieces::{Block, Pieces};
use super::product::{PartOfPiece, TILES};
use super::tile::{TileSize, VECTORS};
use crate::flex::threads;

/// The padded copy of a part of the input has about so many numbers, so that it stays in the cache.
const PART: usize = 96 * 1024;

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
    fn pieces(&self, size: TileSize) -> Pieces {
        let positions = self.phases.most().iter().product::<usize>().max(1);
        let together = (TILES * size.columns).div_ceil(positions);
        Pieces::new((self.batch, together), (self.groups, self.channels), size)
    }

    /// How many numbers of the output are handed to `finish` at a time.
    pub(super) fn run_len(&self) -> usize {
        let pieces = self.pieces(TileSize::of_processor());
        pieces.run_len(self.image_len())
    }

    /// Computes the output. Each run of it is handed to `finish` as soon as it is there; what that
    /// gives is returned, in the order of the runs.
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
        let shares = pieces.shares.len();
        let image_len = self.image_len();
        let runs = pieces.split(output, image_len);
        let results = threads::map_items(runs, |index, mut runs| {
            let first = index / shares * pieces.images;
            let images = runs
                .iter_mut()
                .flat_map(|run| run.chunks_mut(image_len / shares));
            SCRATCH.with_borrow_mut(|scratch| {
                arch.dispatch(Piece {
                    correlation: self,
                    input,
                    packed: &packed,
                    bias,
                    blocks: &pieces.shares[index % shares],
                    first,
                    output: images.collect(),
                    scratch,
                });
            });
            runs.into_iter().map(&finish).collect()
        });
        pieces.in_order(results)
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
                let rows = size.rows.min(block.channels.end - first);
                let base = block.group * self.weight.group + first * self.weight.output;
                let mut places = packed.chunks_exact_mut(size.rows);
                for channel in 0..self.depth {
                    let base = base + channel * self.weight.input;
                    for (tap, place) in phase.taps.iter().zip(&mut places) {
                        let weights = weight[base + tap.index..].iter();
                        let weights = weights.step_by(self.weight.output);
                        for (place, &weight) in place[..rows].iter_mut().zip(weights) {
                            *place = weight;
                        }
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
    /// The first of its images.
    first: usize,
    /// Its channels of each image.
    output: Vec<&'a mut [f32]>,
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
            first,
            mut output,
            scratch,
        } = self;
        let images = first..first + output.len();
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
                        part: part.within(phase.count),
                        before,
                    };
                    if correlation.is_depthwise() {
                        part_of_piece.slide(simd, &mut output);
                    } else {
                        part_of_piece.run(simd, &mut output, &mut scratch.columns);
                    }
                }
            }
            before += block.channels.len();
        }
    }
}
