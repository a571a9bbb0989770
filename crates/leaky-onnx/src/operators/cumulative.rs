//! Sums and products of everything up to a place.

use burn::backend::ops::{FloatTensorOps, IntTensorOps};
use burn::backend::{Dispatch, DispatchTensor};
use burn::tensor::Slice;

use super::inputs::Inputs;
use super::operator::{Refusal, Request, Run};
use crate::value::{self, Value};

type Along = fn(DispatchTensor, usize) -> DispatchTensor;

/// `exclusive` leaves the element itself out, `reverse` begins at the end.
fn cumulative(request: &Request, float: Along, int: Along, neutral: f64) -> Result<Run, Refusal> {
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
            Value::Int(x) => Value::Int(int(x, axis)),
            Value::Bool(_) => return Err("cannot compute with truth values".into()),
        })?])
    }))
}

pub(super) fn sum(request: &Request) -> Result<Run, Refusal> {
    cumulative(request, Dispatch::float_cumsum, Dispatch::int_cumsum, 0.0)
}

pub(super) fn product(request: &Request) -> Result<Run, Refusal> {
    cumulative(request, Dispatch::float_cumprod, Dispatch::int_cumprod, 1.0)
}
