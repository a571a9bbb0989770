//! The table of operators: one row says what runs, how, and what it does.

use super::operator::Operator;
use super::{
    activation, comparison, constant, convolution, elementwise, indexing, linear, normalization,
    pad, pooling, rearrange, reduction, resize, shape,
};
use crate::facts::Normalization::{Batch, Group, Instance, Layer};
use crate::facts::Probabilities::{HardSigmoid, LogSoftmax, Sigmoid, Softmax};
use crate::facts::RectifierKind::{Celu, Clip, Elu, LeakyRelu, PRelu, Relu, Selu, ThresholdedRelu};
use crate::facts::Role::{
    self, AsksForShape, Constant, Joined, KeepsZero, LooksUp, Normalization, Padded, Pooled,
    Probabilities, Product, Rectifier, Reduced, Repeated, Reshaped, Resized, Same, Sum, Transposed,
    Weighted,
};
use crate::facts::Weighted::{Convolution, Gemm, MatrixProduct, TransposedConvolution};
use crate::standard::is_standard_domain;

/// The operator sets that are understood, oldest and newest.
pub const OPSETS: (i64, i64) = (7, 28);

/// A row: domain, name, what of it does not run, how it is made ready to run, and what it does.
macro_rules! operators {
    ($($domain:literal $name:literal $limits:literal => $build:path $(as $role:expr)?,)*) => {
        &[$(Operator {
            name: $name,
            domain: $domain,
            limits: $limits,
            role: role!($($role)?),
            build: $build,
        },)*]
    };
}

macro_rules! role {
    () => {
        Role::Other
    };
    ($role:expr) => {
        $role
    };
}

/// Every operator that runs, in alphabetical order.
pub const SUPPORTED: &[Operator] = operators! {
    "" "Abs" "" => elementwise::abs as KeepsZero,
    "" "Add" "" => elementwise::add as Sum { subtracts: false },
    "" "And" "" => comparison::and,
    "" "ArgMax" "" => reduction::arg_max,
    "" "ArgMin" "" => reduction::arg_min,
    "ai.onnx.ml" "ArrayFeatureExtractor" "" => indexing::array_feature_extractor,
    "" "AveragePool" "1-D to 3-D" => pooling::average_pool as Pooled,
    "" "BatchNormalization" "with its stored statistics, not in training mode" => normalization::batch as Normalization(Batch),
    "" "Cast" "to floats, integers and truth values" => shape::cast as Same,
    "" "CastLike" "to floats, integers and truth values" => shape::cast_like as Same,
    "" "Ceil" "" => elementwise::ceil as KeepsZero,
    "" "Celu" "" => activation::celu as Rectifier(Celu),
    "" "Clip" "" => activation::clip as Rectifier(Clip),
    "" "Concat" "" => indexing::concat as Joined,
    "" "Constant" "" => constant::constant as Constant,
    "" "ConstantOfShape" "" => constant::constant_of_shape,
    "" "Conv" "1-D to 3-D" => convolution::conv as Weighted(Convolution),
    "" "ConvTranspose" "1-D to 3-D" => convolution::conv_transpose as Weighted(TransposedConvolution),
    "" "Cos" "" => elementwise::cos,
    "" "DepthToSpace" "" => rearrange::depth_to_space,
    "" "Div" "" => elementwise::div as Product { divides: true },
    "" "Dropout" "as the identity: not in training mode, without the mask" => shape::dropout as Same,
    "" "Elu" "" => activation::elu as Rectifier(Elu),
    "" "Equal" "" => comparison::equal,
    "" "Erf" "" => activation::erf as KeepsZero,
    "" "Exp" "" => elementwise::exp,
    "" "Expand" "" => shape::expand as Repeated,
    "" "Flatten" "" => shape::flatten as Reshaped { to_input: false },
    "" "Floor" "" => elementwise::floor as KeepsZero,
    "" "Gather" "" => indexing::gather as LooksUp,
    "" "Gelu" "" => activation::gelu as KeepsZero,
    "" "Gemm" "" => linear::gemm as Weighted(Gemm),
    "" "GlobalAveragePool" "" => pooling::global_average_pool as Pooled,
    "" "GlobalMaxPool" "" => pooling::global_max_pool as Pooled,
    "" "Greater" "" => comparison::greater,
    "" "GreaterOrEqual" "" => comparison::greater_or_equal,
    "" "GroupNormalization" "" => normalization::group as Normalization(Group),
    "" "HardSigmoid" "" => activation::hard_sigmoid as Probabilities(HardSigmoid),
    "" "HardSwish" "" => activation::hard_swish as KeepsZero,
    "" "Identity" "tensors only" => shape::identity as Same,
    "" "InstanceNormalization" "" => normalization::instance as Normalization(Instance),
    "" "IsNaN" "" => comparison::is_nan,
    "" "LayerNormalization" "" => normalization::layer as Normalization(Layer),
    "" "LeakyRelu" "" => activation::leaky_relu as Rectifier(LeakyRelu),
    "" "Less" "" => comparison::less,
    "" "LessOrEqual" "" => comparison::less_or_equal,
    "" "Log" "" => elementwise::log,
    "" "LogSoftmax" "" => activation::log_softmax as Probabilities(LogSoftmax),
    "" "MatMul" "" => linear::matmul as Weighted(MatrixProduct),
    "" "Max" "" => elementwise::max,
    "" "MaxPool" "1-D and 2-D, without indices" => pooling::max_pool as Pooled,
    "" "Mean" "" => elementwise::mean,
    "" "Min" "" => elementwise::min,
    "" "Mish" "" => activation::mish as KeepsZero,
    "" "Mod" "" => elementwise::modulo,
    "" "Mul" "" => elementwise::mul as Product { divides: false },
    "" "Neg" "" => elementwise::neg as KeepsZero,
    "" "Not" "" => comparison::not,
    "" "Or" "" => comparison::or,
    "" "PRelu" "" => activation::prelu as Rectifier(PRelu),
    "" "Pad" "" => pad::pad as Padded,
    "" "Pow" "" => elementwise::pow,
    "" "Range" "" => constant::range,
    "" "Reciprocal" "" => elementwise::reciprocal,
    "" "ReduceL2" "" => reduction::l2 as Reduced { keeps_zero: true },
    "" "ReduceMax" "" => reduction::max as Reduced { keeps_zero: true },
    "" "ReduceMean" "" => reduction::mean as Reduced { keeps_zero: true },
    "" "ReduceMin" "" => reduction::min as Reduced { keeps_zero: true },
    "" "ReduceProd" "" => reduction::product as Reduced { keeps_zero: false },
    "" "ReduceSum" "" => reduction::sum as Reduced { keeps_zero: true },
    "" "Relu" "" => activation::relu as Rectifier(Relu),
    "" "Reshape" "" => shape::reshape as Reshaped { to_input: true },
    "" "Resize" "nearest and linear, without antialiasing" => resize::resize as Resized,
    "" "Round" "" => elementwise::round as KeepsZero,
    "ai.onnx.ml" "Scaler" "" => elementwise::scaler,
    "" "Selu" "" => activation::selu as Rectifier(Selu),
    "" "Shape" "" => shape::shape as AsksForShape,
    "" "Sigmoid" "" => activation::sigmoid as Probabilities(Sigmoid),
    "" "Sign" "" => elementwise::sign as KeepsZero,
    "" "Sin" "" => elementwise::sin as KeepsZero,
    "" "Size" "" => shape::size as AsksForShape,
    "" "Slice" "" => indexing::slice,
    "" "Softmax" "" => activation::softmax as Probabilities(Softmax),
    "" "Softplus" "" => activation::softplus,
    "" "Softsign" "" => activation::softsign as KeepsZero,
    "" "SpaceToDepth" "" => rearrange::space_to_depth,
    "" "Split" "" => indexing::split,
    "" "Sqrt" "" => elementwise::sqrt as KeepsZero,
    "" "Squeeze" "" => shape::squeeze as Reshaped { to_input: false },
    "" "Sub" "" => elementwise::sub as Sum { subtracts: true },
    "" "Sum" "" => elementwise::sum as Sum { subtracts: false },
    "" "Tanh" "" => activation::tanh as KeepsZero,
    "" "ThresholdedRelu" "" => activation::thresholded_relu as Rectifier(ThresholdedRelu),
    "" "Tile" "" => shape::tile,
    "" "Transpose" "" => shape::transpose as Transposed,
    "" "Trilu" "" => indexing::trilu,
    "" "Unsqueeze" "" => shape::unsqueeze as Reshaped { to_input: false },
    "" "Upsample" "nearest and linear" => resize::upsample as Resized,
    "" "Where" "" => comparison::select,
    "" "Xor" "" => comparison::xor,
    "ai.onnx.ml" "ZipMap" "as the tensor of numbers that the maps would hold" => shape::identity,
};

/// The operator of this name and domain, if it runs here.
pub(crate) fn find(domain: &str, name: &str) -> Option<&'static Operator> {
    let domain = if is_standard_domain(domain) {
        ""
    } else {
        domain
    };
    SUPPORTED
        .iter()
        .find(|operator| operator.name == name && operator.domain == domain)
}
