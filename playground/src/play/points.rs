//! Samples of a plane, made or drawn.

use std::f32::consts::PI;

use rand::seq::SliceRandom;
use rand::{Rng, RngExt};
use rand_distr::{Distribution, Normal};

use super::digits::{Digits, SIZE, digits};
use super::settings::{Settings, Shape};

/// How many coordinates a point of the plane has.
const PLANE: usize = 2;

/// Samples with what is to be learned of them.
#[derive(Debug, Clone)]
pub(crate) struct Points {
    /// How many numbers a sample has: coordinates or pixels.
    pub(crate) features: usize,
    /// `[N, features]`
    pub(crate) x: Vec<f32>,
    /// `[N]`: a class, counted from 0, or a value.
    pub(crate) y: Vec<f32>,
}

impl Points {
    fn none(features: usize) -> Self {
        Self {
            features,
            x: Vec::new(),
            y: Vec::new(),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.y.len()
    }

    fn push(&mut self, x: &[f32], answer: f32) {
        self.x.extend(x);
        self.y.push(answer);
    }

    /// Those of the given numbers.
    pub(crate) fn chosen(&self, numbers: &[usize]) -> Self {
        let mut chosen = Self::none(self.features);
        for &number in numbers {
            let x = &self.x[number * self.features..][..self.features];
            chosen.push(x, self.y[number]);
        }
        chosen
    }
}

/// Points to train on, and as many to test with. Of points that a person drew, every fourth is kept to
/// test with, where there are enough; of digits there are fewer than can be asked for.
///
/// # Errors
///
/// Where the noise is none that can be drawn.
pub(crate) fn points(settings: &Settings, random: &mut impl Rng) -> Result<[Points; 2], String> {
    if settings.shape == Shape::Own {
        return Ok(drawn(&settings.own, random));
    }
    let noise = Normal::new(0.0, settings.noise).map_err(|error| error.to_string())?;
    if settings.shape == Shape::Digits {
        return written(settings.samples, &noise, random);
    }
    let mut made = [Points::none(PLANE), Points::none(PLANE)];
    for points in &mut made {
        for number in 0..settings.samples {
            let (x, y, answer) = point(settings.shape, number, &noise, random);
            points.push(&[x, y], answer);
        }
    }
    Ok(made)
}

fn drawn(own: &[(f32, f32, f32)], random: &mut impl Rng) -> [Points; 2] {
    let mut own = own.to_vec();
    own.shuffle(random);
    let mut parts = [Points::none(PLANE), Points::none(PLANE)];
    for (number, &(x, y, answer)) in own.iter().enumerate() {
        let test = own.len() >= 8 && number % 4 == 3;
        parts[usize::from(test)].push(&[x, y], answer);
    }
    parts
}

/// Digits drawn from those that there are, with noise on their pixels.
fn written(
    samples: usize,
    noise: &Normal<f32>,
    random: &mut impl Rng,
) -> Result<[Points; 2], String> {
    let parts = digits().map_err(|error| error.to_string())?;
    Ok(parts.map(|Digits { pixels, digits }| {
        let all = Points {
            features: SIZE * SIZE,
            x: pixels,
            y: digits,
        };
        let mut numbers: Vec<usize> = (0..all.len()).collect();
        numbers.shuffle(random);
        numbers.truncate(samples);
        let mut chosen = all.chosen(&numbers);
        let pixels = chosen.x.iter_mut();
        pixels.for_each(|pixel| *pixel += noise.sample(random));
        chosen
    }))
}

/// A point of the plane and its answer; classes take turns.
fn point(
    shape: Shape,
    number: usize,
    noise: &Normal<f32>,
    random: &mut impl Rng,
) -> (f32, f32, f32) {
    let class = (number % 2) as f32;
    let (x, y, answer) = match shape {
        Shape::Spiral => {
            let along = random.random::<f32>().sqrt();
            let angle = 1.25 * along * 2.0 * PI + class * PI;
            let radius = 0.05 + 0.9 * along;
            (radius * angle.sin(), radius * angle.cos(), class)
        }
        Shape::Circles | Shape::Own | Shape::Digits => {
            // As dense in the disc as in the ring: the square root of an even draw of areas.
            let part: f32 = random.random();
            let radius = match class {
                1.0 => 0.45 * part.sqrt(),
                _ => (0.65_f32.powi(2) + part * (0.95_f32.powi(2) - 0.65_f32.powi(2))).sqrt(),
            };
            let angle = 2.0 * PI * random.random::<f32>();
            (radius * angle.sin(), radius * angle.cos(), class)
        }
        Shape::Xor => {
            let across = 0.08 + 0.87 * random.random::<f32>();
            let up = 0.08 + 0.87 * random.random::<f32>();
            let (left, down) = match number % 4 {
                0 => (1.0, -1.0),
                1 => (1.0, 1.0),
                2 => (-1.0, 1.0),
                _ => (-1.0, -1.0),
            };
            (left * across, down * up, class)
        }
        Shape::Wave => {
            let x = 2.0 * random.random::<f32>() - 1.0;
            let y = 2.0 * random.random::<f32>() - 1.0;
            let value = (PI * x).sin() * (0.5 * PI * y).cos();
            return (x, y, value + noise.sample(random));
        }
    };
    (x + noise.sample(random), y + noise.sample(random), answer)
}
