//! Sums, means, extremes and norms along axes.

use burn::backend::ops::{FloatTensorOps, IntTensorOps};
use burn::backend::{Dispatch, DispatchTensor, TensorMetadata};
use burn::tensor::{BoolDType, IntDType, TensorData};

use super::inputs::Inputs;
use super::moved::Moved;
use super::operator::{Refusal, Request, Run};
use crate::tensor;
use crate::value::{self, Value};

type AlongAxis = fn(DispatchTensor, usize) -> DispatchTensor;

/// How axes are reduced to size 1.
#[derive(Clone, Copy)]
struct Reduction {
    float: AlongAxis,
    /// For integers, two of them into one.
    int: fn(i64, i64) -> Option<i64>,
    /// Whether the result for integers is divided by their number.
    average: bool,
    /// The result over no elements; for integers where it can be said.
    of_nothing: f64,
    /// Whether truth values are reduced too, as 0 and 1.
    bools: bool,
}

const SUM: Reduction = Reduction {
    float: Dispatch::float_sum_dim,
    int: i64::checked_add,
    average: false,
    of_nothing: 0.0,
    bools: false,
};

const MEAN: Reduction = Reduction {
    float: Dispatch::float_mean_dim,
    int: i64::checked_add,
    average: true,
    of_nothing: f64::NAN,
    bools: false,
};

const PRODUCT: Reduction = Reduction {
    float: Dispatch::float_prod_dim,
    int: i64::checked_mul,
    average: false,
    of_nothing: 1.0,
    bools: false,
};

const MAX: Reduction = Reduction {
    float: Dispatch::float_max_dim,
    int: |a, b| Some(a.max(b)),
    average: false,
    of_nothing: f64::NEG_INFINITY,
    bools: true,
};

const MIN: Reduction = Reduction {
    float: Dispatch::float_min_dim,
    int: |a, b| Some(a.min(b)),
    average: false,
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
        let value = match value {
            Value::Float(_) => {
                let (merged, steps) = merge(&shape, axes);
                let tensor = value.reshape(merged)?.into_float()?;
                let along = |tensor, &axis: &usize| (self.float)(tensor, axis);
                Value::Float(steps.iter().fold(tensor, along))
            }
            Value::Int(_) => self.over_integers(value, &reduced)?,
            Value::Bool(_) if self.bools => self.over_integers(value.to_int(), &reduced)?.to_bool(),
            Value::Bool(_) => return Err("truth values cannot be reduced to a number".into()),
        };
        value.reshape(reduced)
    }

    /// On the host, where overflow is noticed: integers are few in a network.
    fn over_integers(self, value: Value, reduced: &[usize]) -> Result<Value, String> {
        let (shape, device) = (value.shape(), value.tensor().device());
        let numbers: Vec<i64> = tensor::values(&value.into_data()?);
        let mut results: Vec<Option<i64>> = vec![None; reduced.iter().product()];
        let each = (numbers.len() / results.len()) as i64;
        for (position, number) in numbers.into_iter().enumerate() {
            // The same place in the reduced tensor, where reduced axes have the one index 0.
            let (mut rest, mut target, mut stride) = (position, 0, 1);
            for (&size, &kept) in shape.iter().zip(reduced).rev() {
                target += (rest % size).min(kept - 1) * stride;
                rest /= size;
                stride *= kept;
            }
            let folded = match results[target] {
                None => Some(number),
                Some(result) => (self.int)(result, number),
            };
            results[target] = Some(folded.ok_or("an integer grew beyond 64 bits")?);
        }
        let finish = |result: Option<i64>| {
            let result = result.unwrap_or_default();
            if self.average { result / each } else { result }
        };
        let results: Vec<i64> = results.into_iter().map(finish).collect();
        Ok(Value::from_data(TensorData::new(results, reduced), &device))
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

/// The sum along axes, which keep size 1.
pub(super) fn sum_over(value: Value, axes: &[usize]) -> Result<Value, String> {
    SUM.over(value, axes)
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
    let named = Moved::ints(request, "axes", (inputs_since, 1))?;
    Ok(Box::new(move |mut inputs: Inputs| {
        let value = inputs.value(0)?;
        let rank = value.rank();
        let axes = match named.read(&mut inputs)? {
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

/// The sum of magnitudes.
pub(super) fn l1(request: &Request) -> Result<Run, Refusal> {
    reduce(request, 18, |value, axes| SUM.over(magnitude(value)?, axes))
}

fn magnitude(value: Value) -> Result<Value, String> {
    match value {
        Value::Float(x) => Ok(Value::Float(Dispatch::float_abs(x))),
        value => value.map_ints(|number| number.checked_abs().ok_or_else(overflow)),
    }
}

fn overflow() -> String {
    "an integer grew beyond 64 bits".into()
}

/// The sum of squares.
pub(super) fn sum_of_squares(request: &Request) -> Result<Run, Refusal> {
    reduce(request, 18, |value, axes| {
        let squares = match value {
            Value::Float(x) => Value::Float(Dispatch::float_mul(x.clone(), x)),
            value => value.map_ints(|number| number.checked_mul(number).ok_or_else(overflow))?,
        };
        SUM.over(squares, axes)
    })
}

/// The logarithm of the sum.
pub(super) fn log_sum(request: &Request) -> Result<Run, Refusal> {
    reduce(request, 18, |value, axes| {
        let sum = SUM.over(Value::Float(value.into_float()?), axes)?;
        Ok(Value::Float(Dispatch::float_log(sum.into_float()?)))
    })
}

/// The logarithm of the sum of exponentials, of what is left of the largest so that none overflows.
pub(super) fn log_sum_exp(request: &Request) -> Result<Run, Refusal> {
    reduce(request, 18, |value, axes| {
        let largest = MAX.over(value.clone(), axes)?.into_float()?;
        // A largest that is infinite would leave nothing that is a number.
        let numbers: Vec<f64> = tensor::values(&Value::Float(largest.clone()).into_data()?);
        let finite: Vec<f64> = numbers
            .iter()
            .map(|&number| if number.is_finite() { number } else { 0.0 })
            .collect();
        let shape = largest.shape().to_vec();
        let data = TensorData::new(finite, shape).convert_dtype(largest.dtype());
        let shift = Dispatch::float_from_data(data, &largest.device());
        let shifted = Dispatch::float_sub(value.into_float()?, shift.clone());
        let sum = SUM.over(Value::Float(Dispatch::float_exp(shifted)), axes)?;
        let logs = Dispatch::float_log(sum.into_float()?);
        Ok(Value::Float(Dispatch::float_add(logs, shift)))
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
