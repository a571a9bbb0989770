//! What the outputs of a network mean, and how far they are from the truth.

use super::settings::Shape;

/// What is to be learned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    /// A value: the output itself.
    Value,
    /// One of two classes, 0 and 1: the output is the logit of the class 1.
    Class,
    /// One of ten digits: an output is the logit of each.
    Digit,
}

impl From<Shape> for Answer {
    fn from(shape: Shape) -> Self {
        match shape {
            Shape::Wave => Self::Value,
            Shape::Digits => Self::Digit,
            Shape::Spiral | Shape::Circles | Shape::Xor | Shape::Own => Self::Class,
        }
    }
}

impl Answer {
    /// How many outputs a network has for it.
    pub(crate) fn outputs(self) -> usize {
        match self {
            Self::Value | Self::Class => 1,
            Self::Digit => 10,
        }
    }

    /// The operator of ONNX that makes probabilities of the outputs.
    pub(crate) fn probabilities(self) -> Option<&'static str> {
        match self {
            Self::Value => None,
            Self::Class => Some("Sigmoid"),
            Self::Digit => Some("Softmax"),
        }
    }

    /// The loss of the outputs for one sample, where `y` is the truth: the squared error of a value, the
    /// cross-entropy of a class, in nats.
    pub(crate) fn loss(self, outputs: &[f32], y: f32) -> f64 {
        let (z, y) = (f64::from(outputs[0]), f64::from(y));
        match self {
            Self::Value => (z - y).powi(2),
            // Without overflow.
            Self::Class => z.max(0.0) - z * y + (-z.abs()).exp().ln_1p(),
            Self::Digit => {
                let largest = f64::from(outputs[named(outputs)]);
                let powers = outputs.iter().map(|&z| (f64::from(z) - largest).exp());
                largest + powers.sum::<f64>().ln() - f64::from(outputs[y as usize])
            }
        }
    }

    /// Appends the derivatives of the loss by the outputs, each divided by `count`.
    pub(crate) fn gradient(self, outputs: &[f32], y: f32, count: f32, gradient: &mut Vec<f32>) {
        let z = outputs[0];
        match self {
            Self::Value => gradient.push(2.0 * (z - y) / count),
            Self::Class => gradient.push((sigmoid(z) - y) / count),
            Self::Digit => {
                let largest = outputs[named(outputs)];
                let power = |z: f32| (z - largest).exp();
                let sum: f32 = outputs.iter().map(|&z| power(z)).sum();
                let digit = y as usize;
                gradient.extend(outputs.iter().enumerate().map(|(place, &z)| {
                    let truth = f32::from(u8::from(place == digit));
                    (power(z) / sum - truth) / count
                }));
            }
        }
    }

    /// Whether the outputs name the class `y`.
    pub(crate) fn is_right(self, outputs: &[f32], y: f32) -> bool {
        match self {
            Self::Value => false,
            Self::Class => (outputs[0] > 0.0) == (y > 0.5),
            Self::Digit => named(outputs) == y as usize,
        }
    }
}

/// The place of the largest output, the first where several are as large.
pub(crate) fn named(outputs: &[f32]) -> usize {
    let places = 1..outputs.len();
    places.fold(0, |best, place| {
        if outputs[place] > outputs[best] {
            place
        } else {
            best
        }
    })
}

fn sigmoid(z: f32) -> f32 {
    1.0 / (1.0 + (-z).exp())
}
