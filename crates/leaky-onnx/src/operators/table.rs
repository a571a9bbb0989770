//! The table of operators: one row says what runs, how, and what it does.

use super::operator::Operator;
use super::{
    activation, attention, bitwise, comparison, constant, control, convolution, cumulative,
    dropout, einsum, elementwise, indexing, linear, losses, normalization, norms, pad, picking,
    pooling, quantized, rearrange, recurrent, reduction, resize, sampling, searching, shape, unary,
    unfolded,
};
use crate::facts::Normalization::{Batch, Group, Instance, Layer};
use crate::facts::Probabilities::{HardSigmoid, LogSoftmax, Sigmoid, Softmax};
use crate::facts::RectifierKind::{Celu, Clip, Elu, LeakyRelu, PRelu, Relu, Selu, ThresholdedRelu};
use crate::facts::Role::{
    self, AsksForShape, Constant, Dropped, Joined, KeepsZero, LooksUp, Normalization, Padded,
    Pooled, Probabilities, Product, Rectifier, Reduced, Repeated, Reshaped, Resized, Same, Sum,
    Transposed, Weighted,
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
    "" "Acos" "" => unary::acos,
    "" "Acosh" "" => unary::acosh,
    "" "Add" "" => elementwise::add as Sum { subtracts: false },
    "" "AffineGrid" "" => sampling::affine_grid,
    "" "And" "" => comparison::and,
    "" "ArgMax" "" => reduction::arg_max,
    "" "ArgMin" "" => reduction::arg_min,
    "ai.onnx.ml" "ArrayFeatureExtractor" "" => indexing::array_feature_extractor,
    "" "Asin" "" => unary::asin as KeepsZero,
    "" "Asinh" "" => unary::asinh as KeepsZero,
    "" "Atan" "" => unary::atan as KeepsZero,
    "" "Atanh" "" => unary::atanh as KeepsZero,
    "" "Attention" "" => attention::attention,
    "" "AveragePool" "1-D to 3-D" => pooling::average_pool as Pooled,
    "" "BatchNormalization" "with its stored statistics, not in training mode" => normalization::batch as Normalization(Batch),
    "" "BitShift" "" => bitwise::shift,
    "" "BitwiseAnd" "" => bitwise::and,
    "" "BitwiseNot" "" => bitwise::not,
    "" "BitwiseOr" "" => bitwise::or,
    "" "BitwiseXor" "" => bitwise::xor,
    "" "Cast" "to floats, integers and truth values" => shape::cast as Same,
    "" "CastLike" "to floats, integers and truth values" => shape::cast_like as Same,
    "" "Ceil" "" => elementwise::ceil as KeepsZero,
    "" "Celu" "" => activation::celu as Rectifier(Celu),
    "" "CenterCropPad" "" => indexing::center_crop_pad,
    "" "Clip" "" => activation::clip as Rectifier(Clip),
    "" "Col2Im" "" => unfolded::columns_to_image,
    "" "Compress" "" => picking::compress,
    "" "Concat" "" => indexing::concat as Joined,
    "" "Constant" "" => constant::constant as Constant,
    "" "ConstantOfShape" "" => constant::constant_of_shape,
    "" "Conv" "1-D to 3-D" => convolution::conv as Weighted(Convolution),
    "" "ConvInteger" "not trained" => quantized::conv_integer,
    "" "ConvTranspose" "1-D to 3-D" => convolution::conv_transpose as Weighted(TransposedConvolution),
    "" "Cos" "" => elementwise::cos,
    "" "Cosh" "" => unary::cosh,
    "" "CumProd" "" => cumulative::product,
    "" "CumSum" "" => cumulative::sum,
    "" "DepthToSpace" "" => rearrange::depth_to_space,
    "" "DequantizeLinear" "whole numbers; not trained" => quantized::dequantize,
    "" "Div" "" => elementwise::div as Product { divides: true },
    "" "Dropout" "as the identity: not in training mode" => dropout::dropout as Dropped,
    "" "DynamicQuantizeLinear" "not trained" => quantized::quantize_dynamically,
    "" "Einsum" "" => einsum::einsum,
    "" "Elu" "" => activation::elu as Rectifier(Elu),
    "" "Equal" "" => comparison::equal,
    "" "Erf" "" => activation::erf as KeepsZero,
    "" "Exp" "" => elementwise::exp,
    "" "Expand" "" => shape::expand as Repeated,
    "" "EyeLike" "" => constant::eye_like,
    "" "Flatten" "" => shape::flatten as Reshaped { to_input: false },
    "" "Floor" "" => elementwise::floor as KeepsZero,
    "" "GRU" "" => recurrent::gru,
    "" "Gather" "" => indexing::gather as LooksUp,
    "" "GatherElements" "" => picking::gather_elements,
    "" "GatherND" "" => picking::gather_nd,
    "" "Gelu" "" => activation::gelu as KeepsZero,
    "" "Gemm" "" => linear::gemm as Weighted(Gemm),
    "" "GlobalAveragePool" "" => pooling::global_average_pool as Pooled,
    "" "GlobalLpPool" "" => unfolded::global_lp_pool,
    "" "GlobalMaxPool" "" => pooling::global_max_pool as Pooled,
    "" "Greater" "" => comparison::greater,
    "" "GreaterOrEqual" "" => comparison::greater_or_equal,
    "" "GridSample" "" => sampling::grid_sample,
    "" "GroupNormalization" "" => normalization::group as Normalization(Group),
    "" "HardSigmoid" "" => activation::hard_sigmoid as Probabilities(HardSigmoid),
    "" "HardSwish" "" => activation::hard_swish as KeepsZero,
    "" "Hardmax" "" => searching::hard_max,
    "" "Identity" "tensors only" => shape::identity as Same,
    "" "If" "tensors only" => control::choose,
    "" "InstanceNormalization" "" => normalization::instance as Normalization(Instance),
    "" "IsInf" "" => unary::is_infinite,
    "" "IsNaN" "" => comparison::is_nan,
    "" "LRN" "" => norms::local_response as KeepsZero,
    "" "LSTM" "" => recurrent::lstm,
    "" "LayerNormalization" "" => normalization::layer as Normalization(Layer),
    "" "LeakyRelu" "" => activation::leaky_relu as Rectifier(LeakyRelu),
    "" "Less" "" => comparison::less,
    "" "LessOrEqual" "" => comparison::less_or_equal,
    "" "Log" "" => elementwise::log,
    "" "LogSoftmax" "" => activation::log_softmax as Probabilities(LogSoftmax),
    "" "Loop" "tensors only; the weights inside of its graph are not trained" => control::repeat,
    "" "LpNormalization" "" => norms::lp,
    "" "LpPool" "" => unfolded::lp_pool as Pooled,
    "" "MatMul" "" => linear::matmul as Weighted(MatrixProduct),
    "" "MatMulInteger" "not trained" => quantized::matmul_integer,
    "" "Max" "" => elementwise::max,
    "" "MaxPool" "" => pooling::max_pool as Pooled,
    "" "MaxUnpool" "" => unfolded::max_unpool,
    "" "Mean" "" => elementwise::mean,
    "" "MeanVarianceNormalization" "" => norms::mean_variance,
    "" "Min" "" => elementwise::min,
    "" "Mish" "" => activation::mish as KeepsZero,
    "" "Mod" "" => elementwise::modulo,
    "" "Mul" "" => elementwise::mul as Product { divides: false },
    "" "Neg" "" => elementwise::neg as KeepsZero,
    "" "NegativeLogLikelihoodLoss" "" => losses::negative_log_likelihood,
    "" "NonMaxSuppression" "" => searching::non_max_suppression,
    "" "NonZero" "" => searching::non_zero,
    "" "Not" "" => comparison::not,
    "" "OneHot" "" => picking::one_hot,
    "" "Or" "" => comparison::or,
    "" "PRelu" "" => activation::prelu as Rectifier(PRelu),
    "" "Pad" "" => pad::pad as Padded,
    "" "Pow" "" => elementwise::pow,
    "" "QLinearConv" "not trained" => quantized::conv,
    "" "QLinearMatMul" "not trained" => quantized::matmul,
    "" "QuantizeLinear" "to whole numbers; not trained" => quantized::quantize,
    "" "RMSNormalization" "" => norms::root_mean_square,
    "" "RNN" "" => recurrent::rnn,
    "" "Range" "" => constant::range,
    "" "Reciprocal" "" => elementwise::reciprocal,
    "" "ReduceL1" "" => reduction::l1 as Reduced { keeps_zero: true },
    "" "ReduceL2" "" => reduction::l2 as Reduced { keeps_zero: true },
    "" "ReduceLogSum" "" => reduction::log_sum as Reduced { keeps_zero: false },
    "" "ReduceLogSumExp" "" => reduction::log_sum_exp as Reduced { keeps_zero: false },
    "" "ReduceMax" "" => reduction::max as Reduced { keeps_zero: true },
    "" "ReduceMean" "" => reduction::mean as Reduced { keeps_zero: true },
    "" "ReduceMin" "" => reduction::min as Reduced { keeps_zero: true },
    "" "ReduceProd" "" => reduction::product as Reduced { keeps_zero: false },
    "" "ReduceSum" "" => reduction::sum as Reduced { keeps_zero: true },
    "" "ReduceSumSquare" "" => reduction::sum_of_squares as Reduced { keeps_zero: true },
    "" "Relu" "" => activation::relu as Rectifier(Relu),
    "" "Reshape" "" => shape::reshape as Reshaped { to_input: true },
    "" "Resize" "" => resize::resize as Resized,
    "" "ReverseSequence" "" => picking::reverse_sequence,
    "" "RoiAlign" "" => sampling::roi_align,
    "" "RotaryEmbedding" "" => attention::rotary,
    "" "Round" "" => elementwise::round as KeepsZero,
    "ai.onnx.ml" "Scaler" "" => elementwise::scaler,
    "" "Scan" "the weights inside of its graph are not trained" => control::scan,
    "" "Scatter" "" => picking::scatter_elements,
    "" "ScatterElements" "" => picking::scatter_elements,
    "" "ScatterND" "" => picking::scatter_nd,
    "" "Selu" "" => activation::selu as Rectifier(Selu),
    "" "Shape" "" => shape::shape as AsksForShape,
    "" "Shrink" "" => unary::shrink as KeepsZero,
    "" "Sigmoid" "" => activation::sigmoid as Probabilities(Sigmoid),
    "" "Sign" "" => elementwise::sign as KeepsZero,
    "" "Sin" "" => elementwise::sin as KeepsZero,
    "" "Sinh" "" => unary::sinh as KeepsZero,
    "" "Size" "" => shape::size as AsksForShape,
    "" "Slice" "" => indexing::slice,
    "" "Softmax" "" => activation::softmax as Probabilities(Softmax),
    "" "SoftmaxCrossEntropyLoss" "" => losses::softmax_cross_entropy,
    "" "Softplus" "" => activation::softplus,
    "" "Softsign" "" => activation::softsign as KeepsZero,
    "" "SpaceToDepth" "" => rearrange::space_to_depth,
    "" "Split" "" => indexing::split,
    "" "Sqrt" "" => elementwise::sqrt as KeepsZero,
    "" "Squeeze" "" => shape::squeeze as Reshaped { to_input: false },
    "" "Sub" "" => elementwise::sub as Sum { subtracts: true },
    "" "Sum" "" => elementwise::sum as Sum { subtracts: false },
    "" "SwiGLU" "" => unary::swiglu,
    "" "Swish" "" => unary::swish as KeepsZero,
    "" "Tan" "" => unary::tan as KeepsZero,
    "" "Tanh" "" => activation::tanh as KeepsZero,
    "" "TensorScatter" "" => picking::tensor_scatter,
    "" "ThresholdedRelu" "" => activation::thresholded_relu as Rectifier(ThresholdedRelu),
    "" "Tile" "" => shape::tile,
    "" "TopK" "" => searching::top_k,
    "" "Transpose" "" => shape::transpose as Transposed,
    "" "Trilu" "" => indexing::trilu,
    "" "Unique" "" => searching::unique,
    "" "Unsqueeze" "" => shape::unsqueeze as Reshaped { to_input: false },
    "" "Upsample" "" => resize::upsample as Resized,
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
