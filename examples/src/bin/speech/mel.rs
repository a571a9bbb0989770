//! What an ear makes of a wave: how loud each band of pitches is, moment by moment, on a logarithmic
//! scale (Davis and Mermelstein 1980).

use std::f32::consts::TAU;

use burn::tensor::{Device, Tensor, TensorData};

use crate::voice::{LENGTH, RATE};

/// The bands.
pub const BANDS: usize = 20;
/// The samples of a window: 32 ms.
const WINDOW: usize = 256;
/// A window begins so many samples behind the last.
const STEP: usize = 100;
/// The windows of a word.
pub const WINDOWS: usize = (LENGTH - WINDOW) / STEP + 1;
/// The frequencies of a window.
const FREQUENCIES: usize = WINDOW / 2 + 1;

/// Words, as `[words, BANDS, 1, WINDOWS]`: each of mean 0 and deviation 1.
pub fn log_mel(waves: &[Vec<f32>], device: &Device) -> Tensor<4> {
    let (cosines, sines) = fourier(device);
    let bands = bands(device);
    let word = |wave: &Vec<f32>| {
        let windows =
            (0..WINDOWS).flat_map(|window| wave[window * STEP..][..WINDOW].iter().copied());
        let data = TensorData::new(windows.collect::<Vec<f32>>(), [WINDOWS, WINDOW]);
        let windows = Tensor::<2>::from_data(data, device);
        // The Fourier transform of all windows is a product with a matrix.
        let real = windows.clone().matmul(cosines.clone()).powi_scalar(2);
        let power = real + windows.matmul(sines.clone()).powi_scalar(2);
        let loud = (power.matmul(bands.clone()) + 1e-4).log();
        let centred = loud.clone() - loud.mean().unsqueeze();
        let deviation = centred.clone().powi_scalar(2).mean().sqrt();
        (centred / deviation.unsqueeze())
            .transpose()
            .reshape([1, BANDS, 1, WINDOWS])
    };
    Tensor::cat(waves.iter().map(word).collect(), 0)
}

/// The real and the imaginary part of the transform, behind the window of Hann.
fn fourier(device: &Device) -> (Tensor<2>, Tensor<2>) {
    let part = |wave: fn(f32) -> f32| {
        let places =
            (0..WINDOW * FREQUENCIES).map(|place| (place / FREQUENCIES, place % FREQUENCIES));
        let values = places.map(|(sample, frequency)| {
            let at = sample as f32 / WINDOW as f32;
            let turns = (sample * frequency % WINDOW) as f32 / WINDOW as f32;
            (0.5 - 0.5 * (TAU * at).cos()) * wave(TAU * turns)
        });
        let data = TensorData::new(values.collect::<Vec<f32>>(), [WINDOW, FREQUENCIES]);
        Tensor::from_data(data, device)
    };
    (part(f32::cos), part(f32::sin))
}

/// Overlapping triangles, as wide as the ear's bands: `2595 log10(1 + f / 700)` tells them apart.
fn bands(device: &Device) -> Tensor<2> {
    let mel = |hertz: f32| 2595.0 * (1.0 + hertz / 700.0).log10();
    let (low, high) = (mel(60.0), mel(RATE as f32 / 2.0));
    let width = (high - low) / (BANDS + 1) as f32;
    let places = (0..FREQUENCIES * BANDS).map(|place| (place / BANDS, place % BANDS));
    let values = places.map(|(frequency, band)| {
        let at = mel(frequency as f32 * RATE as f32 / WINDOW as f32);
        let middle = low + (band + 1) as f32 * width;
        (1.0 - (at - middle).abs() / width).max(0.0)
    });
    let data = TensorData::new(values.collect::<Vec<f32>>(), [FREQUENCIES, BANDS]);
    Tensor::from_data(data, device)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pure_tone_is_loudest_in_the_band_of_its_pitch_and_a_higher_one_in_a_higher_band() {
        let loudest = |pitch: f32| {
            let wave: Vec<f32> = (0..LENGTH)
                .map(|at| (TAU * pitch * at as f32 / RATE as f32).sin())
                .collect();
            let bands = log_mel(&[wave], &Device::flex())
                .mean_dim(3)
                .reshape([BANDS]);
            bands.argmax(0).into_scalar::<i64>()
        };
        let bands = [200.0, 500.0, 1000.0, 2000.0, 3500.0].map(loudest);
        assert!(bands.is_sorted_by(|a, b| a < b), "{bands:?}");
        // 1000 mel is 1000 Hz, and lies at 9 of the 21 widths between 60 and 4000 Hz.
        assert_eq!(bands[2], 8);
    }
}
