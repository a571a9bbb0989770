//! The operators that a network may be made of.
//!
//! [`SUPPORTED`] is the one place that says what runs. An operator is built once for a node, when
//! its attributes are read and checked, into a function from input values to output values. Its
//! gradient is Burn's, except for the rectifiers, whose gradients are the `leaky-relu` crate's.

mod activation;
mod elementwise;
mod inputs;
mod linear;
mod shape;

use burn::backend::DispatchDevice;

use crate::attributes::Attributes;
use crate::value::Value;

pub(crate) use inputs::Inputs;

/// What a node computes.
pub(crate) type Run = Box<dyn Fn(Inputs) -> Result<Vec<Value>, String> + Send + Sync>;

/// Reads a node's attributes and makes it ready to run.
type Build = fn(&Request) -> Result<Run, String>;

/// What is known of a node before values reach it.
pub(crate) struct Request<'a> {
    pub(crate) attributes: Attributes<'a>,
    /// The version of the operator set that the model is written for.
    pub(crate) opset: i64,
    /// How many outputs the rest of the graph takes.
    pub(crate) outputs: usize,
    pub(crate) device: DispatchDevice,
}

/// An operator of ONNX that runs here.
pub struct Operator {
    /// Its name in ONNX.
    pub name: &'static str,
    /// Its domain; empty for ONNX's own.
    pub domain: &'static str,
    build: Build,
}

impl Operator {
    pub(crate) fn build(&self, request: &Request) -> Result<Run, String> {
        (self.build)(request)
    }
}

/// The operator sets that are understood, oldest and newest.
pub const OPSETS: (i64, i64) = (7, 28);

macro_rules! operators {
    ($($name:literal => $build:path,)*) => {
        &[$(Operator { name: $name, domain: "", build: $build },)*]
    };
}

/// Every operator that runs, in alphabetical order.
pub const SUPPORTED: &[Operator] = operators! {
    "Add" => elementwise::add,
    "Flatten" => shape::flatten,
    "Gemm" => linear::gemm,
    "LeakyRelu" => activation::leaky_relu,
    "MatMul" => linear::matmul,
    "Relu" => activation::relu,
    "Reshape" => shape::reshape,
};

/// The operator of this name and domain, if it runs here.
pub(crate) fn find(domain: &str, name: &str) -> Option<&'static Operator> {
    let domain = if domain == "ai.onnx" { "" } else { domain };
    SUPPORTED
        .iter()
        .find(|operator| operator.name == name && operator.domain == domain)
}
