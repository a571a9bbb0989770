//! Which samples to train on, which to validate with, and in which order.
//!
//! Drawn by ChaCha8 from the seed, so that the same seed gives the same order on every machine.

use std::collections::BTreeMap;

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
        let mut order = shuffled(samples, seed);
        let validation = order.split_off(samples - part(samples, fraction));
        Ok(Self::sorted(order, validation))
    }

    /// The same with as much of each class on either side as can be: about `fraction` of each. Classes
    /// are given by sample; of a class of one sample nothing is validated with, unless there is no other.
    ///
    /// # Errors
    ///
    /// With fewer than two samples.
    pub fn stratified(classes: &[i128], fraction: f64, seed: u64) -> Result<Self, DataError> {
        let samples = classes.len();
        if samples < 2 {
            return Err(DataError::TooFewSamples { samples });
        }
        let mut members: BTreeMap<i128, Vec<usize>> = BTreeMap::new();
        for sample in shuffled(samples, seed) {
            members.entry(classes[sample]).or_default().push(sample);
        }
        let wanted = part(samples, fraction);
        // A share of each class, rounded down, and one more of those that lose most by rounding.
        let share = |members: &Vec<usize>| wanted * members.len() / samples;
        let lost = |members: &Vec<usize>| wanted * members.len() % samples;
        let mut counts: Vec<usize> = members.values().map(share).collect();
        let mut by_loss: Vec<(usize, &Vec<usize>)> = members.values().enumerate().collect();
        by_loss.sort_by_key(|(_, members)| std::cmp::Reverse(lost(members)));
        let mut left = wanted - counts.iter().sum::<usize>();
        for keep in [1, 0] {
            for (class, members) in &by_loss {
                if left > 0 && counts[*class] + keep < members.len() {
                    counts[*class] += 1;
                    left -= 1;
                }
            }
        }
        let (mut training, mut validation) = (Vec::new(), Vec::new());
        for (members, count) in members.into_values().zip(counts) {
            let (one, other) = members.split_at(members.len() - count);
            training.extend(one);
            validation.extend(other);
        }
        Ok(Self::sorted(training, validation))
    }

    fn sorted(mut training: Vec<usize>, mut validation: Vec<usize>) -> Self {
        training.sort_unstable();
        validation.sort_unstable();
        Self {
            training,
            validation,
        }
    }
}

/// How many of the samples a fraction is, at least one and not all.
fn part(samples: usize, fraction: f64) -> usize {
    let wanted = (samples as f64 * fraction).round() as usize;
    wanted.clamp(1, samples - 1)
}

/// The numbers of the samples in an order by chance.
fn shuffled(samples: usize, seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..samples).collect();
    // Stream 0 belongs to the split; the epochs use the streams from 1 on.
    order.shuffle(&mut generator(seed, 0));
    order
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
        fn a_stratified_split_divides_each_class_alike(
            classes in prop::collection::vec(0_i128..6, 2..300), fraction in 0.0..=1.0_f64, seed: u64,
        ) {
            let split = Split::stratified(&classes, fraction, seed).unwrap();
            let plain = Split::new(classes.len(), fraction, seed).unwrap();
            prop_assert_eq!(split.validation.len(), plain.validation.len());
            let mut all = [split.training.clone(), split.validation.clone()].concat();
            all.sort_unstable();
            prop_assert_eq!(all, (0..classes.len()).collect::<Vec<_>>());
            prop_assert!(split.training.is_sorted() && split.validation.is_sorted());
            let part = split.validation.len() as f64 / classes.len() as f64;
            for class in 0..6 {
                let of = |side: &[usize]| side.iter().filter(|&&s| classes[s] == class).count();
                let (trained, validated) = (of(&split.training), of(&split.validation));
                let expected = part * (trained + validated) as f64;
                prop_assert!((validated as f64 - expected).abs() <= 2.0);
            }
            prop_assert_eq!(&split, &Split::stratified(&classes, fraction, seed).unwrap());
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
    fn a_rare_class_is_on_both_sides_and_a_single_sample_is_trained_on() {
        let mut classes = vec![0; 95];
        classes.extend([1; 4]);
        classes.push(2);
        for seed in 0..20 {
            let split = Split::stratified(&classes, 0.2, seed).unwrap();
            let validated = |class| {
                split
                    .validation
                    .iter()
                    .filter(|&&s| classes[s] == class)
                    .count()
            };
            assert_eq!([0, 1, 2].map(validated), [19, 1, 0]);
        }
    }

    #[test]
    fn the_fraction_is_respected() {
        assert_eq!(Split::new(1000, 0.2, 1).unwrap().validation.len(), 200);
    }
}
