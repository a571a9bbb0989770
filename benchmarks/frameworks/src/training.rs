//! A training step of two networks with each rectifier.

mod burn_networks;
mod candle_networks;

use crate::timing::{Contender, in_turns};

/// The slope of every Leaky ReLU here.
const SLOPE: f64 = 0.01;
/// Plain gradient descent, so that a step is the network and little else.
const LEARNING_RATE: f64 = 1e-3;
const CLASSES: usize = 10;

/// Samples and layers of the perceptron.
const PERCEPTRON_BATCH: usize = 128;
const PERCEPTRON: [usize; 4] = [784, 512, 512, CLASSES];

/// Samples, side and channels of the convolutional network.
const CONVOLUTIONAL_BATCH: usize = 64;
const SIDE: usize = 28;
const CHANNELS: [usize; 3] = [1, 32, 64];

/// Prints the table for both frameworks; gives the time with our Leaky ReLU relative to the framework's
/// ReLU, by framework and network.
pub(crate) fn report() -> candle_core::Result<Vec<(String, f64)>> {
    println!("### A training step\n");
    println!(
        "A training step (forward, cross-entropy, backward, gradient descent), milliseconds, and \
         relative to the framework's ReLU (medians of rounds taken in turns)\n"
    );
    println!("| framework | network | rectifier | ms | relative |");
    println!("|---|---|---|---|---|");
    let device = burn::tensor::Device::flex().autodiff();
    let ours = vec![
        print("Burn", "perceptron", 61, burn_networks::perceptron(&device)),
        print(
            "Burn",
            "convolutional",
            21,
            burn_networks::convolutional(&device),
        ),
        print("candle", "perceptron", 61, candle_networks::perceptron()?),
        print(
            "candle",
            "convolutional",
            5,
            candle_networks::convolutional()?,
        ),
    ];
    println!();
    Ok(ours)
}

fn print(
    framework: &str,
    network: &str,
    rounds: usize,
    contenders: Vec<Contender<'_>>,
) -> (String, f64) {
    let timed = in_turns(rounds, contenders);
    for timed in &timed {
        println!(
            "| {framework} | {network} | {} | {:.2} | {:.3} |",
            timed.name,
            timed.seconds * 1e3,
            timed.relative
        );
    }
    let ours = timed.iter().find(|timed| timed.name == "our Leaky ReLU");
    let ours = ours.expect("both frameworks have a contender of that name");
    (format!("{framework}, {network}"), ours.relative)
}
