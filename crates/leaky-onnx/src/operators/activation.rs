//! The rectifiers and the other activations.

use burn::backend::ops::{ActivationOps, FloatTensorOps, IntTensorOps};
use burn::backend::{Dispatch, DispatchTensor, TensorMetadata};
use burn::tensor::BoolDType;

use super::inputs::Inputs;
use super::moved::Moved;
use super::operator::{Refusal, Request, Run, invalid};
use crate::value::{self, Value, with_rank};

/// An operator from one float tensor to one of the same shape.
pub(super) fn unary(
    apply: impl Fn(DispatchTensor) -> DispatchTensor + Send + Sync + 'static,
) -> Result<Run, Refusal> {
    Ok(Box::new(move |mut inputs: Inputs| {
        Ok(vec![Value::Float(apply(inputs.float(0)?))])
    }))
}

pub(super) fn relu(_: &Request) -> Result<Run, Refusal> {
    unary(leaky_burn::dispatch::relu)
}

pub(super) fn leaky_relu(request: &Request) -> Result<Run, Refusal> {
    let alpha = request.attributes.float("alpha", 0.01)?;
    unary(move |x| leaky_burn::dispatch::leaky_relu(x, alpha))
}

/// The slope broadcasts to the input, aligned at the last axis.
pub(super) fn prelu(_: &Request) -> Result<Run, Refusal> {
    Ok(Box::new(|mut inputs: Inputs| {
        let (x, slope) = (inputs.float(0)?, inputs.float(1)?);
        let shape = x.shape().to_vec();
        let slopes = slope.shape().to_vec();
        if value::broadcast_shape(&[shape.clone(), slopes.clone()])? != shape {
            return Err(format!("slopes of shape {slopes:?} do not fit {shape:?}"));
        }
        let slope = with_rank(Value::Float(slope), shape.len())?;
        Ok(vec![Value::Float(leaky_burn::dispatch::prelu(
            x,
            slope.tensor().clone(),
        ))])
    }))
}

/// `x` above zero and `below(min(x, 0))` elsewhere. The bound keeps what is not chosen finite, so
/// that its gradient is zero.
fn piecewise(
    x: DispatchTensor,
    below: impl Fn(DispatchTensor) -> DispatchTensor,
) -> DispatchTensor {
    let positive = Dispatch::float_greater_elem(x.clone(), 0.0.into(), BoolDType::Native);
    let negative = below(Dispatch::float_clamp_max(x.clone(), 0.0.into()));
    Dispatch::float_mask_where(negative, positive, x)
}

/// `scale * (exp(x / width) - 1)`.
fn exponential(x: DispatchTensor, scale: f64, width: f64) -> DispatchTensor {
    let x = if width == 1.0 {
        x
    } else {
        Dispatch::float_div_scalar(x, width.into())
    };
    let raised = Dispatch::float_sub_scalar(Dispatch::float_exp(x), 1.0.into());
    Dispatch::float_mul_scalar(raised, scale.into())
}

pub(super) fn elu(request: &Request) -> Result<Run, Refusal> {
    let alpha = request.attributes.float("alpha", 1.0)?;
    unary(move |x| piecewise(x, |x| exponential(x, alpha, 1.0)))
}

/// `max(x, 0) + min(alpha * (exp(x / alpha) - 1), 0)`.
pub(super) fn celu(request: &Request) -> Result<Run, Refusal> {
    let alpha = request.attributes.float("alpha", 1.0)?;
    if alpha == 0.0 {
        return invalid("alpha is 0, and the input is divided by it");
    }
    unary(move |x| piecewise(x, |x| exponential(x, alpha, alpha)))
}

pub(super) fn selu(request: &Request) -> Result<Run, Refusal> {
    // The defaults of the specification, from Klambauer et al. (2017).
    let alpha = request.attributes.float("alpha", 1.673_263_2)?;
    let gamma = request.attributes.float("gamma", 1.050_701)?;
    unary(move |x| {
        Dispatch::float_mul_scalar(piecewise(x, |x| exponential(x, alpha, 1.0)), gamma.into())
    })
}

/// `x` above alpha and 0 elsewhere.
pub(super) fn thresholded_relu(request: &Request) -> Result<Run, Refusal> {
    let alpha = request.attributes.float("alpha", 1.0)?;
    unary(move |x| {
        let silent = Dispatch::float_lower_equal_elem(x.clone(), alpha.into(), BoolDType::Native);
        Dispatch::float_mask_fill(x, silent, 0.0.into())
    })
}

pub(super) fn clip(request: &Request) -> Result<Run, Refusal> {
    let low = Moved::number(request, "min", (11, 1))?;
    let high = Moved::number(request, "max", (11, 2))?;
    Ok(Box::new(move |mut inputs: Inputs| {
        let (low, high) = (low.read(&mut inputs)?, high.read(&mut inputs)?);
        Ok(vec![match inputs.value(0)? {
            Value::Float(mut x) => {
                // The upper bound is applied last: it holds where the two contradict each other.
                if let Some(low) = low {
                    x = Dispatch::float_clamp_min(x, low.number("a bound")?.into());
                }
                if let Some(high) = high {
                    x = Dispatch::float_clamp_max(x, high.number("a bound")?.into());
                }
                Value::Float(x)
            }
            Value::Int(mut x) => {
                if let Some(low) = low {
                    x = Dispatch::int_clamp_min(x, low.integer("a bound")?.into());
                }
                if let Some(high) = high {
                    x = Dispatch::int_clamp_max(x, high.integer("a bound")?.into());
                }
                Value::Int(x)
            }
            Value::Bool(_) => return Err("truth values cannot be clipped".into()),
        }])
    }))
}

pub(super) fn sigmoid(_: &Request) -> Result<Run, Refusal> {
    unary(Dispatch::sigmoid)
}

/// `clamp(alpha * x + beta, 0, 1)`.
fn hard(x: DispatchTensor, alpha: f64, beta: f64) -> DispatchTensor {
    let line = Dispatch::float_add_scalar(Dispatch::float_mul_scalar(x, alpha.into()), beta.into());
    Dispatch::float_clamp(line, 0.0.into(), 1.0.into())
}

pub(super) fn hard_sigmoid(request: &Request) -> Result<Run, Refusal> {
    let alpha = request.attributes.float("alpha", 0.2)?;
    let beta = request.attributes.float("beta", 0.5)?;
    unary(move |x| hard(x, alpha, beta))
}

pub(super) fn hard_swish(_: &Request) -> Result<Run, Refusal> {
    unary(|x| Dispatch::float_mul(x.clone(), hard(x, 1.0 / 6.0, 0.5)))
}

pub(super) fn tanh(_: &Request) -> Result<Run, Refusal> {
    unary(Dispatch::float_tanh)
}

/// `log(1 + exp(x))`, which is `-log(sigmoid(-x))`.
fn softplus_of(x: DispatchTensor) -> DispatchTensor {
    Dispatch::float_neg(Dispatch::log_sigmoid(Dispatch::float_neg(x)))
}

pub(super) fn softplus(_: &Request) -> Result<Run, Refusal> {
    unary(softplus_of)
}

pub(super) fn softsign(_: &Request) -> Result<Run, Refusal> {
    unary(|x| {
        let size = Dispatch::float_add_scalar(Dispatch::float_abs(x.clone()), 1.0.into());
        Dispatch::float_div(x, size)
    })
}

/// `x * tanh(softplus(x))`.
pub(super) fn mish(_: &Request) -> Result<Run, Refusal> {
    unary(|x| Dispatch::float_mul(x.clone(), Dispatch::float_tanh(softplus_of(x))))
}

/// `x * P(X <= x)` for a standard normal `X`, or its approximation by a hyperbolic tangent.
pub(super) fn gelu(request: &Request) -> Result<Run, Refusal> {
    match request.attributes.string("approximate", "none")? {
        "none" => unary(Dispatch::gelu),
        "tanh" => unary(|x| {
            // 0.5 * x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x^3))).
            let cube = Dispatch::float_mul(
                Dispatch::float_mul(x.clone(), x.clone()),
                Dispatch::float_mul_scalar(x.clone(), 0.044_715.into()),
            );
            let inner = Dispatch::float_mul_scalar(
                Dispatch::float_add(x.clone(), cube),
                (2.0 / std::f64::consts::PI).sqrt().into(),
            );
            let gate = Dispatch::float_add_scalar(Dispatch::float_tanh(inner), 1.0.into());
            Dispatch::float_mul(Dispatch::float_mul_scalar(x, 0.5.into()), gate)
        }),
        other => invalid(format!("attribute 'approximate' is '{other}'")),
    }
}

pub(super) fn erf(_: &Request) -> Result<Run, Refusal> {
    unary(Dispatch::float_erf)
}

pub(super) fn softmax(request: &Request) -> Result<Run, Refusal> {
    along_axis(request, Dispatch::softmax)
}

pub(super) fn log_softmax(request: &Request) -> Result<Run, Refusal> {
    along_axis(request, Dispatch::log_softmax)
}

/// An operator over one axis; until operator set 12, over all axes from that one on.
fn along_axis(
    request: &Request,
    apply: fn(DispatchTensor, usize) -> DispatchTensor,
) -> Result<Run, Refusal> {
    let over_rest = request.opset < 13;
    let axis = request
        .attributes
        .int("axis", if over_rest { 1 } else { -1 })?;
    Ok(Box::new(move |mut inputs: Inputs| {
        let x = inputs.float(0)?;
        let shape = x.shape().to_vec();
        if x.shape().num_elements() == 0 {
            return Ok(vec![Value::Float(x)]);
        }
        if !over_rest {
            let axis = value::axis(axis, shape.len())?;
            return Ok(vec![Value::Float(apply(x, axis))]);
        }
        // An axis after the last leaves rows of one number.
        let rank = shape.len() as i64;
        let axis = if axis == rank {
            shape.len()
        } else {
            value::axis(axis, shape.len())?
        };
        let rows = shape[..axis].iter().product();
        let columns = shape[axis..].iter().product();
        let Value::Float(matrix) = Value::Float(x).reshape(vec![rows, columns])? else {
            unreachable!("floats stay floats")
        };
        Ok(vec![Value::Float(apply(matrix, 1)).reshape(shape)?])
    }))
}
