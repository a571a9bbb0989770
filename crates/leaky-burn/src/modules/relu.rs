use burn::module::Module;
use burn::tensor::Tensor;

/// The ReLU as a module: see [`relu`](crate::relu).
#[derive(Module, Debug, Default)]
pub struct Relu;

impl Relu {
    /// Creates the module.
    pub fn new() -> Self {
        Relu
    }

    /// Applies the function.
    ///
    /// # Shapes
    /// - input: `[..., any]`
    /// - output: `[..., any]`
    pub fn forward<const D: usize>(&self, input: Tensor<D>) -> Tensor<D> {
        crate::relu(input)
    }
}
