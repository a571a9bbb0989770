//! Hidden ReLUs become Leaky ReLUs, and nothing else of the network changes.

use globset::{Glob, GlobMatcher};
use leaky_onnx::{Model, Network, Rectifier, RectifierKind};
use serde::{Deserialize, Serialize};

use crate::run::{RunError, device, runs_networks};

/// What to convert, and to what.
#[derive(Debug, Clone)]
pub struct ConvertOptions {
    /// The slope below zero that each converted ReLU gets.
    pub alpha: f32,
    /// Which rectifiers are converted.
    pub from: ConvertFrom,
    /// Patterns, such as `/layer1/*`: only nodes whose name fits one of them are converted; without
    /// any, all are.
    pub only: Vec<String>,
    /// Patterns: nodes whose name fits one of them are left.
    pub skip: Vec<String>,
}

/// Which rectifiers a conversion starts from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConvertFrom {
    /// ReLU, which then leaks.
    Relu,
    /// Leaky ReLU, whose slope changes.
    LeakyRelu,
    /// PReLU, whose learned slopes give way to a fixed one.
    PRelu,
    /// ReLU6, which then leaks below zero and is bounded above as before.
    Relu6,
}

impl ConvertFrom {
    fn kind(self) -> RectifierKind {
        match self {
            Self::Relu => RectifierKind::Relu,
            Self::LeakyRelu => RectifierKind::LeakyRelu,
            Self::PRelu => RectifierKind::PRelu,
            Self::Relu6 => RectifierKind::Clip,
        }
    }
}

impl Default for ConvertOptions {
    /// Alpha 0.01, and every hidden ReLU.
    fn default() -> Self {
        Self {
            alpha: 0.01,
            from: ConvertFrom::Relu,
            only: Vec::new(),
            skip: Vec::new(),
        }
    }
}

/// Why a network could not be converted.
#[derive(Debug, thiserror::Error)]
pub enum ConvertError {
    /// The network has no rectifier at all.
    #[error(
        "{model} has no rectifier (Relu, LeakyRelu, PRelu, Elu, …): there is nothing to convert"
    )]
    NoRectifier {
        /// The network's name.
        model: String,
    },
    /// None of the rectifiers is to be converted.
    #[error("none of the rectifiers is a hidden rectifier that was asked for: {rectifiers}")]
    NothingToConvert {
        /// Those that there are.
        rectifiers: String,
    },
    /// A pattern of node names cannot be read.
    #[error("`{option}` '{pattern}' is not a pattern: {reason}")]
    Pattern {
        /// `only` or `skip`.
        option: &'static str,
        /// As it was given.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The network cannot be run.
    #[error(transparent)]
    Run(#[from] RunError),
}

runs_networks!(ConvertError);

/// What a conversion did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Conversion {
    /// The network's name.
    pub model: String,
    /// The slope below zero of the converted rectifiers.
    pub alpha: f32,
    /// How many were converted.
    pub converted: usize,
    /// Every rectifier of the network, in the order of execution.
    pub rectifiers: Vec<Converted>,
}

/// What became of one rectifier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Converted {
    /// The node's name in the file; its output's name where the node has none.
    pub name: String,
    /// The operator before: `Relu`, `LeakyRelu`, …
    pub op: String,
    /// What was done.
    pub done: Done,
}

/// What was done to a rectifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Done {
    /// It is a Leaky ReLU now.
    Converted,
    /// It is not of the kind that was asked for, which is ReLU unless said otherwise, and was left.
    NotRelu,
    /// It makes the network's output, and was left.
    Output,
    /// It was left because that was asked for.
    NotAsked,
}

/// Turns the hidden ReLUs of a network into Leaky ReLUs. `name` stands for the network in messages.
///
/// # Errors
///
/// If a pattern cannot be read, the network cannot be run, or nothing is left to convert.
pub fn convert(
    model: &mut Model,
    name: &str,
    options: &ConvertOptions,
) -> Result<Conversion, ConvertError> {
    let only = patterns("only", &options.only)?;
    let skip = patterns("skip", &options.skip)?;
    let network = Network::outline(model, &device())?;
    let rectifiers = network.rectifiers()?;
    if rectifiers.is_empty() {
        return Err(ConvertError::NoRectifier {
            model: name.to_owned(),
        });
    }
    let wanted = |rectifier: &&Rectifier| {
        let fits = |patterns: &[GlobMatcher]| {
            patterns
                .iter()
                .any(|pattern| pattern.is_match(&rectifier.name))
        };
        (only.is_empty() || fits(&only)) && !fits(&skip)
    };
    let from = options.from.kind();
    let hidden = rectifiers.iter();
    let mut chosen: Vec<&Rectifier> = hidden
        .filter(|rectifier| rectifier.kind == from && rectifier.hidden)
        .collect();
    chosen.retain(wanted);
    if chosen.is_empty() {
        let names: Vec<String> = rectifiers
            .iter()
            .map(|rectifier| format!("{} ({})", rectifier.name, rectifier.operator))
            .collect();
        return Err(ConvertError::NothingToConvert {
            rectifiers: names.join(", "),
        });
    }
    model.leak(&network, &chosen, options.alpha)?;
    let done = |rectifier: &Rectifier| {
        if chosen.iter().any(|other| other.node == rectifier.node) {
            Done::Converted
        } else if rectifier.kind != from {
            Done::NotRelu
        } else if rectifier.hidden {
            Done::NotAsked
        } else {
            Done::Output
        }
    };
    Ok(Conversion {
        model: name.to_owned(),
        alpha: options.alpha,
        converted: chosen.len(),
        rectifiers: rectifiers
            .iter()
            .map(|rectifier| Converted {
                name: rectifier.name.clone(),
                op: rectifier.operator.clone(),
                done: done(rectifier),
            })
            .collect(),
    })
}

fn patterns(option: &'static str, given: &[String]) -> Result<Vec<GlobMatcher>, ConvertError> {
    given
        .iter()
        .map(|pattern| {
            Glob::new(pattern)
                .map(|glob| glob.compile_matcher())
                .map_err(|error| ConvertError::Pattern {
                    option,
                    pattern: pattern.clone(),
                    reason: error.kind().to_string(),
                })
        })
        .collect()
}
