//! Comparison, logic and choice.

use burn::backend::ops::{BoolTensorOps, FloatTensorOps, IntTensorOps};
use burn::backend::{Dispatch, DispatchTensor};
use burn::tensor::BoolDType;

use super::elementwise::aligned;
use super::inputs::Inputs;
use super::operator::{Refusal, Request, Run, bounded};
use crate::value::{Value, broadcast_shape, with_rank};

type Comparison = fn(DispatchTensor, DispatchTensor, BoolDType) -> DispatchTensor;
type Logic = fn(DispatchTensor, DispatchTensor) -> DispatchTensor;

/// Two values of one type, repeated until they have one shape.
fn of_one_shape(inputs: &mut Inputs) -> Result<(Value, Value), String> {
    let (lhs, rhs) = aligned(inputs.value(0)?, inputs.value(1)?)?;
    let shape = broadcast_shape(&[lhs.shape(), rhs.shape()])?;
    Ok((lhs.expand(shape.clone()), rhs.expand(shape)))
}

fn compare(float: Comparison, int: Comparison, bool: Option<Logic>) -> Result<Run, Refusal> {
    Ok(Box::new(move |mut inputs: Inputs| {
        let result = match (of_one_shape(&mut inputs)?, bool) {
            ((Value::Float(lhs), Value::Float(rhs)), _) => float(lhs, rhs, BoolDType::Native),
            ((Value::Int(lhs), Value::Int(rhs)), _) => int(lhs, rhs, BoolDType::Native),
            ((Value::Bool(lhs), Value::Bool(rhs)), Some(bool)) => bool(lhs, rhs),
            ((lhs, _), _) => return Err(format!("cannot compare {}", lhs.kind())),
        };
        Ok(vec![Value::Bool(result)])
    }))
}

pub(super) fn equal(_: &Request) -> Result<Run, Refusal> {
    compare(
        Dispatch::float_equal,
        Dispatch::int_equal,
        Some(Dispatch::bool_equal),
    )
}

pub(super) fn greater(_: &Request) -> Result<Run, Refusal> {
    compare(Dispatch::float_greater, Dispatch::int_greater, None)
}

pub(super) fn greater_or_equal(_: &Request) -> Result<Run, Refusal> {
    compare(
        Dispatch::float_greater_equal,
        Dispatch::int_greater_equal,
        None,
    )
}

pub(super) fn less(_: &Request) -> Result<Run, Refusal> {
    compare(Dispatch::float_lower, Dispatch::int_lower, None)
}

pub(super) fn less_or_equal(_: &Request) -> Result<Run, Refusal> {
    compare(Dispatch::float_lower_equal, Dispatch::int_lower_equal, None)
}

fn logic(apply: Logic) -> Result<Run, Refusal> {
    Ok(Box::new(move |mut inputs: Inputs| {
        match of_one_shape(&mut inputs)? {
            (Value::Bool(lhs), Value::Bool(rhs)) => Ok(vec![Value::Bool(apply(lhs, rhs))]),
            (lhs, _) => Err(format!("takes truth values, found {}", lhs.kind())),
        }
    }))
}

pub(super) fn and(_: &Request) -> Result<Run, Refusal> {
    logic(Dispatch::bool_and)
}

pub(super) fn or(_: &Request) -> Result<Run, Refusal> {
    logic(Dispatch::bool_or)
}

pub(super) fn xor(_: &Request) -> Result<Run, Refusal> {
    logic(Dispatch::bool_not_equal)
}

pub(super) fn not(_: &Request) -> Result<Run, Refusal> {
    Ok(Box::new(|mut inputs: Inputs| {
        Ok(vec![Value::Bool(Dispatch::bool_not(inputs.bool(0)?))])
    }))
}

pub(super) fn is_nan(_: &Request) -> Result<Run, Refusal> {
    Ok(Box::new(|mut inputs: Inputs| {
        let found = Dispatch::float_is_nan(inputs.float(0)?, BoolDType::Native);
        Ok(vec![Value::Bool(found)])
    }))
}

/// The elements of one tensor where a condition holds, of another elsewhere.
pub(super) fn select(_: &Request) -> Result<Run, Refusal> {
    Ok(Box::new(|mut inputs: Inputs| {
        let condition = Value::Bool(inputs.bool(0)?);
        let (yes, no) = (inputs.value(1)?, inputs.value(2)?);
        let shape = broadcast_shape(&[condition.shape(), yes.shape(), no.shape()])?;
        bounded(&shape)?;
        let whole = |value: Value| -> Result<Value, String> {
            Ok(with_rank(value, shape.len())?.expand(shape.clone()))
        };
        let condition = whole(condition)?.tensor().clone();
        Ok(vec![whole(no)?.replace_where(condition, whole(yes)?)?])
    }))
}
