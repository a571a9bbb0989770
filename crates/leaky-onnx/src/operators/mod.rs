//! The operators that a network may be made of.
//!
//! [`SUPPORTED`] is the one place that says what runs. An operator is built once for a node, when
//! its attributes are read and checked, into a function from input values to output values. Its
//! gradient is Burn's, except for the rectifiers, whose gradients are the `leaky-relu` crate's.

mod activation;
mod comparison;
mod constant;
mod convolution;
mod elementwise;
mod indexing;
mod inputs;
mod linear;
mod normalization;
mod pad;
mod pooling;
mod rearrange;
mod reduction;
mod resize;
mod resize_axes;
mod shape;
#[cfg(test)]
mod tests;
mod window;

use burn::backend::DispatchDevice;
use burn::tensor::TensorData;

use crate::attributes::Attributes;
use crate::value::Value;

pub(crate) use inputs::Inputs;

/// What a node computes.
pub(crate) type Run = Box<dyn Fn(Inputs) -> Result<Vec<Value>, String> + Send + Sync>;

/// Reads a node's attributes and makes it ready to run.
type Build = fn(&Request) -> Result<Run, Refusal>;

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
fn unsupported<T>(what: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::Unsupported(what.into()))
}

/// A node contradicts the specification of its operator.
fn invalid<T>(what: impl Into<String>) -> Result<T, Refusal> {
    Err(Refusal::Invalid(what.into()))
}

/// What is known of a node before values reach it.
pub(crate) struct Request<'a> {
    pub(crate) attributes: Attributes<'a>,
    /// The version of the operator set that the model is written for.
    pub(crate) opset: i64,
    /// How many outputs the rest of the graph takes.
    pub(crate) outputs: usize,
    pub(crate) device: DispatchDevice,
    /// The numbers of an input, if they stand in the file.
    pub(crate) constant: &'a dyn Fn(usize) -> Option<TensorData>,
}

/// An operator of ONNX that runs here.
pub struct Operator {
    /// Its name in ONNX.
    pub name: &'static str,
    /// Its domain; empty for ONNX's own.
    pub domain: &'static str,
    /// What of it does not run; empty where all of it does.
    pub limits: &'static str,
    build: Build,
}

impl Operator {
    pub(crate) fn build(&self, request: &Request) -> Result<Run, Refusal> {
        (self.build)(request)
    }
}

/// The operator sets that are understood, oldest and newest.
pub const OPSETS: (i64, i64) = (7, 28);

macro_rules! operators {
    ($($domain:literal $name:literal $limits:literal => $build:path,)*) => {
        &[$(Operator { name: $name, domain: $domain, limits: $limits, build: $build },)*]
    };
}

/// Every operator that runs, in alphabetical order.
pub const SUPPORTED: &[Operator] = operators! {
    "" "Abs" "" => elementwise::abs,
    "" "Add" "" => elementwise::add,
    "" "And" "" => comparison::and,
    "" "ArgMax" "" => reduction::arg_max,
    "" "ArgMin" "" => reduction::arg_min,
    "ai.onnx.ml" "ArrayFeatureExtractor" "" => indexing::array_feature_extractor,
    "" "AveragePool" "1-D to 3-D" => pooling::average_pool,
    "" "BatchNormalization" "with its stored statistics, not in training mode" => normalization::batch,
    "" "Cast" "to floats, integers and truth values" => shape::cast,
    "" "CastLike" "to floats, integers and truth values" => shape::cast_like,
    "" "Ceil" "" => elementwise::ceil,
    "" "Celu" "" => activation::celu,
    "" "Clip" "" => activation::clip,
    "" "Concat" "" => indexing::concat,
    "" "Constant" "" => constant::constant,
    "" "ConstantOfShape" "" => constant::constant_of_shape,
    "" "Conv" "1-D to 3-D" => convolution::conv,
    "" "ConvTranspose" "1-D to 3-D" => convolution::conv_transpose,
    "" "Cos" "" => elementwise::cos,
    "" "DepthToSpace" "" => rearrange::depth_to_space,
    "" "Div" "" => elementwise::div,
    "" "Dropout" "as the identity: not in training mode, without the mask" => shape::dropout,
    "" "Elu" "" => activation::elu,
    "" "Equal" "" => comparison::equal,
    "" "Erf" "" => activation::erf,
    "" "Exp" "" => elementwise::exp,
    "" "Expand" "" => shape::expand,
    "" "Flatten" "" => shape::flatten,
    "" "Floor" "" => elementwise::floor,
    "" "Gather" "" => indexing::gather,
    "" "Gelu" "" => activation::gelu,
    "" "Gemm" "" => linear::gemm,
    "" "GlobalAveragePool" "" => pooling::global_average_pool,
    "" "GlobalMaxPool" "" => pooling::global_max_pool,
    "" "Greater" "" => comparison::greater,
    "" "GreaterOrEqual" "" => comparison::greater_or_equal,
    "" "GroupNormalization" "" => normalization::group,
    "" "HardSigmoid" "" => activation::hard_sigmoid,
    "" "HardSwish" "" => activation::hard_swish,
    "" "Identity" "tensors only" => shape::identity,
    "" "InstanceNormalization" "" => normalization::instance,
    "" "IsNaN" "" => comparison::is_nan,
    "" "LayerNormalization" "" => normalization::layer,
    "" "LeakyRelu" "" => activation::leaky_relu,
    "" "Less" "" => comparison::less,
    "" "LessOrEqual" "" => comparison::less_or_equal,
    "" "Log" "" => elementwise::log,
    "" "LogSoftmax" "" => activation::log_softmax,
    "" "MatMul" "" => linear::matmul,
    "" "Max" "" => elementwise::max,
    "" "MaxPool" "1-D and 2-D, without indices" => pooling::max_pool,
    "" "Mean" "" => elementwise::mean,
    "" "Min" "" => elementwise::min,
    "" "Mish" "" => activation::mish,
    "" "Mod" "" => elementwise::modulo,
    "" "Mul" "" => elementwise::mul,
    "" "Neg" "" => elementwise::neg,
    "" "Not" "" => comparison::not,
    "" "Or" "" => comparison::or,
    "" "PRelu" "" => activation::prelu,
    "" "Pad" "" => pad::pad,
    "" "Pow" "" => elementwise::pow,
    "" "Range" "" => constant::range,
    "" "Reciprocal" "" => elementwise::reciprocal,
    "" "ReduceL2" "" => reduction::l2,
    "" "ReduceMax" "" => reduction::max,
    "" "ReduceMean" "" => reduction::mean,
    "" "ReduceMin" "" => reduction::min,
    "" "ReduceProd" "" => reduction::product,
    "" "ReduceSum" "" => reduction::sum,
    "" "Relu" "" => activation::relu,
    "" "Reshape" "" => shape::reshape,
    "" "Resize" "nearest and linear, without antialiasing" => resize::resize,
    "" "Round" "" => elementwise::round,
    "ai.onnx.ml" "Scaler" "" => elementwise::scaler,
    "" "Selu" "" => activation::selu,
    "" "Shape" "" => shape::shape,
    "" "Sigmoid" "" => activation::sigmoid,
    "" "Sign" "" => elementwise::sign,
    "" "Sin" "" => elementwise::sin,
    "" "Size" "" => shape::size,
    "" "Slice" "" => indexing::slice,
    "" "Softmax" "" => activation::softmax,
    "" "Softplus" "" => activation::softplus,
    "" "Softsign" "" => activation::softsign,
    "" "SpaceToDepth" "" => rearrange::space_to_depth,
    "" "Split" "" => indexing::split,
    "" "Sqrt" "" => elementwise::sqrt,
    "" "Squeeze" "" => shape::squeeze,
    "" "Sub" "" => elementwise::sub,
    "" "Sum" "" => elementwise::sum,
    "" "Tanh" "" => activation::tanh,
    "" "ThresholdedRelu" "" => activation::thresholded_relu,
    "" "Tile" "" => shape::tile,
    "" "Transpose" "" => shape::transpose,
    "" "Trilu" "" => indexing::trilu,
    "" "Unsqueeze" "" => shape::unsqueeze,
    "" "Upsample" "nearest and linear" => resize::upsample,
    "" "Where" "" => comparison::select,
    "" "Xor" "" => comparison::xor,
    "ai.onnx.ml" "ZipMap" "as the tensor of numbers that the maps would hold" => shape::identity,
};

/// The operator of this name and domain, if it runs here.
pub(crate) fn find(domain: &str, name: &str) -> Option<&'static Operator> {
    let domain = if domain == "ai.onnx" { "" } else { domain };
    SUPPORTED
        .iter()
        .find(|operator| operator.name == name && operator.domain == domain)
}

/// The largest tensor that a network may ask to create, in elements.
const LARGEST: usize = 1 << 31;

/// Refuses a shape that a network asks for and that memory is not likely to hold. An axis must not be
/// longer than that even where another is empty.
fn bounded(shape: &[usize]) -> Result<(), String> {
    shape
        .iter()
        .try_fold(1_usize, |n, &size| n.checked_mul(size.max(1)))
        .filter(|&n| n <= LARGEST)
        .map(|_| ())
        .ok_or_else(|| {
            format!(
                "asks for a tensor of shape {shape:?}, more than the {LARGEST} elements allowed"
            )
        })
}
