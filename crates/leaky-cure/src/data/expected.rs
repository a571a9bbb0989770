//! What a network says about its inputs and its output, to be compared with arrays.

use burn::tensor::DType;
use leaky_onnx::Input;

/// What a network says about one of its inputs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpectedInput {
    /// The input's name in the network.
    pub name: String,
    /// The size of each axis of the array, `None` where any size will do. The first axis counts the
    /// samples; its size is not compared.
    pub shape: Vec<Option<usize>>,
    /// Where the network wants the axis of samples; `None` for an input that all samples share, which
    /// has no such axis in the array either.
    pub samples: Option<usize>,
    /// Whether the number of axes is known.
    pub ranked: bool,
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
        let mut shape = input.shape.clone();
        if let Some(axis) = input.samples.filter(|&axis| axis < shape.len()) {
            let samples = shape.remove(axis);
            shape.insert(0, samples);
        }
        Self {
            name: input.name.clone(),
            shape,
            samples: input.samples,
            ranked: input.ranked,
            dtype: input.dtype,
        }
    }
}
