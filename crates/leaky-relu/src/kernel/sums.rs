//! Sums by channel that do not depend on how the elements were cut into blocks and among threads.

use super::channels::Channels;
use crate::number::Alpha;
use crate::split::Split;

/// How many partial sums are added up side by side, as processors do.
const PARTS: usize = 8;

/// Adds up numbers by channel in `f64`, each stretch of the array for itself.
pub(super) struct Sums<'a> {
    channels: Channels,
    /// A row of sums, one a channel, for each stretch from the one at hand on.
    rows: &'a mut [f64],
    row: usize,
    /// The length of a stretch, and how many numbers of the one at hand are still to come.
    stretch: usize,
    left: usize,
    /// What has been added up of a run of one channel, number `i` of it in part `i % PARTS`.
    parts: [f64; PARTS],
    next_part: usize,
}

impl<'a> Sums<'a> {
    /// Adds to `rows`, which hold a sum for each of so many channels for each stretch.
    pub(super) fn new(
        rows: &'a mut [f64],
        channels: Channels,
        number: usize,
        stretch: usize,
    ) -> Self {
        Sums {
            channels,
            rows,
            row: number,
            stretch,
            left: stretch,
            parts: [0.0; PARTS],
            next_part: 0,
        }
    }

    /// The length of a stretch.
    pub(super) fn stretch(&self) -> usize {
        self.stretch
    }

    /// Adds the next numbers.
    #[inline(always)]
    pub(super) fn add<A: Alpha>(&mut self, mut numbers: &[A]) {
        while !numbers.is_empty() {
            let run = self.channels.next(numbers.len().min(self.left));
            let (own, others) = numbers.split_at(run.len);
            numbers = others;
            self.left -= run.len;
            if run.shared {
                self.add_to_parts(own);
                if run.ends || self.left == 0 {
                    self.rows[run.channel] += self.take_parts();
                }
            } else {
                let sums = &mut self.rows[run.channel..run.channel + run.len];
                for (sum, number) in sums.iter_mut().zip(own) {
                    *sum += (*number).into();
                }
            }
            if self.left == 0 {
                self.left = self.stretch;
                self.rows = &mut core::mem::take(&mut self.rows)[self.row..];
            }
        }
    }

    /// Adds what is left of a run that goes on behind the last number.
    pub(super) fn finish(&mut self) {
        if self.next_part > 0 || self.parts != [0.0; PARTS] {
            self.rows[self.channels.at()] += self.take_parts();
        }
    }

    #[inline(always)]
    fn add_to_parts<A: Alpha>(&mut self, numbers: &[A]) {
        let to_first_part = (PARTS - self.next_part) % PARTS;
        let (head, numbers) = numbers.split_at(to_first_part.min(numbers.len()));
        for number in head {
            self.parts[self.next_part] += (*number).into();
            self.next_part = (self.next_part + 1) % PARTS;
        }
        let (chunks, tail) = numbers.as_chunks::<PARTS>();
        for chunk in chunks {
            for (part, number) in self.parts.iter_mut().zip(chunk) {
                *part += (*number).into();
            }
        }
        for (part, number) in self.parts.iter_mut().zip(tail) {
            *part += (*number).into();
        }
        self.next_part = (self.next_part + tail.len()) % PARTS;
    }

    #[inline(always)]
    fn take_parts(&mut self) -> f64 {
        self.next_part = 0;
        core::mem::take(&mut self.parts).iter().sum()
    }
}

impl Split for Sums<'_> {
    /// `middle` must be a multiple of the stretch, and nothing may have been added.
    fn split_at(self, middle: usize) -> (Self, Self) {
        let (channels, rest_channels) = self.channels.split_at(middle);
        let (rows, rest_rows) = self.rows.split_at_mut(middle / self.stretch * self.row);
        let part = |rows, channels| Sums::new(rows, channels, self.row, self.stretch);
        (part(rows, channels), part(rest_rows, rest_channels))
    }
}

#[cfg(test)]
mod tests {
    use std::vec;
    use std::vec::Vec;

    use super::*;

    /// The sums of numbers that come in pieces of the given lengths, over and over.
    fn sums(numbers: &[f32], channels: usize, inner: usize, pieces: &[usize]) -> Vec<f64> {
        let stretch = 128;
        let mut rows = vec![0.0; numbers.len().div_ceil(stretch) * channels];
        let walk = Channels::new(channels, inner);
        let mut sums = Sums::new(&mut rows, walk, channels, stretch);
        let mut rest = numbers;
        for piece in pieces.iter().cycle() {
            let (own, others) = rest.split_at((*piece).min(rest.len()));
            sums.add(own);
            rest = others;
            if rest.is_empty() {
                break;
            }
        }
        sums.finish();
        rows
    }

    #[test]
    fn the_pieces_that_numbers_come_in_change_no_bit_of_their_sums() {
        // Sums of these are rounded, so that another order gives other bits.
        let numbers: Vec<f32> = (0..1001)
            .map(|i| 1.0 / (i * 7919 % 1013 + 1) as f32)
            .collect();
        for (channels, inner) in [(1, 1), (7, 1), (7, 11), (1, 143), (7, 143)] {
            let whole = sums(&numbers, channels, inner, &[64]);
            for pieces in [&[5, 64, 64][..], &[1], &[13, 50, 64, 3], &[1001]] {
                assert_eq!(
                    sums(&numbers, channels, inner, pieces),
                    whole,
                    "{channels} x {inner}"
                );
            }
            let total: f64 = whole.iter().sum();
            let expected: f64 = numbers.iter().map(|number| f64::from(*number)).sum();
            assert!((total - expected).abs() < 1e-12, "{total}, not {expected}");
        }
    }
}
