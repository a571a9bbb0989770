//! Arithmetic on elements, with broadcasting.

use burn::backend::ops::{FloatTensorOps, IntTensorOps};
use burn::backend::{Dispatch, DispatchTensor};

use super::{Inputs, Request, Run};
use crate::value::{Value, broadcast_shape, with_rank};

type Binary = fn(DispatchTensor, DispatchTensor) -> DispatchTensor;

/// An operator on two tensors of one kind that broadcast.
fn arithmetic(float: Binary, int: Binary) -> Result<Run, String> {
    Ok(Box::new(move |mut inputs: Inputs| {
        let (lhs, rhs) = aligned(inputs.value(0)?, inputs.value(1)?)?;
        Ok(vec![match (lhs, rhs) {
            (Value::Float(lhs), Value::Float(rhs)) => Value::Float(float(lhs, rhs)),
            (Value::Int(lhs), Value::Int(rhs)) => Value::Int(int(lhs, rhs)),
            (lhs, rhs) => {
                return Err(format!(
                    "cannot compute with {} and {}",
                    lhs.kind(),
                    rhs.kind()
                ));
            }
        }])
    }))
}

/// Two values with as many axes as the larger has, after a check that they broadcast.
pub(super) fn aligned(lhs: Value, rhs: Value) -> Result<(Value, Value), String> {
    let shape = broadcast_shape(&[lhs.shape(), rhs.shape()])?;
    Ok((with_rank(lhs, shape.len())?, with_rank(rhs, shape.len())?))
}

pub(super) fn add(_: &Request) -> Result<Run, String> {
    arithmetic(Dispatch::float_add, Dispatch::int_add)
}
