//! Spoken digits. They are synthesised here, by formants, as Klatt (1980) does: no person's voice is
//! used, and a recording would be harder.
//!
//! A voice is pulses or noise, sent through three resonances that glide from sound to sound. Pitch,
//! tempo, the length of the throat, and what else is heard differ from one speaker to the next.

use std::f32::consts::{PI, TAU};

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use rand_distr::{Distribution, StandardNormal};

/// Samples a second.
pub const RATE: usize = 8000;
/// The samples of a word, with the silence around it.
pub const LENGTH: usize = 6000;
/// The words.
pub const WORDS: [&str; 10] = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
];

/// The sounds of each word.
const SOUNDS: [&[&str]; 10] = [
    &["z", "i", "r", "o"],
    &["w", "u", "n"],
    &["t", "oo"],
    &["th", "r", "ee"],
    &["f", "or", "r"],
    &["f", "a", "ee", "v"],
    &["s", "i", "k", "s"],
    &["s", "e", "v", "u", "n"],
    &["e", "ee", "t"],
    &["n", "a", "ee", "n"],
];

/// A sound: three resonances in hertz, how loud the pulses are and how loud the noise, and how long it
/// lasts in seconds.
struct Sound {
    resonances: [f32; 3],
    pulses: f32,
    noise: f32,
    length: f32,
}

/// The resonances of vowels are those of Peterson and Barney (1952), those of consonants rough.
fn sound(name: &str) -> Sound {
    let (resonances, pulses, noise, length) = match name {
        "i" => ([390.0, 1990.0, 2550.0], 1.0, 0.0, 0.08),
        "ee" => ([270.0, 2290.0, 3010.0], 1.0, 0.0, 0.11),
        "e" => ([530.0, 1840.0, 2480.0], 1.0, 0.0, 0.09),
        "a" => ([730.0, 1090.0, 2440.0], 1.0, 0.0, 0.11),
        "u" => ([640.0, 1190.0, 2390.0], 1.0, 0.0, 0.09),
        "o" => ([500.0, 900.0, 2410.0], 1.0, 0.0, 0.13),
        "or" => ([570.0, 840.0, 2410.0], 1.0, 0.0, 0.12),
        "oo" => ([300.0, 870.0, 2240.0], 1.0, 0.0, 0.15),
        "r" => ([490.0, 1350.0, 1690.0], 0.8, 0.0, 0.07),
        "w" => ([300.0, 700.0, 2200.0], 0.6, 0.0, 0.07),
        "n" => ([250.0, 1200.0, 2200.0], 0.5, 0.0, 0.08),
        "v" => ([250.0, 1100.0, 2300.0], 0.4, 0.15, 0.06),
        "z" => ([250.0, 1600.0, 3300.0], 0.3, 0.4, 0.08),
        "s" => ([400.0, 2000.0, 3600.0], 0.0, 0.6, 0.10),
        "f" => ([400.0, 1300.0, 2900.0], 0.0, 0.25, 0.08),
        "th" => ([400.0, 1500.0, 3100.0], 0.0, 0.2, 0.07),
        "k" => ([400.0, 1800.0, 2400.0], 0.0, 0.35, 0.03),
        _ => ([400.0, 1800.0, 3000.0], 0.0, 0.45, 0.03),
    };
    Sound {
        resonances,
        pulses,
        noise,
        length,
    }
}

/// Words that were said.
#[derive(Debug)]
pub struct Speech {
    /// `LENGTH` samples each.
    pub waves: Vec<Vec<f32>>,
    /// The place of each in [`WORDS`].
    pub words: Vec<i64>,
}

impl Speech {
    /// So many words, each by a speaker of its own; always the same for one seed.
    pub fn new(count: usize, seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let words: Vec<i64> = (0..count)
            .map(|place| (place % WORDS.len()) as i64)
            .collect();
        let waves = words
            .iter()
            .map(|&word| said(word as usize, &mut random))
            .collect();
        Speech { waves, words }
    }
}

fn said(word: usize, random: &mut ChaCha8Rng) -> Vec<f32> {
    let throat = random.random_range(0.82_f32..1.2);
    let tempo = random.random_range(0.8_f32..1.3);
    let pitch = random.random_range(90.0_f32..240.0);
    let falls = random.random_range(-0.1_f32..0.3);
    let hiss = 10_f32.powf(random.random_range(-1.7..-0.5));
    let loud = random.random_range(0.4_f32..1.0);
    let sounds: Vec<Sound> = SOUNDS[word].iter().map(|name| sound(name)).collect();
    let lengths: Vec<usize> = sounds
        .iter()
        .map(|sound| (sound.length * tempo * random.random_range(0.8..1.25) * RATE as f32) as usize)
        .collect();
    let all: usize = lengths.iter().sum();
    let start = random.random_range(100..LENGTH.saturating_sub(all + 100).max(101));

    let mut wave: Vec<f32> = (0..LENGTH)
        .map(|_| {
            let noise: f32 = StandardNormal.sample(random);
            hiss * noise
        })
        .collect();
    let mut filters = [Resonance::default(); 3];
    let (mut phase, mut at) = (0.0_f32, start);
    for (place, (own, &length)) in sounds.iter().zip(&lengths).enumerate() {
        let next = sounds.get(place + 1).unwrap_or(own);
        for step in 0..length {
            // Glides to the next sound over the last half.
            let way = (2.0 * step as f32 / length as f32 - 1.0).max(0.0) * 0.5;
            let mix = |a: f32, b: f32| a + way * (b - a);
            let spoken = (at - start) as f32 / all as f32;
            phase += pitch * (1.0 - falls * spoken) / RATE as f32;
            let pulse = if phase >= 1.0 { 1.0 } else { 0.0 };
            phase = phase.fract();
            let noise: f32 = StandardNormal.sample(random);
            let mut value =
                mix(own.pulses, next.pulses) * pulse * 6.0 + mix(own.noise, next.noise) * noise;
            for (axis, filter) in filters.iter_mut().enumerate() {
                let middle = mix(own.resonances[axis], next.resonances[axis]) * throat;
                value = filter.next(value, middle, 70.0 + 40.0 * axis as f32);
            }
            // No click at either end.
            let fade = (spoken * 20.0).min((1.0 - spoken) * 12.0).clamp(0.0, 1.0);
            if let Some(sample) = wave.get_mut(at) {
                *sample += value * loud * fade;
            }
            at += 1;
        }
    }
    wave
}

/// A resonance: a filter of the second order.
#[derive(Clone, Copy, Default)]
struct Resonance {
    last: [f32; 2],
}

impl Resonance {
    /// The next sample, with a resonance around `middle` hertz that is `width` wide.
    fn next(&mut self, value: f32, middle: f32, width: f32) -> f32 {
        let radius = (-PI * width / RATE as f32).exp();
        let cosine = (TAU * middle.min(0.48 * RATE as f32) / RATE as f32).cos();
        let (a, b) = (2.0 * radius * cosine, -radius * radius);
        let result = (1.0 - a - b) * value + a * self.last[0] + b * self.last[1];
        self.last = [result, self.last[0]];
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resonance_answers_loudest_to_its_own_pitch_and_dies_away() {
        let energy = |pitch: f32| {
            let mut filter = Resonance::default();
            let heard = (0..2000)
                .map(|at| filter.next((TAU * pitch * at as f32 / RATE as f32).sin(), 1000.0, 80.0));
            heard.skip(1000).map(|value| value * value).sum::<f32>()
        };
        assert!(energy(1000.0) > 10.0 * energy(700.0));
        assert!(energy(1000.0) > 10.0 * energy(1400.0));
        let mut filter = Resonance::default();
        filter.next(1.0, 1000.0, 80.0);
        let late = (0..4000).map(|_| filter.next(0.0, 1000.0, 80.0)).last();
        assert!(late.unwrap_or(1.0).abs() < 1e-3);
    }

    #[test]
    fn every_word_fits_is_heard_and_is_said_anew_each_time() {
        let speech = Speech::new(40, 7);
        for wave in &speech.waves {
            assert_eq!(wave.len(), LENGTH);
            assert!(wave.iter().all(|sample| sample.is_finite()));
            assert!(wave.iter().map(|sample| sample.abs()).fold(0.0, f32::max) > 0.05);
        }
        assert_ne!(speech.waves[0], speech.waves[10]);
        assert_eq!(speech.words[0], speech.words[10]);
    }
}
