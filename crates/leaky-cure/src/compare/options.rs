//! What to compare.

use crate::candidate::Candidate;
use crate::objective::options::ObjectiveOptions;
use crate::threads::cores;
use crate::train::options::TrainOptions;

/// What to compare, and how.
#[derive(Debug, Clone)]
pub struct CompareOptions {
    /// What takes the place of the hidden rectifiers.
    pub rectifiers: Vec<Candidate>,
    /// The learning rates.
    pub rates: Vec<f64>,
    /// How many times to train each, with random numbers of its own each time.
    pub seeds: u64,
    /// Whether the weights are drawn afresh, or those of the file are trained on.
    pub from_scratch: bool,
    /// What is to be learned.
    pub objective: ObjectiveOptions,
    /// How to train; each training has a learning rate, a seed and random slopes of its own.
    pub training: TrainOptions,
    /// How many trainings run side by side, each on one thread; no result depends on it.
    pub jobs: usize,
}

impl Default for CompareOptions {
    /// ReLU, Leaky ReLU with 0.01, 0.1 and 0.3, PReLU, RReLU and ELU; 5 seeds each, from fresh
    /// weights, 20 epochs in batches of 64 with Adam at a learning rate of 0.001; a job for each core.
    fn default() -> Self {
        Self {
            rectifiers: vec![
                Candidate::Relu,
                Candidate::LeakyRelu(0.01),
                Candidate::LeakyRelu(0.1),
                Candidate::LeakyRelu(0.3),
                Candidate::PRelu(0.25),
                Candidate::RRelu,
                Candidate::Elu(1.0),
            ],
            rates: vec![0.001],
            seeds: 5,
            from_scratch: true,
            objective: ObjectiveOptions::default(),
            training: TrainOptions::default(),
            jobs: cores(),
        }
    }
}

/// Which training of a comparison.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Place {
    /// What takes the place of the hidden rectifiers.
    pub rectifier: Candidate,
    /// The learning rate.
    pub lr: f64,
    /// Where the random numbers start: the weights, the order of the samples, random slopes.
    pub seed: u64,
}

impl CompareOptions {
    /// How many trainings the comparison takes.
    pub fn trainings(&self) -> usize {
        self.places().len()
    }

    /// Every training, in the order rate, seed, rectifier.
    pub(super) fn places(&self) -> Vec<Place> {
        let mut places = Vec::new();
        for &lr in &self.rates {
            for seed in 0..self.seeds {
                places.extend(self.rectifiers.iter().map(|&rectifier| Place {
                    rectifier,
                    lr,
                    seed,
                }));
            }
        }
        places
    }
}
