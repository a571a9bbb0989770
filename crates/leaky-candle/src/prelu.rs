//! The PReLU.

use std::borrow::Cow;

use candle_core::backend::BackendStorage;
use candle_core::{CpuStorage, CustomOp2, Error, Layout, Module, Result, Shape, Tensor, bail};

use crate::composed;
use crate::elements::{Number, apply, backward, elements, forward, on_cpu, with_number};

/// The PReLU: `xs` above zero, `weight * xs` elsewhere, with learned slopes.
///
/// `weight` holds one slope for all, one for each channel of `xs` (its axis 1), or one for each
/// element (the shape of `xs`). The gradient of `xs` is 1 above zero and the slope elsewhere; that
/// of a slope sums `x * dy` over its elements that are not above zero.
///
/// # Errors
/// If the slopes are of neither form or of another type than `xs`, or `xs` is on the CPU and not of
/// `f32`, `f64`, `f16` or `bf16`.
pub fn prelu(xs: &Tensor, weight: &Tensor) -> Result<Tensor> {
    let shape = slopes_over(xs, weight)?;
    let weight = weight.reshape(shape)?;
    if !xs.device().is_cpu() || xs.elem_count() == 0 {
        return composed::prelu(xs, &weight);
    }
    xs.apply_op2(&weight, Operation)
}

/// The shape in which the slopes broadcast to `xs`.
fn slopes_over(xs: &Tensor, weight: &Tensor) -> Result<Vec<usize>> {
    let mut shape = vec![1; xs.rank()];
    if weight.elem_count() == 1 {
        return Ok(shape);
    }
    if weight.dims() == xs.dims() {
        return Ok(xs.dims().to_vec());
    }
    if xs.rank() < 2 || weight.dims() != [xs.dims()[1]] {
        bail!(
            "prelu: slopes of shape {:?} for a tensor of shape {:?}: give one slope, one for each channel (axis 1), or one for each element",
            weight.dims(),
            xs.dims()
        );
    }
    shape[1] = weight.elem_count();
    Ok(shape)
}

/// The PReLU as a module: see [`prelu`].
///
/// Give it the slopes as a [`Var`](candle_core::Var), or as what a `VarBuilder` of candle-nn gets
/// under the name `weight`, as candle-nn's own module does.
#[derive(Clone, Debug)]
pub struct PRelu {
    weight: Tensor,
}

impl PRelu {
    /// A PReLU with the given slopes: one, or one for each channel.
    pub fn new(weight: Tensor) -> Self {
        PRelu { weight }
    }

    /// The slopes.
    pub fn weight(&self) -> &Tensor {
        &self.weight
    }
}

impl Module for PRelu {
    fn forward(&self, xs: &Tensor) -> Result<Tensor> {
        prelu(xs, &self.weight)
    }
}

/// The PReLU of slopes that have been given the rank of the input.
struct Operation;

/// The kernel for slopes of that rank, which are 1 on every axis, on every axis but 1, or on none.
fn kernel<'a, T: Number>(
    slopes: &'a [T],
    xs: &Shape,
    weight: &Shape,
) -> Result<leaky_relu::PRelu<'a, T>> {
    let inner = match weight.dims().iter().rposition(|&length| length != 1) {
        Some(last) => xs.dims()[last + 1..].iter().product(),
        None => xs.elem_count(),
    };
    leaky_relu::PRelu::new(slopes, inner).map_err(Error::wrap)
}

impl CustomOp2 for Operation {
    fn name(&self) -> &'static str {
        "prelu"
    }

    fn cpu_fwd(
        &self,
        xs: &CpuStorage,
        xs_layout: &Layout,
        weight: &CpuStorage,
        weight_layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        with_number!("prelu", xs.dtype(), T => {
            let slopes = elements::<T>(weight, weight_layout)?;
            let kernel = kernel(&slopes, xs_layout.shape(), weight_layout.shape())?;
            forward(&kernel, xs, xs_layout)
        })
    }

    fn bwd(
        &self,
        xs: &Tensor,
        weight: &Tensor,
        _ys: &Tensor,
        gradient: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        if gradient.track_op() {
            let (of_xs, of_weight) = composed::prelu_gradients(xs, weight, gradient)?;
            return Ok((Some(of_xs), Some(of_weight)));
        }
        with_number!("prelu", gradient.dtype(), T => {
            let (dx, of_slopes) = on_cpu(weight, |slopes, layout| {
                let slopes = elements::<T>(slopes, layout)?;
                let kernel = kernel(&slopes, xs.shape(), weight.shape())?;
                on_cpu(xs, |x, layout| {
                    let x = elements::<T>(x, layout)?;
                    on_cpu(gradient, |dy, layout| {
                        let dy = elements(dy, layout)?;
                        Ok(gradients(&kernel, &x, dy, weight.track_op()))
                    })
                })
            })?;
            let of_xs = Tensor::from_vec(dx, xs.shape(), xs.device())?;
            let of_weight = of_slopes
                .map(|slopes| Tensor::from_vec(slopes, weight.shape(), weight.device()))
                .transpose()?;
            Ok((Some(of_xs), of_weight))
        })
    }
}

/// The gradients of the input and, where they are learned, of the slopes.
fn gradients<T: Number>(
    kernel: &leaky_relu::PRelu<'_, T>,
    x: &[T],
    dy: Cow<'_, [T]>,
    learned: bool,
) -> (Vec<T>, Option<Vec<T>>) {
    if !learned {
        return (backward(kernel, x, dy), None);
    }
    let zeros = || vec![T::zero(); kernel.alpha().len()];
    let (dx, of_slopes) = apply(
        dy,
        |dy| {
            let mut of_slopes = zeros();
            kernel.backward_with_alpha_in_place(x, dy, &mut of_slopes);
            of_slopes
        },
        |dy| {
            let mut of_slopes = zeros();
            (
                kernel.backward_with_alpha_to_vec(x, dy, &mut of_slopes),
                of_slopes,
            )
        },
    );
    (dx, Some(of_slopes))
}
