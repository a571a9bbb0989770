//! Which samples to train on, which to validate with, and in which order.
//!
//! Drawn by ChaCha8 from the seed, so that the same seed gives the same order on every machine.

use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;
use rand::seq::SliceRandom;

use super::error::DataError;

/// Samples divided into those to train on and those to validate with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Split {
    /// Sample numbers to train on, in ascending order. Never empty.
    pub training: Vec<usize>,
    /// Sample numbers to validate with, in ascending order. Never empty, and none of them is
    /// trained on.
    pub validation: Vec<usize>,
}

impl Split {
    /// Draws about `fraction` of the samples for validation, at least one, and leaves at least
    /// one to train on.
    ///
    /// # Errors
    ///
    /// With fewer than two samples.
    pub fn new(samples: usize, fraction: f64, seed: u64) -> Result<Self, DataError> {
        if samples < 2 {
            return Err(DataError::TooFewSamples { samples });
        }
        let wanted = (samples as f64 * fraction).round() as usize;
        let count = wanted.clamp(1, samples - 1);
        let mut order: Vec<usize> = (0..samples).collect();
        // Stream 0 belongs to the split; the epochs use the streams from 1 on.
        order.shuffle(&mut generator(seed, 0));
        let mut validation = order.split_off(samples - count);
        order.sort_unstable();
        validation.sort_unstable();
        Ok(Self {
            training: order,
            validation,
        })
    }
}

/// The order in which one epoch visits `samples`: its own for each seed and epoch, whatever came
/// before, so that training can go on from any epoch. Take batches of it with `chunks`.
pub fn epoch_order(samples: &[usize], seed: u64, epoch: u64) -> Vec<usize> {
    let mut order = samples.to_vec();
    order.shuffle(&mut generator(seed, epoch + 1));
    order
}

/// At most `most` of the samples, spread evenly.
pub fn spread(samples: &[usize], most: usize) -> Vec<usize> {
    let step = samples.len().div_ceil(most).max(1);
    samples.iter().copied().step_by(step).collect()
}

fn generator(seed: u64, stream: u64) -> ChaCha8Rng {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    generator.set_stream(stream);
    generator
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_split_puts_every_sample_on_exactly_one_side(
            samples in 2_usize..500, fraction in 0.0..=1.0_f64, seed: u64,
        ) {
            let split = Split::new(samples, fraction, seed).unwrap();
            prop_assert!(!split.training.is_empty() && !split.validation.is_empty());
            let mut all = [split.training.clone(), split.validation.clone()].concat();
            all.sort_unstable();
            prop_assert_eq!(all, (0..samples).collect::<Vec<_>>());
            prop_assert_eq!(&split, &Split::new(samples, fraction, seed).unwrap());
            prop_assert!(split.training.is_sorted() && split.validation.is_sorted());
        }

        #[test]
        fn an_epoch_visits_every_sample_once(samples in 0_usize..300, seed: u64, epoch in 0_u64..99) {
            let samples: Vec<usize> = (0..samples).map(|sample| sample * 2).collect();
            let mut order = epoch_order(&samples, seed, epoch);
            order.sort_unstable();
            prop_assert_eq!(order, samples);
        }
    }

    #[test]
    fn the_order_is_the_same_on_every_machine() {
        let samples: Vec<usize> = (0..8).collect();
        let epochs = [0, 1].map(|epoch| epoch_order(&samples, 7, epoch));
        assert_eq!(epochs, [[0, 5, 7, 1, 4, 6, 3, 2], [5, 2, 6, 1, 7, 4, 0, 3]]);
    }

    #[test]
    fn one_sample_cannot_be_split() {
        let message = Split::new(1, 0.2, 0).unwrap_err().to_string();
        assert!(message.ends_with("and there are 1"), "{message}");
    }

    #[test]
    fn the_fraction_is_respected() {
        assert_eq!(Split::new(1000, 0.2, 1).unwrap().validation.len(), 200);
    }
}
