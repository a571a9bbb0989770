//! The signs of a layer's numbers, counted while they are in the cache and by all threads.

use std::ops::Neg;

use leaky_relu::{Float, SignBits};
use rayon::prelude::*;

/// So many numbers are looked at together: they stay in the cache from pass to pass.
const TOGETHER: usize = 8192;

/// Counts for each unit how many of `[.., units, inner]` numbers lie above zero and how many below, once
/// `shifted`; false if one of them is not a number.
pub(super) fn count_signs<T>(
    values: &[T],
    shifted: impl Fn(T) -> T + Sync,
    inner: usize,
    [above_zero, below_zero]: [&mut Vec<u64>; 2],
) -> bool
where
    T: Float + Copy + PartialOrd + Neg<Output = T> + Sync,
{
    let (units, row) = (above_zero.len(), above_zero.len() * inner);
    // Pieces of whole rows, or of some units of a row.
    let rows = (TOGETHER / row).max(1);
    let together = if row <= TOGETHER {
        units
    } else {
        (TOGETHER / inner).max(1)
    };
    let pieces: Vec<(usize, &[T])> = values
        .chunks(rows * row)
        .flat_map(|rows| {
            let len = if together == units {
                rows.len()
            } else {
                together * inner
            };
            let parts = rows.chunks(len).enumerate();
            parts.map(|(part, values)| (part * together, values))
        })
        .collect();
    let counted: Vec<Option<[Vec<u64>; 2]>> = pieces
        .par_iter()
        .map(|&(first, values)| {
            let own = together.min(units - first);
            let mut counts = [vec![0; own], vec![0; own]];
            // A single unit may have more numbers than are looked at together.
            let len = if own == 1 { TOGETHER } else { values.len() };
            for values in values.chunks(len) {
                let inner = if own == 1 { values.len() } else { inner };
                if values
                    .iter()
                    .any(|value| value.partial_cmp(value).is_none())
                {
                    return None;
                }
                let mut shifted: Vec<T> = values.iter().map(|&value| shifted(value)).collect();
                SignBits::of(&shifted).add_counts_by_channel(inner, &mut counts[0]);
                shifted.iter_mut().for_each(|value| *value = -*value);
                SignBits::of(&shifted).add_counts_by_channel(inner, &mut counts[1]);
            }
            Some(counts)
        })
        .collect();
    for ((first, _), counts) in pieces.into_iter().zip(counted) {
        let Some([above, below]) = counts else {
            return false;
        };
        for (total, counts) in [(&mut *above_zero, above), (&mut *below_zero, below)] {
            for (total, count) in total[first..].iter_mut().zip(counts) {
                *total += count;
            }
        }
    }
    true
}
