//! What a network says about its inputs and its output, to be compared with arrays.

use burn::tensor::DType;
use leaky_onnx::Input;

/// What a network says about one of its inputs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedInput {
    /// The input's name in the network.
    pub name: String,
    /// The size of each axis, `None` where any size will do. The first axis counts the samples of
    /// a batch; its size is not compared.
    pub shape: Vec<Option<usize>>,
    /// The element type that the network computes with.
    pub dtype: DType,
}

/// What a network says about the output that is compared with a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedOutput {
    /// The output's name in the network.
    pub name: String,
    /// Its shape for any batch, the samples on the first axis.
    pub shape: Vec<usize>,
    /// Its element type.
    pub dtype: DType,
}

impl From<&Input> for ExpectedInput {
    fn from(input: &Input) -> Self {
        Self {
            name: input.name.clone(),
            shape: input.shape.clone(),
            dtype: input.dtype,
        }
    }
}
