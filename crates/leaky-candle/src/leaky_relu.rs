//! The Leaky ReLU.

use candle_core::backend::BackendStorage;
use candle_core::{CpuStorage, CustomOp1, Error, Layout, Module, Result, Shape, Tensor};
use leaky_relu::Number as _;

use crate::composed;
use crate::elements::{Number, backward, elements, forward, on_cpu, with_number};

/// The Leaky ReLU of a tensor of any shape: `xs` above zero, `negative_slope * xs` elsewhere.
///
/// The gradient is 1 above zero and `negative_slope` elsewhere, also at zero and at NaN.
///
/// # Errors
/// If the tensor is on the CPU and not of `f32`, `f64`, `f16` or `bf16`, or the slope is not finite.
pub fn leaky_relu(xs: &Tensor, negative_slope: f64) -> Result<Tensor> {
    if !xs.device().is_cpu() {
        return composed::leaky_relu(xs, negative_slope);
    }
    xs.apply_op1(Operation { negative_slope })
}

/// The Leaky ReLU as a module: see [`leaky_relu`](fn@crate::leaky_relu).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LeakyRelu {
    negative_slope: f64,
}

impl LeakyRelu {
    /// A Leaky ReLU with the given slope at and below zero.
    pub fn new(negative_slope: f64) -> Self {
        LeakyRelu { negative_slope }
    }

    /// The slope at and below zero.
    pub fn negative_slope(&self) -> f64 {
        self.negative_slope
    }
}

impl Default for LeakyRelu {
    /// The slope of 0.01.
    fn default() -> Self {
        LeakyRelu::new(0.01)
    }
}

impl Module for LeakyRelu {
    fn forward(&self, xs: &Tensor) -> Result<Tensor> {
        leaky_relu(xs, self.negative_slope)
    }
}

struct Operation {
    negative_slope: f64,
}

impl Operation {
    fn kernel<T: Number>(&self) -> Result<leaky_relu::LeakyRelu<T::Alpha>> {
        leaky_relu::LeakyRelu::new(T::Alpha::from_f64(self.negative_slope)).map_err(Error::wrap)
    }
}

impl CustomOp1 for Operation {
    fn name(&self) -> &'static str {
        "leaky-relu"
    }

    fn cpu_fwd(&self, storage: &CpuStorage, layout: &Layout) -> Result<(CpuStorage, Shape)> {
        with_number!("leaky_relu", storage.dtype(), T => {
            forward::<T>(&self.kernel::<T>()?, storage, layout)
        })
    }

    fn bwd(&self, xs: &Tensor, _ys: &Tensor, gradient: &Tensor) -> Result<Option<Tensor>> {
        if gradient.track_op() {
            return composed::leaky_relu_gradient(xs, gradient, self.negative_slope).map(Some);
        }
        with_number!("leaky_relu", gradient.dtype(), T => {
            let kernel = self.kernel::<T>()?;
            let dx = on_cpu(xs, |xs, xs_layout| {
                let xs = elements::<T>(xs, xs_layout)?;
                on_cpu(gradient, |dy, dy_layout| {
                    Ok(backward(&kernel, &xs, elements(dy, dy_layout)?))
                })
            })?;
            Tensor::from_vec(dx, xs.shape(), xs.device()).map(Some)
        })
    }
}
