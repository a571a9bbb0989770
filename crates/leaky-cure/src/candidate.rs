//! The rectifiers that can be compared, and how they are written: `leaky-relu:0.1`.

use std::fmt;
use std::str::FromStr;

use leaky_onnx::{Model, Network, Rectifier, RectifierKind, Replacement};
use serde::{Deserialize, Serialize};

use crate::data::dataset::Dataset;
use crate::run::{FEW, RunError, device, runs_networks, shapes};

/// The slopes that RReLU draws from, as in PyTorch and in Xu, Wang, Chen and Li (2015), "Empirical
/// Evaluation of Rectified Activations in Convolutional Network".
pub const RANDOM_SLOPES: (f64, f64) = (1.0 / 8.0, 1.0 / 3.0);

/// A rectifier to take the place of the hidden ones of a network.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Candidate {
    /// Zero below zero.
    Relu,
    /// A fixed slope below zero.
    LeakyRelu(f32),
    /// A slope for each unit, learned from this one.
    PRelu(f32),
    /// Slopes drawn at random in training, their mean afterwards.
    RRelu,
    /// `alpha * (exp(x) - 1)` below zero.
    Elu(f32),
}

impl Candidate {
    /// What it is in a file.
    pub fn replacement(self) -> Replacement {
        match self {
            Self::Relu => Replacement::Relu,
            Self::LeakyRelu(alpha) => Replacement::LeakyRelu(alpha),
            Self::PRelu(alpha) => Replacement::PRelu(alpha),
            Self::RRelu => {
                Replacement::LeakyRelu(((RANDOM_SLOPES.0 + RANDOM_SLOPES.1) / 2.0) as f32)
            }
            Self::Elu(alpha) => Replacement::Elu(alpha),
        }
    }

    /// The range that slopes are drawn from in training, where they are.
    pub fn random_slopes(self) -> Option<(f64, f64)> {
        (self == Self::RRelu).then_some(RANDOM_SLOPES)
    }

    /// By how much weights in front of it are to be larger than `1 / sqrt(fan_in)`, so that the mean
    /// square of the signal stays as it is from layer to layer: `1 / sqrt(E[f(z)^2])` for a standard
    /// normal `z`, after He, Zhang, Ren and Sun (2015), "Delving Deep into Rectifiers".
    pub fn gain(self) -> f64 {
        // E[(exp(z) - 1)^2; z < 0] = exp(2) P(-2) - 2 exp(1/2) P(-1) + 1/2, with the normal
        // distribution P.
        const ELU_BELOW: f64 = 0.144_945_417_492_923_8;
        let mean_square = match self {
            Self::Relu => 0.5,
            Self::LeakyRelu(alpha) | Self::PRelu(alpha) => {
                f64::midpoint(1.0, f64::from(alpha).powi(2))
            }
            Self::RRelu => {
                let (lower, upper) = RANDOM_SLOPES;
                let mean_square_slope = (lower * lower + lower * upper + upper * upper) / 3.0;
                f64::midpoint(1.0, mean_square_slope)
            }
            Self::Elu(alpha) => 0.5 + f64::from(alpha).powi(2) * ELU_BELOW,
        };
        1.0 / mean_square.sqrt()
    }
}

/// Why rectifiers cannot take the place of others.
#[derive(Debug, thiserror::Error)]
pub enum CandidateError {
    /// The network has no rectifier that another could take the place of.
    #[error("{model} has no hidden rectifier: there is nothing to compare")]
    NoHiddenRectifier {
        /// The network's name.
        model: String,
    },
    /// The network cannot be run.
    #[error(transparent)]
    Run(#[from] RunError),
}

runs_networks!(CandidateError);

/// A network's file with this rectifier in the place of every hidden one. The data say how many units
/// each has.
///
/// # Errors
///
/// If the network has no hidden rectifier, or does not run on the data.
pub fn with_rectifier(
    (model, name): (&Model, &str),
    data: &Dataset,
    rectifier: Candidate,
) -> Result<Model, CandidateError> {
    let network = Network::new(model, &device())?;
    let rectifiers = network.rectifiers()?;
    let hidden = hidden(&rectifiers);
    if hidden.is_empty() {
        return Err(CandidateError::NoHiddenRectifier {
            model: name.to_owned(),
        });
    }
    let few: Vec<usize> = (0..data.samples().min(FEW)).collect();
    let shapes = shapes(&network, data, &few)?;
    let mut model = model.clone();
    model.replace_rectifiers(&network, &hidden, &shapes, rectifier.replacement())?;
    Ok(model)
}

/// Those that do not make the network's output.
pub(crate) fn hidden(rectifiers: &[Rectifier]) -> Vec<&Rectifier> {
    let hidden = rectifiers.iter().filter(|rectifier| rectifier.hidden);
    hidden.collect()
}

/// The hidden ReLUs of a network.
pub fn hidden_relus(rectifiers: &[Rectifier]) -> Vec<&Rectifier> {
    rectifiers
        .iter()
        .filter(|rectifier| rectifier.kind == RectifierKind::Relu && rectifier.hidden)
        .collect()
}

impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Relu => write!(f, "relu"),
            Self::LeakyRelu(alpha) => write!(f, "leaky-relu:{alpha}"),
            Self::PRelu(0.25) => write!(f, "prelu"),
            Self::PRelu(alpha) => write!(f, "prelu:{alpha}"),
            Self::RRelu => write!(f, "rrelu"),
            Self::Elu(1.0) => write!(f, "elu"),
            Self::Elu(alpha) => write!(f, "elu:{alpha}"),
        }
    }
}

impl From<Candidate> for String {
    fn from(candidate: Candidate) -> Self {
        candidate.to_string()
    }
}

impl TryFrom<String> for Candidate {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl FromStr for Candidate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, alpha) = match text.split_once(':') {
            Some((name, alpha)) => {
                let alpha: f32 = alpha
                    .parse()
                    .map_err(|_| format!("'{alpha}' in '{text}' is not a number"))?;
                if !alpha.is_finite() {
                    return Err(format!("the slope in '{text}' must be finite"));
                }
                (name, Some(alpha))
            }
            None => (text, None),
        };
        match (name, alpha) {
            ("relu", None) => Ok(Self::Relu),
            ("rrelu", None) => Ok(Self::RRelu),
            ("leaky-relu", alpha) => Ok(Self::LeakyRelu(alpha.unwrap_or(0.01))),
            ("prelu", alpha) => Ok(Self::PRelu(alpha.unwrap_or(0.25))),
            ("elu", alpha) => Ok(Self::Elu(alpha.unwrap_or(1.0))),
            ("relu" | "rrelu", Some(_)) => Err(format!("{name} takes no number: write '{name}'")),
            _ => Err(format!(
                "'{name}' is not a rectifier: give relu, leaky-relu:ALPHA, prelu, rrelu or elu"
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rectifier_is_written_as_it_is_read() {
        for text in [
            "relu",
            "leaky-relu:0.01",
            "leaky-relu:-0.5",
            "prelu",
            "prelu:0.1",
            "rrelu",
            "elu",
            "elu:0.5",
        ] {
            let candidate: Candidate = text.parse().unwrap();
            assert_eq!(candidate.to_string(), text);
        }
        assert_eq!("leaky-relu".parse(), Ok(Candidate::LeakyRelu(0.01)));
        assert_eq!("prelu:0.25".parse(), Ok(Candidate::PRelu(0.25)));
    }

    #[test]
    fn a_rectifier_that_is_none_is_refused_in_words() {
        for (text, expected) in [
            ("gelu", "'gelu' is not a rectifier"),
            ("relu:0.1", "relu takes no number"),
            (
                "leaky-relu:small",
                "'small' in 'leaky-relu:small' is not a number",
            ),
            ("leaky-relu:inf", "must be finite"),
            ("", "'' is not a rectifier"),
        ] {
            let message = text.parse::<Candidate>().unwrap_err();
            assert!(message.contains(expected), "{message}");
        }
    }

    #[test]
    fn the_gain_keeps_the_mean_square_of_a_normal_signal() {
        // A fine sum over the normal density, from -10 to 10.
        let mean_square = |f: &dyn Fn(f64) -> f64| -> f64 {
            let step = 1e-4;
            (-100_000..100_000)
                .map(|i| (f64::from(i) + 0.5) * step)
                .map(|z| f(z).powi(2) * (-z * z / 2.0).exp() * step)
                .sum::<f64>()
                / (2.0 * std::f64::consts::PI).sqrt()
        };
        let leaky = |alpha: f64| move |z: f64| if z > 0.0 { z } else { alpha * z };
        let elu = |alpha: f64| move |z: f64| if z > 0.0 { z } else { alpha * z.exp_m1() };
        let cases: [(Candidate, &dyn Fn(f64) -> f64); 5] = [
            (Candidate::Relu, &leaky(0.0)),
            (Candidate::LeakyRelu(0.5), &leaky(0.5)),
            (Candidate::PRelu(0.25), &leaky(0.25)),
            (Candidate::Elu(1.0), &elu(1.0)),
            (Candidate::Elu(0.5), &elu(0.5)),
        ];
        for (candidate, f) in cases {
            let product = candidate.gain().powi(2) * mean_square(f);
            assert!((product - 1.0).abs() < 1e-6, "{candidate}: {product}");
        }
    }
}
