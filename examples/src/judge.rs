//! How far made digits are from real ones: a small classifier, and the Fréchet distance in its features
//! (Heusel et al. 2017; there with Inception in its place).

use burn::module::Module;
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Int, Tensor, TensorData};
use nalgebra::{DMatrix, DVector};
use rand::SeedableRng;
use rand::rngs::ChaCha8Rng;

use crate::batches::shuffled;
use crate::digits::{Digits, SIZE};
use crate::layers::Dense;
use crate::loss::cross_entropy;
use crate::rectifiers::leaky;

const HIDDEN: usize = 64;
const FEATURES: usize = 24;
const DIGITS: usize = 10;
const EPOCHS: usize = 25;
/// A digit is made if at least one in so many images shows it.
const MADE: usize = 50;

#[derive(Module, Debug)]
struct Classifier {
    first: Dense,
    features: Dense,
    logits: Dense,
}

impl Classifier {
    fn new(device: &Device) -> Self {
        let hidden = Some(leaky(0.1));
        Classifier {
            first: Dense::new([SIZE * SIZE, HIDDEN], hidden, device),
            features: Dense::new([HIDDEN, FEATURES], hidden, device),
            logits: Dense::new([FEATURES, DIGITS], None, device),
        }
    }

    /// Images, one a row, to their features.
    fn features(&self, images: Tensor<2>) -> Tensor<2> {
        self.features.forward(self.first.forward(images))
    }
}

/// What images are worth.
#[derive(Debug, Clone, Copy)]
pub struct Verdict {
    /// The Fréchet distance between their features and those of real digits.
    pub distance: f64,
    /// How many of the ten digits they show: at least one in fifty images.
    pub digits: usize,
}

/// Tells how far images of digits are from real ones.
#[derive(Debug)]
pub struct Judge {
    classifier: Classifier,
    real: Moments,
}

impl Judge {
    /// Trains the classifier, always in the same way; the real digits are those it was not trained with.
    pub fn new(training: &Digits, held_out: &Digits) -> Self {
        let device = Device::flex().autodiff();
        device.seed(0);
        let mut random = ChaCha8Rng::seed_from_u64(0);
        let mut classifier = Classifier::new(&device);
        let mut optimizer = AdamConfig::new().init();
        let images = rows(&training.images, &device);
        let labels = TensorData::new(training.labels.clone(), [training.labels.len()]);
        let labels = Tensor::<1, Int>::from_data(labels, &device);
        for _ in 0..EPOCHS {
            for batch in shuffled(training.labels.len(), 64, &mut random, &device) {
                let features = classifier.features(images.clone().select(0, batch.clone()));
                let logits = classifier.logits.forward(features);
                let loss = cross_entropy(logits, labels.clone().select(0, batch));
                let gradients = GradientsParams::from_grads(loss.backward(), &classifier);
                classifier = optimizer.step(0.002, classifier, gradients);
            }
        }
        let classifier = classifier.valid();
        let features = classifier.features(rows(&held_out.images, &Device::flex()));
        Judge {
            classifier,
            real: Moments::of(&features),
        }
    }

    /// The part of the digits that the classifier names right.
    pub fn accuracy(&self, digits: &Digits) -> f64 {
        let named = self.named(&digits.images);
        let right = named
            .iter()
            .zip(&digits.labels)
            .filter(|(named, label)| named == label);
        right.count() as f64 / named.len() as f64
    }

    /// What images are worth.
    pub fn verdict(&self, images: &[Vec<f32>]) -> Verdict {
        let features = self.classifier.features(rows(images, &Device::flex()));
        let named = self.named(images);
        let often =
            |digit: &i64| MADE * named.iter().filter(|own| *own == digit).count() >= named.len();
        Verdict {
            distance: self.real.distance(&Moments::of(&features)),
            digits: (0..DIGITS as i64).filter(often).count(),
        }
    }

    /// The digit that each image shows.
    fn named(&self, images: &[Vec<f32>]) -> Vec<i64> {
        let features = self.classifier.features(rows(images, &Device::flex()));
        let named = self.classifier.logits.forward(features).argmax(1).to_data();
        named.iter::<i64>().collect()
    }
}

fn rows(images: &[Vec<f32>], device: &Device) -> Tensor<2> {
    Tensor::from_data(
        TensorData::new(images.concat(), [images.len(), SIZE * SIZE]),
        device,
    )
}

/// The mean and the covariance of features.
#[derive(Debug)]
struct Moments {
    mean: DVector<f64>,
    covariance: DMatrix<f64>,
}

impl Moments {
    /// Those of features, one sample a row.
    fn of(features: &Tensor<2>) -> Self {
        let [samples, width] = features.dims();
        let numbers = features.to_data();
        let matrix = DMatrix::from_row_iterator(samples, width, numbers.iter::<f64>());
        let mean = matrix.row_mean().transpose();
        let centred = DMatrix::from_fn(samples, width, |row, column| {
            matrix[(row, column)] - mean[column]
        });
        let covariance = centred.transpose() * centred / (samples - 1) as f64;
        Moments { mean, covariance }
    }

    /// `|m - n|^2 + tr(C + D - 2 (C D)^(1/2))` between normal distributions with these moments
    /// (Dowson and Landau 1982).
    fn distance(&self, other: &Moments) -> f64 {
        let root = root(&self.covariance);
        // Similar to the product of both, and symmetric.
        let product = &root * &other.covariance * &root;
        let shared: f64 = product
            .symmetric_eigenvalues()
            .iter()
            .map(|value| value.max(0.0).sqrt())
            .sum();
        let means = (&self.mean - &other.mean).norm_squared();
        means + self.covariance.trace() + other.covariance.trace() - 2.0 * shared
    }
}

/// The square root of a symmetric matrix without negative eigenvalues.
fn root(matrix: &DMatrix<f64>) -> DMatrix<f64> {
    let parts = matrix.clone().symmetric_eigen();
    let roots = parts.eigenvalues.map(|value| value.max(0.0).sqrt());
    &parts.eigenvectors * DMatrix::from_diagonal(&roots) * parts.eigenvectors.transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(mean: [f64; 2], covariance: [f64; 4]) -> Moments {
        Moments {
            mean: DVector::from_row_slice(&mean),
            covariance: DMatrix::from_row_slice(2, 2, &covariance),
        }
    }

    #[test]
    fn the_distance_is_zero_to_oneself_and_that_of_two_normal_distributions_elsewhere() {
        let one = moments([1.0, 2.0], [2.0, 0.5, 0.5, 1.0]);
        assert!(one.distance(&one).abs() < 1e-9);
        // Along each axis `(m - n)^2 + (s - t)^2`, where both are independent.
        let narrow = moments([0.0, 0.0], [1.0, 0.0, 0.0, 4.0]);
        let wide = moments([3.0, 0.0], [9.0, 0.0, 0.0, 1.0]);
        assert!((narrow.distance(&wide) - (9.0 + 4.0 + 1.0)).abs() < 1e-9);
    }

    #[test]
    fn real_digits_are_nearer_to_real_digits_than_noise_and_copies_of_one() -> crate::Result {
        let (training, held_out) = (Digits::training()?, Digits::held_out()?);
        let judge = Judge::new(&training, &held_out);
        assert!(judge.accuracy(&held_out) > 0.9);
        let real = judge.verdict(&training.images[..400]);
        let copies = judge.verdict(&vec![training.images[0].clone(); 400]);
        assert_eq!((real.digits, copies.digits), (10, 1));
        assert!(
            real.distance * 10.0 < copies.distance,
            "{real:?} {copies:?}"
        );
        Ok(())
    }
}
