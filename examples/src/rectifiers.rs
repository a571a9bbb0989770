//! ReLU and the Leaky ReLUs that stand beside it.

use burn::tensor::Tensor;
use leaky_burn::Rectifier;

/// A Leaky ReLU with this slope below zero.
pub const fn leaky(negative_slope: f64) -> Rectifier {
    Rectifier::LeakyRelu { negative_slope }
}

/// ReLU, and Leaky ReLU with each of these slopes, by what they are called.
pub fn relu_and_leaky(slopes: &[f64]) -> Vec<(String, Rectifier)> {
    let all = [Rectifier::Relu]
        .into_iter()
        .chain(slopes.iter().map(|&slope| leaky(slope)));
    all.map(|rectifier| (name(rectifier), rectifier)).collect()
}

/// What a rectifier is called in tables, pictures and file names.
fn name(rectifier: Rectifier) -> String {
    match rectifier {
        Rectifier::Relu => "ReLU".to_owned(),
        Rectifier::LeakyRelu { negative_slope } => format!("Leaky ReLU {negative_slope}"),
    }
}

/// The rectifier over a tensor of any shape.
pub fn rectify<const D: usize>(rectifier: Rectifier, x: Tensor<D>) -> Tensor<D> {
    match rectifier {
        Rectifier::Relu => leaky_burn::relu(x),
        Rectifier::LeakyRelu { negative_slope } => leaky_burn::leaky_relu(x, negative_slope),
    }
}

/// By how much weights before the rectifier are larger than those of a linear layer, so that a signal
/// keeps its size: `sqrt(2 / (1 + alpha^2))` (He et al. 2015, "Delving Deep into Rectifiers").
pub fn gain(rectifier: Option<Rectifier>) -> f64 {
    match rectifier {
        None => 1.0,
        Some(Rectifier::Relu) => 2_f64.sqrt(),
        Some(Rectifier::LeakyRelu { negative_slope }) => {
            (2.0 / (1.0 + negative_slope.powi(2))).sqrt()
        }
    }
}
