//! How the output of a sliding product is shared out: by its shape alone, so that any number of
//! threads computes the same.

use std::ops::Range;

use super::tile::TileSize;

/// The work is cut into at least so many pieces where it can be.
const PIECES: usize = 16;
/// Channels that a piece of several images has at least, so that packing their columns pays.
const CHANNELS: usize = 128;

/// A run of output channels of one group that is computed together.
#[derive(Clone, Debug)]
pub(super) struct Block {
    pub(super) group: usize,
    pub(super) channels: Range<usize>,
    /// The first of its panels of packed weights.
    pub(super) panel: usize,
}

/// The pieces: each has so many images, and one share of the channels.
#[derive(Clone, Debug)]
pub(super) struct Pieces {
    pub(super) images: usize,
    pub(super) shares: Vec<Vec<Block>>,
    pub(super) panels: usize,
}

impl Pieces {
    /// The pieces of `batch` images of `groups` groups of `channels` channels.
    ///
    /// So many images are taken together, `together`, that there are columns enough for whole tiles; if
    /// that leaves few pieces, they are shared out by channels too.
    pub(super) fn new(
        (batch, together): (usize, usize),
        (groups, channels): (usize, usize),
        size: TileSize,
    ) -> Self {
        let images = together.clamp(1, batch);
        let wanted = PIECES.div_ceil(batch.div_ceil(images));
        let least = if images == 1 { 2 * size.rows } else { CHANNELS };
        let all = groups * channels;
        let fits = |&shares: &usize| {
            let per_share = all / shares;
            all.is_multiple_of(shares)
                && if groups == 1 {
                    per_share.is_multiple_of(size.rows) && per_share >= least
                } else {
                    per_share.is_multiple_of(channels)
                }
        };
        let count = (1..=wanted).rev().find(fits).unwrap_or(1);
        let per_share = all / count;
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
        let shares = (0..count)
            .map(|share| {
                if groups == 1 {
                    vec![block(0, share * per_share..(share + 1) * per_share)]
                } else {
                    let per_share = per_share / channels;
                    (share * per_share..(share + 1) * per_share)
                        .map(|group| block(group, 0..channels))
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

    /// How many numbers that lie side by side a piece has at least, of images with so many.
    pub(super) fn run_len(&self, image_len: usize) -> usize {
        match self.shares.len() {
            1 => self.images * image_len,
            shares => image_len / shares,
        }
    }

    /// The numbers of each piece: one run of memory, or one for each of its images. Pieces of the same
    /// images follow each other.
    pub(super) fn split<'a>(
        &self,
        numbers: &'a mut [f32],
        image_len: usize,
    ) -> Vec<Vec<&'a mut [f32]>> {
        let shares = self.shares.len();
        let images = numbers.len() / image_len;
        let mut pieces: Vec<Vec<&mut [f32]>> = Vec::new();
        pieces.resize_with(images.div_ceil(self.images) * shares, Vec::new);
        for (index, run) in numbers.chunks_mut(self.run_len(image_len)).enumerate() {
            pieces[self.piece(index)].push(run);
        }
        pieces
    }

    /// The results of runs, given piece by piece, in the order in which the runs lie in memory.
    pub(super) fn in_order<R>(&self, results: Vec<Vec<R>>) -> Vec<R> {
        let count = results.iter().map(Vec::len).sum();
        let mut results: Vec<_> = results.into_iter().map(Vec::into_iter).collect();
        (0..count)
            .filter_map(|index| results[self.piece(index)].next())
            .collect()
    }

    /// The piece that a run of memory belongs to.
    fn piece(&self, run: usize) -> usize {
        match self.shares.len() {
            1 => run,
            shares => run / shares / self.images * shares + run % shares,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_memory_and_each_piece_has_its_own_channels() {
        let size = TileSize {
            rows: 8,
            columns: 32,
        };
        let pieces = Pieces::new((5, 2), (1, 512), size);
        assert_eq!((pieces.images, pieces.shares.len()), (2, 4));
        let mut numbers: Vec<f32> = (0..5 * 512 * 3).map(|number| number as f32).collect();
        let split = pieces.split(&mut numbers, 512 * 3);
        assert_eq!(split.len(), 3 * 4);
        let firsts = |runs: Vec<&mut [f32]>| runs.iter().map(|run| run[0]).collect::<Vec<_>>();
        let firsts: Vec<Vec<f32>> = split.into_iter().map(firsts).collect();
        assert_eq!(firsts[1], [384.0, 384.0 + 1536.0]);
        let ordered = pieces.in_order(firsts);
        assert!(ordered.is_sorted() && ordered.len() == 20);
    }
}
