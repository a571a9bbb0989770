//! What an operator does to the numbers that pass through it, apart from computing them.
//!
//! Each row of the [table of operators](crate::operators::SUPPORTED) says which [`Role`] its operator
//! plays; everything that reads a graph (which axis counts units, which tensors are weights, what
//! revives a unit) asks the role and never the operator's name.

/// What an operator does. One without peculiarities is [`Other`](Self::Other).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Nothing that the rest of this crate needs to know.
    Other,
    /// Holds numbers of the file.
    Constant,
    /// Gives its input on, number by number.
    Same,
    /// Gives its input on, number by number, but for those that it drops in training.
    Dropped,
    /// Gives its input on with the axes in another order.
    Transposed,
    /// Gives its input on in another shape, its numbers in the same order; `to_input` tells that the
    /// second input is that shape.
    Reshaped {
        /// Whether the second input is the new shape.
        to_input: bool,
    },
    /// Repeats its input along axes.
    Repeated,
    /// Computes each element by itself, and gives zero for zero.
    KeepsZero,
    /// An activation that is linear above zero and bends at it.
    Rectifier(RectifierKind),
    /// Multiplies by weights and sums up.
    Weighted(Weighted),
    /// Normalises by a mean and a variance, then scales and shifts.
    Normalization(Normalization),
    /// Adds branches or a bias; `subtracts` tells that all but the first are taken away.
    Sum {
        /// Whether the sign of the later inputs is turned.
        subtracts: bool,
    },
    /// Multiplies element by element; `divides` tells that it divides by the second input.
    Product {
        /// Whether the second input divides.
        divides: bool,
    },
    /// Takes the largest or the mean over windows of positions.
    Pooled,
    /// Takes or interpolates positions.
    Resized,
    /// Puts elements around its input.
    Padded,
    /// Reduces axes; `keeps_zero` tells that zeros stay zero.
    Reduced {
        /// Whether zeros give zero.
        keeps_zero: bool,
    },
    /// Joins its inputs along an axis.
    Joined,
    /// Looks up rows of a table.
    LooksUp,
    /// Asks for the sizes of its input and never for its numbers.
    AsksForShape,
    /// Turns logits into probabilities, or their logarithms.
    Probabilities(Probabilities),
}

/// The rectifiers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RectifierKind {
    /// 0 below zero.
    Relu,
    /// A fixed slope below zero.
    LeakyRelu,
    /// A learned slope below zero.
    PRelu,
    /// An exponential below zero.
    Elu,
    /// An exponential below zero, scaled so that a signal keeps its variance.
    Selu,
    /// An exponential below zero with a continuous derivative.
    Celu,
    /// 0 below a threshold.
    ThresholdedRelu,
    /// 0 below zero and bounded above, where its lower bound is zero: ReLU6.
    Clip,
}

impl RectifierKind {
    /// The ONNX operator.
    pub fn operator(self) -> &'static str {
        match self {
            Self::Relu => "Relu",
            Self::LeakyRelu => "LeakyRelu",
            Self::PRelu => "PRelu",
            Self::Elu => "Elu",
            Self::Selu => "Selu",
            Self::Celu => "Celu",
            Self::ThresholdedRelu => "ThresholdedRelu",
            Self::Clip => "Clip",
        }
    }
}

/// Operators that sum up their input by weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weighted {
    /// Weights of shape (out, in / groups, kernel).
    Convolution,
    /// Weights of shape (in, out / groups, kernel).
    TransposedConvolution,
    /// `alpha * A' * B' + beta * C` of two matrices.
    Gemm,
    /// The product of stacks of matrices; the weights may stand on either side.
    MatrixProduct,
}

/// Over what a normalisation takes its mean and variance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Normalization {
    /// They are stored, one for each channel.
    Batch,
    /// The positions of one channel of one sample.
    Instance,
    /// Some channels of one sample.
    Group,
    /// The last axes of one sample.
    Layer,
}

impl Normalization {
    /// Whether a unit is normalised by itself, so that other units do not feel its change.
    pub fn is_by_unit(self) -> bool {
        matches!(self, Self::Batch | Self::Instance)
    }
}

/// What a network may end in to give probabilities.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Probabilities {
    /// Each by itself: `1 / (1 + exp(-x))`.
    Sigmoid,
    /// Each by itself, along a straight line.
    HardSigmoid,
    /// Along an axis, of sum 1.
    Softmax,
    /// The logarithms of those.
    LogSoftmax,
}

/// What a float tensor of the file is at an input of an operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterKind {
    /// It multiplies signals, which are then summed up.
    Weights,
    /// It is added to what weights made.
    Bias,
    /// It multiplies what was normalised.
    Scale,
    /// It is added to what was normalised.
    Shift,
    /// A stored mean.
    Mean,
    /// A stored variance.
    Variance,
    /// The slope of a rectifier.
    Slope,
    /// A table whose rows are looked up.
    Rows,
    /// An operand of a sum of elements: a bias, or a constant of another kind.
    Summand,
    /// An operand of a product of elements: a scale, or a constant of another kind.
    Factor,
}

impl ParameterKind {
    /// Whether a float tensor is a trained weight for standing there. In arithmetic on elements more
    /// must be known, and statistics are never trained.
    pub fn is_trained(self) -> bool {
        !matches!(
            self,
            Self::Mean | Self::Variance | Self::Summand | Self::Factor
        )
    }
}

impl Role {
    /// The inputs at which parameters stand, and what they are there.
    pub fn parameters(self) -> &'static [(usize, ParameterKind)] {
        match self {
            Self::Weighted(Weighted::Convolution | Weighted::TransposedConvolution) => {
                &[(1, ParameterKind::Weights), (2, ParameterKind::Bias)]
            }
            Self::Weighted(Weighted::Gemm) => &[
                (0, ParameterKind::Weights),
                (1, ParameterKind::Weights),
                (2, ParameterKind::Bias),
            ],
            Self::Weighted(Weighted::MatrixProduct) => {
                &[(0, ParameterKind::Weights), (1, ParameterKind::Weights)]
            }
            Self::Normalization(Normalization::Batch) => &[
                (1, ParameterKind::Scale),
                (2, ParameterKind::Shift),
                (3, ParameterKind::Mean),
                (4, ParameterKind::Variance),
            ],
            Self::Normalization(_) => &[(1, ParameterKind::Scale), (2, ParameterKind::Shift)],
            Self::LooksUp => &[(0, ParameterKind::Rows)],
            Self::Rectifier(RectifierKind::PRelu) => &[(1, ParameterKind::Slope)],
            Self::Sum { .. } => &[(0, ParameterKind::Summand), (1, ParameterKind::Summand)],
            Self::Product { .. } => &[(0, ParameterKind::Factor), (1, ParameterKind::Factor)],
            _ => &[],
        }
    }

    /// What a parameter is at an input, if a parameter stands there.
    pub fn parameter(self, input: usize) -> Option<ParameterKind> {
        let mut known = self.parameters().iter();
        known
            .find(|(number, _)| *number == input)
            .map(|&(_, kind)| kind)
    }

    /// Whether a weight passes through unchanged on its way to its place: its numbers stay, in
    /// another order or shape.
    pub fn only_rearranges(self) -> bool {
        matches!(
            self,
            Self::Same | Self::Dropped | Self::Transposed | Self::Reshaped { .. } | Self::Repeated
        )
    }

    /// Whether the numbers of an input matter, and not only their shape or type, which is all that
    /// `Shape` and the second input of `CastLike` ask for.
    pub fn sees(self, input: usize) -> bool {
        match self {
            Self::AsksForShape => false,
            Self::Same | Self::Dropped => input == 0,
            _ => true,
        }
    }

    /// The input that says the sizes of what is given, where one does.
    pub(crate) fn sizes(self) -> Option<usize> {
        match self {
            Self::Reshaped { to_input: true } | Self::Repeated => Some(1),
            Self::Resized => Some(3),
            _ => None,
        }
    }

    /// Whether every number keeps its place among the others.
    pub fn keeps_order(self) -> bool {
        matches!(self, Self::Same | Self::Dropped | Self::Reshaped { .. })
    }
}
