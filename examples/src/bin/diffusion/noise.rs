//! How digits drown in noise, and come out of it again (Ho, Jain and Abbeel 2020, "Denoising Diffusion
//! Probabilistic Models"; the amounts as in Nichol and Dhariwal 2021).

use std::f64::consts::FRAC_PI_2;

use burn::tensor::{Device, Distribution, Tensor, TensorData};

use examples::digits::SIZE;

use crate::network::{TIME, UNet};

/// In how many steps a digit drowns.
pub const STEPS: usize = 60;

/// The part of a digit's variance that is left after each step.
#[derive(Debug)]
pub struct Schedule {
    left: Vec<f64>,
}

impl Schedule {
    /// The squared cosine of Nichol and Dhariwal.
    pub fn new() -> Self {
        let cosine = |step: usize| {
            ((step as f64 / STEPS as f64 + 0.008) / 1.008 * FRAC_PI_2)
                .cos()
                .powi(2)
        };
        let left = (1..=STEPS).map(|step| (cosine(step) / cosine(0)).max(1e-4));
        Schedule {
            left: left.collect(),
        }
    }

    /// `digits`, from -1 to 1, after these steps, with this noise.
    pub fn drown(&self, digits: Tensor<4>, noise: Tensor<4>, steps: &[usize]) -> Tensor<4> {
        let part = |part: fn(f64) -> f64| {
            let parts: Vec<f32> = steps
                .iter()
                .map(|&step| part(self.left[step]) as f32)
                .collect();
            Tensor::<4>::from_data(
                TensorData::new(parts, [steps.len(), 1, 1, 1]),
                &digits.device(),
            )
        };
        let (of_digit, of_noise) = (part(f64::sqrt), part(|left| (1.0 - left).sqrt()));
        digits * of_digit + noise * of_noise
    }

    /// So many digits out of nothing but noise, always the same ones for a network; from -1 to 1. With
    /// them the noisy digits on the way, where `every` divides the step.
    pub fn made(&self, network: &UNet, count: usize, every: usize) -> (Tensor<4>, Vec<Tensor<4>>) {
        let device = Device::flex();
        device.seed(0);
        let shape = [count, 1, SIZE, SIZE];
        let drawn = || Tensor::<4>::random(shape, Distribution::Normal(0.0, 1.0), &device);
        let mut x = drawn();
        let mut way = Vec::new();
        for step in (0..STEPS).rev() {
            if (step + 1) % every == 0 {
                way.push(x.clone());
            }
            let noise = network.forward(with_time(x.clone(), &vec![step; count]));
            let left = self.left[step];
            let before = if step == 0 { 1.0 } else { self.left[step - 1] };
            // The digit that the noise tells of, held to what a pixel can be; then back by one step.
            let digit = (x.clone() - noise * (1.0 - left).sqrt()) / left.sqrt();
            let digit = digit.clamp(-1.0, 1.0);
            let kept = left / before;
            let of_digit = before.sqrt() * (1.0 - kept) / (1.0 - left);
            let of_x = kept.sqrt() * (1.0 - before) / (1.0 - left);
            x = digit * of_digit + x * of_x;
            if step > 0 {
                let variance = (1.0 - before) / (1.0 - left) * (1.0 - kept);
                x = x + drawn() * variance.sqrt();
            }
        }
        (x, way)
    }
}

/// Noisy digits, and behind them the planes that tell the step: sines and cosines of it.
pub fn with_time(noisy: Tensor<4>, steps: &[usize]) -> Tensor<4> {
    let waves = steps.iter().flat_map(|&step| {
        let at = step as f32 / STEPS as f32;
        [at, 3.0 * at].into_iter().flat_map(|at| {
            let angle = at * std::f32::consts::PI;
            [angle.sin(), angle.cos()]
        })
    });
    let data = TensorData::new(waves.collect::<Vec<f32>>(), [steps.len(), TIME, 1, 1]);
    let planes = Tensor::<4>::from_data(data, &noisy.device());
    Tensor::cat(
        vec![noisy, planes.expand([steps.len(), TIME, SIZE, SIZE])],
        1,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digit_drowns_slowly_and_keeps_its_variance() {
        let schedule = Schedule::new();
        assert!(schedule.left[0] > 0.99 && schedule.left[STEPS - 1] < 0.01);
        assert!(schedule.left.is_sorted_by(|a, b| a > b));
        let ones = Tensor::<4>::ones([2, 1, SIZE, SIZE], &Device::flex());
        let none = ones.zeros_like();
        let steps = [0, STEPS - 1];
        let digit = schedule.drown(ones.clone(), none.clone(), &steps);
        let noise = schedule.drown(none, ones.clone(), &steps);
        let variance = digit.powi_scalar(2) + noise.powi_scalar(2);
        assert!((variance - ones).abs().max().into_scalar::<f32>() < 1e-6);
    }
}
