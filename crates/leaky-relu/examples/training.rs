//! A network of one hidden layer learns the sine, with nothing but this crate and plain loops: what
//! stands where a framework would, and what is kept for the backward pass.
//!
//! ```text
//! cargo run --release -p leaky-relu --example training
//! ```

use leaky_relu::{BySigns, Error, LeakyRelu, Rectifier, Relu, SignBits};

const HIDDEN: usize = 32;
const SAMPLES: usize = 256;
const STEPS: usize = 4000;
const RATE: f32 = 0.02;

/// `y[s] = sum over u of out[u] * f(weight[u] * x[s] + bias[u])`.
struct Network<R> {
    rectifier: R,
    weight: Vec<f32>,
    bias: Vec<f32>,
    out: Vec<f32>,
}

impl<R: Rectifier<f32> + BySigns<f32>> Network<R> {
    fn new(rectifier: R) -> Self {
        // Units that bend at different places of the interval.
        let place = |unit: usize| unit as f32 / HIDDEN as f32 * 6.0 - 3.0;
        let side = |unit: usize| if unit.is_multiple_of(2) { 1.0 } else { -1.0 };
        Network {
            rectifier,
            weight: (0..HIDDEN).map(side).collect(),
            bias: (0..HIDDEN).map(|unit| -side(unit) * place(unit)).collect(),
            out: vec![0.0; HIDDEN],
        }
    }

    /// The activations, a row of units for each sample, and the sign bits of what went in.
    fn hidden(&self, x: &[f32]) -> (Vec<f32>, SignBits) {
        let units = || self.weight.iter().zip(&self.bias);
        let mut activations: Vec<f32> = x
            .iter()
            .flat_map(|x| units().map(move |(weight, bias)| weight * x + bias))
            .collect();
        let mut signs = SignBits::new();
        self.rectifier
            .forward_in_place_with_signs(&mut activations, &mut signs);
        (activations, signs)
    }

    /// One step of gradient descent; gives the mean squared error before it.
    fn step(&mut self, x: &[f32], target: &[f32]) -> f32 {
        let (activations, signs) = self.hidden(x);
        let samples = x.len() as f32;
        let mut error = 0.0;
        let mut gradient = vec![0.0; activations.len()];
        let mut of_out = vec![0.0; HIDDEN];
        for (s, row) in activations.chunks_exact(HIDDEN).enumerate() {
            let y: f32 = row.iter().zip(&self.out).map(|(h, out)| h * out).sum();
            let difference = y - target[s];
            error += difference * difference / samples;
            for unit in 0..HIDDEN {
                of_out[unit] += 2.0 * difference * row[unit] / samples;
                gradient[s * HIDDEN + unit] = 2.0 * difference * self.out[unit] / samples;
            }
        }
        // What the pre-activations were is no longer known here, and need not be.
        self.rectifier
            .backward_from_signs_in_place(&signs, &mut gradient);
        for (s, row) in gradient.chunks_exact(HIDDEN).enumerate() {
            for (unit, gradient) in row.iter().enumerate() {
                self.weight[unit] -= RATE * gradient * x[s];
                self.bias[unit] -= RATE * gradient;
            }
        }
        for (out, gradient) in self.out.iter_mut().zip(of_out) {
            *out -= RATE * gradient;
        }
        error
    }

    /// How many units are above zero on none of the samples.
    fn dead(&self, x: &[f32]) -> usize {
        let (_, signs) = self.hidden(x);
        let counts = signs.count_by_channel(HIDDEN, 1);
        counts.iter().filter(|count| **count == 0).count()
    }
}

fn train(name: &str, rectifier: impl Rectifier<f32> + BySigns<f32>) {
    let x: Vec<f32> = (0..SAMPLES)
        .map(|s| s as f32 / SAMPLES as f32 * 6.0 - 3.0)
        .collect();
    let target: Vec<f32> = x.iter().map(|x| x.sin()).collect();
    let mut network = Network::new(rectifier);
    let mut error = f32::NAN;
    for _ in 0..STEPS {
        error = network.step(&x, &target);
    }
    println!(
        "{name}: mean squared error {error:.5}, {} of {HIDDEN} units dead",
        network.dead(&x)
    );
}

fn main() -> Result<(), Error> {
    train("Leaky ReLU", LeakyRelu::new(0.01)?);
    train("ReLU      ", Relu);
    Ok(())
}
