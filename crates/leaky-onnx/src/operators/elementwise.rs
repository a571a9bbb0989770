//! Arithmetic on elements, with broadcasting.

use burn::backend::ops::{BoolTensorOps, FloatTensorOps};
use burn::backend::{Dispatch, DispatchTensor, TensorMetadata};
use burn::tensor::{BoolDType, DType, TensorData};

use super::activation::unary;
use super::inputs::Inputs;
use super::operator::{Refusal, Request, Run, bounded};
use crate::tensor;
use crate::value::{Value, broadcast_shape, is_tracked, with_rank};

type Binary = fn(DispatchTensor, DispatchTensor) -> DispatchTensor;
type IntBinary = fn(i64, i64) -> Result<i64, String>;

/// An operator on two values.
fn of_two(apply: fn(Value, Value) -> Result<Value, String>) -> Result<Run, Refusal> {
    Ok(Box::new(move |mut inputs: Inputs| {
        apply(inputs.value(0)?, inputs.value(1)?).map(|value| vec![value])
    }))
}

/// An operator on two tensors of one kind that broadcast.
fn arithmetic(float: Binary, int: IntBinary) -> Result<Run, Refusal> {
    Ok(Box::new(move |mut inputs: Inputs| {
        binary(inputs.value(0)?, inputs.value(1)?, float, int).map(|value| vec![value])
    }))
}

fn binary(lhs: Value, rhs: Value, float: Binary, int: IntBinary) -> Result<Value, String> {
    let (lhs, rhs) = aligned(lhs, rhs)?;
    match (lhs, rhs) {
        (Value::Float(lhs), Value::Float(rhs)) => Ok(Value::Float(float(lhs, rhs))),
        (Value::Int(lhs), Value::Int(rhs)) => integers(Value::Int(lhs), Value::Int(rhs), int),
        (lhs, _) => Err(format!("cannot compute with {}", lhs.kind())),
    }
}

/// Arithmetic on integers, on the host: in a network they are sizes and positions, few and worth
/// checking for overflow. Both have the same rank and broadcast.
fn integers(lhs: Value, rhs: Value, apply: IntBinary) -> Result<Value, String> {
    let shape = broadcast_shape(&[lhs.shape(), rhs.shape()])?;
    bounded(&shape)?;
    let device = lhs.tensor().device();
    let numbers = |value: Value| -> Result<Vec<i64>, String> {
        Ok(tensor::values(&value.expand(shape.clone()).into_data()?))
    };
    let results = numbers(lhs)?
        .into_iter()
        .zip(numbers(rhs)?)
        .map(|(a, b)| apply(a, b))
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Value::from_data(
        TensorData::new(results, shape.as_slice()),
        &device,
    ))
}

fn checked(result: Option<i64>) -> Result<i64, String> {
    result.ok_or_else(|| "an integer grew beyond 64 bits".into())
}

/// Two values with as many axes as the larger has, after a check that they broadcast and are of one
/// type.
pub(super) fn aligned(lhs: Value, rhs: Value) -> Result<(Value, Value), String> {
    lhs.same_type(&rhs)?;
    let shape = broadcast_shape(&[lhs.shape(), rhs.shape()])?;
    bounded(&shape)?;
    Ok((with_rank(lhs, shape.len())?, with_rank(rhs, shape.len())?))
}

/// The sum of two tensors of one kind that broadcast.
pub(super) fn sum_of(a: Value, b: Value) -> Result<Value, String> {
    binary(a, b, Dispatch::float_add, |a, b| checked(a.checked_add(b)))
}

/// The product of two tensors of one kind that broadcast.
pub(super) fn product_of(a: Value, b: Value) -> Result<Value, String> {
    binary(a, b, Dispatch::float_mul, |a, b| checked(a.checked_mul(b)))
}

/// The larger of each two elements.
pub(super) fn larger(a: Value, b: Value) -> Result<Value, String> {
    let float = |a, b| extreme(a, b, Dispatch::float_lower);
    binary(a, b, float, |a, b| Ok(a.max(b)))
}

/// The smaller of each two elements.
pub(super) fn smaller(a: Value, b: Value) -> Result<Value, String> {
    let float = |a, b| extreme(a, b, Dispatch::float_greater);
    binary(a, b, float, |a, b| Ok(a.min(b)))
}

pub(super) fn add(_: &Request) -> Result<Run, Refusal> {
    of_two(sum_of)
}

pub(super) fn sub(_: &Request) -> Result<Run, Refusal> {
    arithmetic(Dispatch::float_sub, |a, b| checked(a.checked_sub(b)))
}

pub(super) fn mul(_: &Request) -> Result<Run, Refusal> {
    of_two(product_of)
}

/// Integers are divided towards zero.
pub(super) fn div(_: &Request) -> Result<Run, Refusal> {
    arithmetic(Dispatch::float_div, |a, b| {
        if b == 0 {
            return Err("an integer is divided by zero".into());
        }
        checked(a.checked_div(b))
    })
}

/// What a division leaves, with the sign of the divisor; with that of the dividend where `fmod` is
/// set.
pub(super) fn modulo(request: &Request) -> Result<Run, Refusal> {
    fn remainder(a: i64, b: i64) -> Result<i64, String> {
        if b == 0 {
            return Err("an integer is divided by zero".into());
        }
        checked(a.checked_rem(b))
    }
    if request.attributes.flag("fmod", false)? {
        return arithmetic(
            |a, b| {
                let whole = Dispatch::float_trunc(Dispatch::float_div(a.clone(), b.clone()));
                Dispatch::float_sub(a, Dispatch::float_mul(b, whole))
            },
            remainder,
        );
    }
    arithmetic(Dispatch::float_remainder, |a, b| {
        let rest = remainder(a, b)?;
        Ok(if rest != 0 && (rest < 0) != (b < 0) {
            rest + b
        } else {
            rest
        })
    })
}

/// The result is of the base's type; the exponent may be of another.
pub(super) fn pow(_: &Request) -> Result<Run, Refusal> {
    Ok(Box::new(|mut inputs: Inputs| {
        let (base, exponent) = (inputs.value(0)?, inputs.value(1)?);
        let power = match base {
            Value::Float(base) => float_power(base, exponent)?,
            Value::Int(_) if matches!(exponent, Value::Int(_)) => {
                let (base, exponent) = aligned(base, exponent)?;
                integers(base, exponent, integer_power)?
            }
            Value::Int(base) if matches!(exponent, Value::Float(_)) => {
                let exponent_type = exponent.tensor().dtype();
                let base = Value::Int(base).to_float(exponent_type)?.into_float()?;
                float_power(base, exponent)?.to_int()
            }
            other => return Err(format!("cannot raise {} to a power", other.kind())),
        };
        Ok(vec![power])
    }))
}

fn float_power(base: DispatchTensor, exponent: Value) -> Result<Value, String> {
    let exponent = exponent.to_float(base.dtype())?;
    // A lone exponent that is not learned takes the short way: squares become products. (Burn takes
    // whole ones for integers, which end somewhere.)
    if exponent.len() == 1
        && exponent.rank() <= base.shape().num_dims()
        && !is_tracked(exponent.tensor())
    {
        let exponent = exponent.number("the exponent")?;
        if exponent.abs() < f64::from(i32::MAX) {
            return Ok(Value::Float(Dispatch::float_powf_scalar(
                base,
                exponent.into(),
            )));
        }
    }
    let (base, exponent) = aligned(Value::Float(base), exponent)?;
    Ok(Value::Float(Dispatch::float_powf(
        base.into_float()?,
        exponent.into_float()?,
    )))
}

fn integer_power(base: i64, exponent: i64) -> Result<i64, String> {
    match (base, u32::try_from(exponent)) {
        (base, Ok(exponent)) => checked(base.checked_pow(exponent)),
        (1, Err(_)) => Ok(1),
        (-1, Err(_)) => Ok(if exponent % 2 == 0 { 1 } else { -1 }),
        (0, Err(_)) if exponent > 0 => Ok(0),
        (_, Err(_)) if exponent < 0 && base != 0 => Ok(0),
        _ => checked(None),
    }
}

/// An operator on one tensor of floats or integers.
fn number(
    float: fn(DispatchTensor) -> DispatchTensor,
    int: fn(i64) -> Option<i64>,
) -> Result<Run, Refusal> {
    Ok(Box::new(move |mut inputs: Inputs| {
        Ok(vec![match inputs.value(0)? {
            Value::Float(x) => Value::Float(float(x)),
            x @ Value::Int(_) => x.map_ints(|number| checked(int(number)))?,
            Value::Bool(_) => return Err("cannot compute with truth values".into()),
        }])
    }))
}

pub(super) fn abs(_: &Request) -> Result<Run, Refusal> {
    number(Dispatch::float_abs, i64::checked_abs)
}

pub(super) fn neg(_: &Request) -> Result<Run, Refusal> {
    number(Dispatch::float_neg, i64::checked_neg)
}

pub(super) fn sign(_: &Request) -> Result<Run, Refusal> {
    number(Dispatch::float_sign, |number| Some(number.signum()))
}

pub(super) fn sqrt(_: &Request) -> Result<Run, Refusal> {
    unary(Dispatch::float_sqrt)
}

pub(super) fn exp(_: &Request) -> Result<Run, Refusal> {
    unary(Dispatch::float_exp)
}

pub(super) fn log(_: &Request) -> Result<Run, Refusal> {
    unary(Dispatch::float_log)
}

pub(super) fn sin(_: &Request) -> Result<Run, Refusal> {
    unary(Dispatch::float_sin)
}

pub(super) fn cos(_: &Request) -> Result<Run, Refusal> {
    unary(Dispatch::float_cos)
}

pub(super) fn reciprocal(_: &Request) -> Result<Run, Refusal> {
    unary(Dispatch::float_recip)
}

pub(super) fn floor(_: &Request) -> Result<Run, Refusal> {
    unary(Dispatch::float_floor)
}

pub(super) fn ceil(_: &Request) -> Result<Run, Refusal> {
    unary(Dispatch::float_ceil)
}

/// Halves are rounded to the even neighbour.
pub(super) fn round(_: &Request) -> Result<Run, Refusal> {
    unary(Dispatch::float_round)
}

/// `(x - offset) * scale`, by a number for each feature, which lie on the last axis, or one for all;
/// what precedes a network that scikit-learn standardises its inputs for.
///
/// Source: <https://onnx.ai/onnx/operators/onnx_aionnxml_Scaler.html>.
pub(super) fn scaler(request: &Request) -> Result<Run, Refusal> {
    let list = |name, default: f32| -> Result<Vec<f32>, Refusal> {
        Ok(request
            .attributes
            .floats(name)?
            .map_or_else(|| vec![default], <[f32]>::to_vec))
    };
    let (offset, scale) = (list("offset", 0.0)?, list("scale", 1.0)?);
    let device = request.device.clone();
    Ok(Box::new(move |mut inputs: Inputs| {
        let x = inputs.value(0)?;
        // The result is single precision, whatever goes in.
        let x = x.to_float(DType::F32)?;
        let shape = x.shape();
        let by = |x: Value, numbers: &[f32], apply: Binary| -> Result<Value, String> {
            let numbers = Value::from_data(TensorData::from(numbers), &device);
            if broadcast_shape(&[shape.clone(), numbers.shape()])? != shape {
                return Err(format!(
                    "{} numbers for an input of shape {shape:?}",
                    numbers.len()
                ));
            }
            binary(x, numbers, apply, |_, _| checked(None))
        };
        let centred = by(x, &offset, Dispatch::float_sub)?;
        Ok(vec![by(centred, &scale, Dispatch::float_mul)?])
    }))
}

/// An operator that folds any number of tensors that broadcast.
fn fold(both: fn(Value, Value) -> Result<Value, String>, average: bool) -> Result<Run, Refusal> {
    Ok(Box::new(move |inputs: Inputs| {
        let mut values = inputs.all().into_iter();
        let mut result = values.next().ok_or("nothing to compute with")?;
        let mut count = 1.0;
        for value in values {
            result = both(result, value)?;
            count += 1.0;
        }
        if average {
            let sum = result.into_float()?;
            result = Value::Float(Dispatch::float_div_scalar(sum, count.into()));
        }
        Ok(vec![result])
    }))
}

pub(super) fn sum(_: &Request) -> Result<Run, Refusal> {
    fold(sum_of, false)
}

pub(super) fn mean(_: &Request) -> Result<Run, Refusal> {
    fold(sum_of, true)
}

pub(super) fn max(_: &Request) -> Result<Run, Refusal> {
    fold(larger, false)
}

pub(super) fn min(_: &Request) -> Result<Run, Refusal> {
    fold(smaller, false)
}

type Comparison = fn(DispatchTensor, DispatchTensor, BoolDType) -> DispatchTensor;

/// `b` where `gives_way` says so of `a` and `b`, `a` elsewhere; NaN where either is.
fn extreme(a: DispatchTensor, b: DispatchTensor, gives_way: Comparison) -> DispatchTensor {
    let (left, right) = (a.shape().to_vec(), b.shape().to_vec());
    let shape = broadcast_shape(&[left, right]).expect("the caller checked that these broadcast");
    let expanded = |tensor: DispatchTensor| Dispatch::float_expand(tensor, shape.clone().into());
    let (a, b) = (expanded(a), expanded(b));
    let second = Dispatch::bool_or(
        gives_way(a.clone(), b.clone(), BoolDType::Native),
        Dispatch::float_is_nan(b.clone(), BoolDType::Native),
    );
    Dispatch::float_mask_where(a, second, b)
}
