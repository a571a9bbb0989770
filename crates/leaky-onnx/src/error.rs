//! What can be wrong with a network, said so that a person can act on it.

use std::fmt;
use std::path::PathBuf;

/// A failure to read, run, edit or write a network.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The operating system refused to read or write a file.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// The operating system's word.
        source: std::io::Error,
    },
    /// The file is not a readable ONNX model.
    #[error("{}: not a readable ONNX file: {reason}", path.display())]
    NotOnnx {
        /// The file.
        path: PathBuf,
        /// What was found instead.
        reason: String,
    },
    /// The model is ONNX, but asks for things that this crate does not run. All of them are listed.
    #[error("this network needs what is not supported: {}", join(.0))]
    Unsupported(Vec<Unsupported>),
    /// The model contradicts itself or the ONNX specification.
    #[error("the network is not valid: {0}")]
    Invalid(String),
    /// A tensor in the file cannot be read.
    #[error("tensor '{name}': {reason}")]
    Tensor {
        /// The tensor's name.
        name: String,
        /// What is wrong with it.
        reason: String,
    },
    /// An operator could not compute its outputs from the values that reached it.
    #[error("node '{node}' ({operator}): {reason}")]
    Node {
        /// The node's name, or its first output's where it has none.
        node: String,
        /// The ONNX operator.
        operator: String,
        /// What is wrong.
        reason: String,
    },
    /// The arrays given do not fit the network's inputs.
    #[error("input '{name}': {reason}")]
    Input {
        /// The input's name.
        name: String,
        /// What does not fit.
        reason: String,
    },
}

/// One thing that a model asks for and this crate does not run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsupported {
    /// The node's name, or `None` when the whole model is concerned.
    pub node: Option<String>,
    /// The operator, opset or feature.
    pub what: String,
}

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.node {
            Some(node) => write!(f, "{} at node '{node}'", self.what),
            None => f.write_str(&self.what),
        }
    }
}

fn join(items: &[Unsupported]) -> String {
    let words: Vec<String> = items.iter().map(ToString::to_string).collect();
    words.join("; ")
}

/// The result of everything in this crate that can fail.
pub type Result<T> = std::result::Result<T, Error>;
