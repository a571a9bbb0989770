//! Sums and products of everything up to a place.

use burn::backend::ops::{FloatTensorOps, IntTensorOps};
use burn::backend::{Dispatch, DispatchTensor};
use burn::tensor::{Slice, TensorData};

use super::inputs::Inputs;
use super::operator::{Refusal, Request, Run};
use crate::tensor;
use crate::value::{self, Value};

type Along = fn(DispatchTensor, usize) -> DispatchTensor;

/// `exclusive` leaves the element itself out, `reverse` begins at the end.
fn cumulative(
    request: &Request,
    float: Along,
    int: fn(i64, i64) -> Option<i64>,
    neutral: f64,
) -> Result<Run, Refusal> {
    let exclusive = request.attributes.flag("exclusive", false)?;
    let reverse = request.attributes.flag("reverse", false)?;
    Ok(Box::new(move |mut inputs: Inputs| {
        let value = inputs.value(0)?;
        let axis = value::axis(inputs.value(1)?.integer("the axis")?, value.rank())?;
        let shape = value.shape();
        if shape.contains(&0) {
            return Ok(vec![value]);
        }
        let turned = |value: Value| -> Result<Value, String> {
            if !reverse {
                return Ok(value);
            }
            Ok(match value {
                Value::Float(x) => Value::Float(Dispatch::float_flip(x, &[axis])),
                Value::Int(x) => Value::Int(Dispatch::int_flip(x, &[axis])),
                Value::Bool(_) => return Err("cannot compute with truth values".into()),
            })
        };
        let mut value = turned(value)?;
        if exclusive {
            // Everything moves on by one place.
            let mut first = shape.clone();
            first[axis] = 1;
            let mut slices: Vec<Slice> = shape
                .iter()
                .map(|&size| Slice::new(0, Some(size as isize), 1))
                .collect();
            slices[axis] = Slice::new(0, Some(shape[axis] as isize - 1), 1);
            let before = value.filled(first, neutral);
            value = if shape[axis] == 1 {
                before
            } else {
                Value::concatenate(vec![before, value.slice(&slices)], axis)?
            };
        }
        Ok(vec![turned(match value {
            Value::Float(x) => Value::Float(float(x, axis)),
            x @ Value::Int(_) => integers(x, axis, int)?,
            Value::Bool(_) => return Err("cannot compute with truth values".into()),
        })?])
    }))
}

/// Integers, on the host, where overflow is noticed.
fn integers(value: Value, axis: usize, both: fn(i64, i64) -> Option<i64>) -> Result<Value, String> {
    let (shape, device) = (value.shape(), value.device());
    let mut numbers: Vec<i64> = tensor::values(&value.into_data()?);
    let stride: usize = shape[axis + 1..].iter().product();
    for place in 0..numbers.len() {
        if !(place / stride).is_multiple_of(shape[axis]) {
            let sum = both(numbers[place - stride], numbers[place]);
            numbers[place] = sum.ok_or("an integer grew beyond 64 bits")?;
        }
    }
    let data = TensorData::new(numbers, shape.as_slice());
    Ok(Value::from_data(data, &device))
}

pub(super) fn sum(request: &Request) -> Result<Run, Refusal> {
    cumulative(request, Dispatch::float_cumsum, i64::checked_add, 0.0)
}

pub(super) fn product(request: &Request) -> Result<Run, Refusal> {
    cumulative(request, Dispatch::float_cumprod, i64::checked_mul, 1.0)
}
