//! What an operator is: how a node of it is read and made ready to run.

use burn::backend::DispatchDevice;
use burn::tensor::TensorData;

use super::inputs::Inputs;
use crate::attributes::Attributes;
use crate::facts::Role;
use crate::proto::tensor_proto::DataType;
use crate::value::Value;

/// What a node computes.
pub(crate) type Run = Box<dyn Fn(Inputs) -> Result<Vec<Value>, String> + Send + Sync>;

/// Reads a node's attributes and makes it ready to run.
pub(super) type Build = fn(&Request) -> Result<Run, Refusal>;

/// A graph inside of a node, ready to run.
pub(crate) struct Body {
    /// How many inputs it has.
    pub(crate) inputs: usize,
    /// How many outputs it has.
    pub(crate) outputs: usize,
    /// The places, among the node's inputs, of what it takes from the graph around it.
    pub(crate) captured: Vec<usize>,
    /// Gives the outputs for the inputs and what is taken from around.
    pub(crate) run: BodyRun,
}

/// What a graph inside of a node computes from its inputs and what it takes from around it.
pub(crate) type BodyRun =
    Box<dyn Fn(Vec<Option<Value>>, &[Option<Value>]) -> Result<Vec<Value>, String> + Send + Sync>;

/// Why a node cannot be made ready to run.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// It is right, but asks for what this crate does not do.
    Unsupported(String),
    /// It is wrong.
    Invalid(String),
}

impl From<String> for Refusal {
    fn from(reason: String) -> Self {
        Self::Invalid(reason)
    }
}

/// A node asks for what this crate does not do.
pub(super) fn unsupported<T>(what: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::Unsupported(what.into()))
}

/// A node contradicts the specification of its operator.
pub(super) fn invalid<T>(what: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::Invalid(what.into()))
}

/// What is known of a node before values reach it.
pub(crate) struct Request<'a> {
    pub(crate) attributes: Attributes<'a>,
    /// The version of the operator set that the model is written for.
    pub(crate) opset: i64,
    /// How many inputs it names.
    pub(crate) inputs: usize,
    /// How many outputs the rest of the graph takes.
    pub(crate) outputs: usize,
    /// How many outputs it names, whether taken or not.
    pub(crate) declared_outputs: usize,
    pub(crate) device: DispatchDevice,
    /// The numbers of an input, if they stand in the file.
    pub(crate) constant: &'a dyn Fn(usize) -> Option<TensorData>,
    /// The type that the file says an input has.
    pub(crate) element: &'a dyn Fn(usize) -> Option<DataType>,
    /// The graph in an attribute, ready to run. What it takes from the graph around it follows the
    /// node's own inputs.
    pub(crate) body: &'a dyn Fn(&str) -> Result<Body, Refusal>,
}

/// An operator of ONNX that runs here.
pub struct Operator {
    /// Its name in ONNX.
    pub name: &'static str,
    /// Its domain; empty for ONNX's own.
    pub domain: &'static str,
    /// What of it does not run; empty where all of it does.
    pub limits: &'static str,
    /// What it does to the numbers that pass through it.
    pub role: Role,
    pub(super) build: Build,
}

impl Operator {
    pub(crate) fn build(&self, request: &Request) -> Result<Run, Refusal> {
        (self.build)(request)
    }
}

/// The largest tensor that a network may ask to create, in elements.
const LARGEST: usize = 1 << 30;

/// The largest tensor that a network may create of a single number, in elements: a file of a few bytes
/// must not fill the memory.
const LARGEST_CREATED: usize = 1 << 27;

/// Refuses a shape of which a network would create a tensor from next to nothing.
pub(super) fn created(shape: &[usize]) -> Result<(), String> {
    within(shape, LARGEST_CREATED)
}

/// Refuses a shape that a network asks for and that memory is not likely to hold. An axis must not be
/// longer than that even where another is empty.
pub(super) fn bounded(shape: &[usize]) -> Result<(), String> {
    within(shape, LARGEST)
}

fn within(shape: &[usize], most: usize) -> Result<(), String> {
    shape
        .iter()
        .try_fold(1_usize, |n, &size| n.checked_mul(size.max(1)))
        .filter(|&n| n <= most)
        .map(|_| ())
        .ok_or_else(|| {
            format!("asks for a tensor of shape {shape:?}, more than the {most} elements allowed")
        })
}
