//! Convolutions of one channel each: too little work for a matrix product, so the taps slide over the
//! rows themselves.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::geometry::{Phases, Window};
use super::padded::{Images, Padded, Part};
use super::tile::{VECTORS, vectors, vectors_mut};
use crate::flex::threads;

/// The weight gradient is computed in so many pieces where there are channels enough.
const PIECES: usize = 16;
/// So many taps of it are summed side by side.
const TAPS: usize = 6;

/// One tap: how much further it reads in the padded copy, and its weight.
#[derive(Clone, Copy)]
pub(super) struct Weighted {
    pub(super) shift: usize,
    pub(super) weight: f32,
}

/// Writes a row of the output, every `step`-th place of it, from a row of the padded copy.
#[inline(always)]
pub(super) fn slide<S: Simd>(
    simd: S,
    padded: &[f32],
    taps: &[Weighted],
    bias: f32,
    step: usize,
    count: usize,
    row: &mut [f32],
) {
    let wide = VECTORS * S::F32_LANES;
    for first in (0..count).step_by(wide) {
        let mut sums = [simd.splat_f32s(bias); VECTORS];
        for tap in taps {
            let weight = simd.splat_f32s(tap.weight);
            let inputs = vectors::<S, VECTORS>(&padded[first + tap.shift..]);
            for (sum, &input) in sums.iter_mut().zip(inputs) {
                *sum = simd.mul_add_e_f32s(weight, input, *sum);
            }
        }
        if step == 1 && count - first >= wide {
            *vectors_mut::<S, VECTORS>(&mut row[first..]) = sums;
        } else {
            let sums: &[f32] = bytemuck::cast_slice(&sums);
            let places = row[first * step..].iter_mut().step_by(step);
            for (place, &sum) in places.zip(&sums[..(count - first).min(wide)]) {
                *place = sum;
            }
        }
    }
}

/// The gradient of the weights of a convolution in which each channel has its own kernel.
pub(super) struct DepthwiseGradient<'a> {
    pub(super) batch: usize,
    pub(super) channels: usize,
    pub(super) input: [usize; 2],
    pub(super) output: [usize; 2],
    pub(super) window: &'a Window,
}

impl DepthwiseGradient<'_> {
    /// The gradient: for each channel, the rows and columns of the kernel.
    pub(super) fn run(&self, input: &[f32], output_gradient: &[f32]) -> Vec<f32> {
        let phases = Phases::of_convolution(self.window, self.output);
        let together = self.channels.div_ceil(PIECES);
        let arch = pulp::Arch::new();
        let pieces = threads::map(self.channels.div_ceil(together), |piece| {
            let first = piece * together;
            arch.dispatch(Channels {
                gradient: self,
                phases: &phases,
                input,
                output: output_gradient,
                channels: first..(first + together).min(self.channels),
            })
        });
        pieces.concat()
    }
}

/// Some of the channels, as a job for the vector units.
struct Channels<'a> {
    gradient: &'a DepthwiseGradient<'a>,
    phases: &'a Phases,
    input: &'a [f32],
    output: &'a [f32],
    channels: Range<usize>,
}

impl WithSimd for Channels<'_> {
    type Output = Vec<f32>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Vec<f32> {
        let DepthwiseGradient {
            batch,
            channels,
            input,
            output,
            ..
        } = *self.gradient;
        let taps = &self.phases.phases[0].taps;
        let whole = Part {
            rows: 0..output[0],
            columns: 0..output[1],
        };
        let mut padded = Padded::default();
        let mut weights = Vec::with_capacity(self.channels.len() * taps.len());
        let mut sums = vec![simd.splat_f32s(0.0); taps.len()];
        for channel in self.channels.clone() {
            sums.fill(simd.splat_f32s(0.0));
            let of = |numbers, size| Images {
                numbers,
                size,
                all: channels,
                channels: channel..channel + 1,
            };
            let (inputs, outputs) = (of(self.input, input), of(self.output, output));
            for image in 0..batch {
                padded.fill(self.phases, &inputs, image..image + 1, &whole, S::F32_LANES);
                let plane = outputs.plane(image, 0);
                for (taps, sums) in taps.chunks(TAPS).zip(sums.chunks_mut(TAPS)) {
                    // Taps that a last, shorter chunk lacks repeat its first and are dropped.
                    let shifts = std::array::from_fn(|i| {
                        padded.shift(taps.get(i).unwrap_or(&taps[0]).shift)
                    });
                    let found = products(simd, &padded, shifts, plane, output[1]);
                    for (sum, found) in sums.iter_mut().zip(found) {
                        *sum = simd.add_f32s(*sum, found);
                    }
                }
            }
            weights.extend(sums.iter().map(|&sum| simd.reduce_sum_f32s(sum)));
        }
        weights
    }
}

/// The products of an image of the output gradient with the inputs that some taps met.
#[inline(always)]
fn products<S: Simd>(
    simd: S,
    padded: &Padded,
    shifts: [usize; TAPS],
    gradient: &[f32],
    width: usize,
) -> [S::f32s; TAPS] {
    let mut sums = [simd.splat_f32s(0.0); TAPS];
    for (row, gradient) in gradient.chunks_exact(width).enumerate() {
        let inputs = &padded.channel(0)[padded.position(0, row, 0)..];
        for (index, gradient) in gradient.chunks(S::F32_LANES).enumerate() {
            let first = index * S::F32_LANES;
            let whole = gradient.len() == S::F32_LANES;
            let load = |numbers: &[f32]| {
                if whole {
                    vectors::<S, 1>(numbers)[0]
                } else {
                    simd.partial_load_f32s(numbers)
                }
            };
            let numbers = load(gradient);
            for (sum, shift) in sums.iter_mut().zip(shifts) {
                let inputs = load(&inputs[first + shift..][..gradient.len()]);
                *sum = simd.mul_add_e_f32s(numbers, inputs, *sum);
            }
        }
    }
    sums
}
