//! Sums, means, extremes and norms along axes.

use burn::backend::ops::{FloatTensorOps, IntTensorOps};
use burn::backend::{Dispatch, DispatchTensor};
use burn::tensor::{BoolDType, IntDType};

use super::{Inputs, Refusal, Request, Run};
use crate::value::{self, Value};

type AlongAxis = fn(DispatchTensor, usize) -> DispatchTensor;

/// How one axis is reduced to size 1.
#[derive(Clone, Copy)]
struct Reduction {
    float: AlongAxis,
    int: AlongAxis,
    /// The result over no elements; for integers where it can be said.
    of_nothing: f64,
    /// Whether truth values are reduced too, as 0 and 1.
    bools: bool,
}

const SUM: Reduction = Reduction {
    float: Dispatch::float_sum_dim,
    int: Dispatch::int_sum_dim,
    of_nothing: 0.0,
    bools: false,
};

const MEAN: Reduction = Reduction {
    float: Dispatch::float_mean_dim,
    int: Dispatch::int_mean_dim,
    of_nothing: f64::NAN,
    bools: false,
};

const PRODUCT: Reduction = Reduction {
    float: Dispatch::float_prod_dim,
    int: Dispatch::int_prod_dim,
    of_nothing: 1.0,
    bools: false,
};

const MAX: Reduction = Reduction {
    float: Dispatch::float_max_dim,
    int: Dispatch::int_max_dim,
    of_nothing: f64::NEG_INFINITY,
    bools: true,
};

const MIN: Reduction = Reduction {
    float: Dispatch::float_min_dim,
    int: Dispatch::int_min_dim,
    of_nothing: f64::INFINITY,
    bools: true,
};

impl Reduction {
    /// Reduces axes, which keep size 1.
    fn over(self, value: Value, axes: &[usize]) -> Result<Value, String> {
        let shape = value.shape();
        let mut reduced = shape.clone();
        for &axis in axes {
            reduced[axis] = 1;
        }
        if shape.contains(&0) {
            return Ok(value.filled(reduced, self.of_nothing));
        }
        let (merged, steps) = merge(&shape, axes);
        let value = value.reshape(merged)?;
        let apply = |tensor, along: AlongAxis| steps.iter().fold(tensor, |t, &axis| along(t, axis));
        let value = match value {
            Value::Float(tensor) => Value::Float(apply(tensor, self.float)),
            Value::Int(tensor) => Value::Int(apply(tensor, self.int)),
            Value::Bool(_) if self.bools => {
                let numbers = value.to_int().tensor().clone();
                Value::Int(apply(numbers, self.int)).to_bool()
            }
            Value::Bool(_) => return Err("truth values cannot be reduced to a number".into()),
        };
        value.reshape(reduced)
    }
}

/// Joins neighbouring axes that are reduced together into one, so that they are passed over once.
/// Returns the shape and its reduced axes.
fn merge(shape: &[usize], axes: &[usize]) -> (Vec<usize>, Vec<usize>) {
    let (mut merged, mut steps) = (Vec::new(), Vec::new());
    let mut within = false;
    for (axis, &size) in shape.iter().enumerate() {
        let reduced = axes.contains(&axis);
        match merged.last_mut() {
            Some(last) if within && reduced => *last *= size,
            _ => {
                if reduced {
                    steps.push(merged.len());
                }
                merged.push(size);
            }
        }
        within = reduced;
    }
    (merged, steps)
}

/// The mean along axes, which keep size 1.
pub(super) fn mean_over(value: Value, axes: &[usize]) -> Result<Value, String> {
    MEAN.over(value, axes)
}

/// The largest along axes, which keep size 1.
pub(super) fn max_over(value: Value, axes: &[usize]) -> Result<Value, String> {
    MAX.over(value, axes)
}

/// An operator that reduces axes: those of an attribute until `inputs_since`, of an input from
/// that operator set on; all of them where none are named.
fn reduce(
    request: &Request,
    inputs_since: i64,
    apply: impl Fn(Value, &[usize]) -> Result<Value, String> + Send + Sync + 'static,
) -> Result<Run, Refusal> {
    let attributes = &request.attributes;
    let keep = attributes.flag("keepdims", true)?;
    let none_means_none = attributes.flag("noop_with_empty_axes", false)?;
    let fixed = if request.opset < inputs_since {
        attributes.ints("axes")?.map(<[i64]>::to_vec)
    } else {
        None
    };
    Ok(Box::new(move |mut inputs: Inputs| {
        let value = inputs.value(0)?;
        let named = match &fixed {
            Some(axes) => Some(axes.clone()),
            None => inputs.optional_ints(1)?,
        };
        let rank = value.rank();
        let axes = match named {
            Some(axes) if !axes.is_empty() => value::axes(&axes, rank)?,
            _ if none_means_none => Vec::new(),
            _ => (0..rank).collect(),
        };
        let result = apply(value, &axes)?;
        if keep {
            return Ok(vec![result]);
        }
        let shape = result.shape();
        let kept = (0..rank).filter(|axis| !axes.contains(axis));
        let shape = kept.map(|axis| shape[axis]).collect();
        Ok(vec![result.reshape(shape)?])
    }))
}

pub(super) fn sum(request: &Request) -> Result<Run, Refusal> {
    reduce(request, 13, |value, axes| SUM.over(value, axes))
}

pub(super) fn mean(request: &Request) -> Result<Run, Refusal> {
    reduce(request, 18, |value, axes| MEAN.over(value, axes))
}

pub(super) fn product(request: &Request) -> Result<Run, Refusal> {
    reduce(request, 18, |value, axes| PRODUCT.over(value, axes))
}

pub(super) fn max(request: &Request) -> Result<Run, Refusal> {
    reduce(request, 18, |value, axes| MAX.over(value, axes))
}

pub(super) fn min(request: &Request) -> Result<Run, Refusal> {
    reduce(request, 18, |value, axes| MIN.over(value, axes))
}

/// The square root of the sum of squares; its gradient where that is zero is zero, as in PyTorch.
pub(super) fn l2(request: &Request) -> Result<Run, Refusal> {
    reduce(request, 18, |value, axes| {
        let x = value.into_float()?;
        let squares = Value::Float(Dispatch::float_mul(x.clone(), x));
        let sums = SUM.over(squares, axes)?.into_float()?;
        let zero = Dispatch::float_equal_elem(sums.clone(), 0.0.into(), BoolDType::Native);
        let away = Dispatch::float_mask_fill(sums, zero.clone(), 1.0.into());
        let norms = Dispatch::float_sqrt(away);
        Ok(Value::Float(Dispatch::float_mask_fill(
            norms,
            zero,
            0.0.into(),
        )))
    })
}

type Position = fn(DispatchTensor, usize, IntDType) -> DispatchTensor;
type IntPosition = fn(DispatchTensor, usize) -> DispatchTensor;

/// The position of an extreme along an axis: the first where several are equal, or the last.
fn position(request: &Request, float: Position, int: IntPosition) -> Result<Run, Refusal> {
    let axis = request.attributes.int("axis", 0)?;
    let keep = request.attributes.flag("keepdims", true)?;
    let last = request.attributes.flag("select_last_index", false)?;
    Ok(Box::new(move |mut inputs: Inputs| {
        let value = inputs.value(0)?;
        let mut shape = value.shape();
        let axis = value::axis(axis, shape.len())?;
        let size = shape[axis];
        if shape.contains(&0) {
            return Err(format!(
                "a tensor of shape {shape:?} has no largest element"
            ));
        }
        let positions = match value {
            Value::Float(x) if last => float(Dispatch::float_flip(x, &[axis]), axis, IntDType::I64),
            Value::Float(x) => float(x, axis, IntDType::I64),
            Value::Int(x) if last => int(Dispatch::int_flip(x, &[axis]), axis),
            Value::Int(x) => int(x, axis),
            Value::Bool(_) => return Err("truth values have no largest element".into()),
        };
        let mut positions = Value::Int(positions);
        if last {
            positions = positions.map_ints(|position| Ok(size as i64 - 1 - position))?;
        }
        shape[axis] = 1;
        if !keep {
            shape.remove(axis);
        }
        Ok(vec![positions.reshape(shape)?])
    }))
}

pub(super) fn arg_max(request: &Request) -> Result<Run, Refusal> {
    position(request, Dispatch::float_argmax, Dispatch::int_argmax)
}

pub(super) fn arg_min(request: &Request) -> Result<Run, Refusal> {
    position(request, Dispatch::float_argmin, Dispatch::int_argmin)
}
