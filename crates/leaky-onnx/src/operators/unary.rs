//! Functions of one element that are seldom met: trigonometry and what is composed of others.

use burn::backend::Dispatch;
use burn::backend::ops::{ActivationOps, FloatTensorOps};
use burn::tensor::TensorData;

use super::activation::unary;
use super::floats::Floats;
use super::inputs::Inputs;
use super::operator::{Refusal, Request, Run};
use crate::tensor;
use crate::value::Value;

macro_rules! functions {
    ($($name:ident: $function:ident,)*) => {
        $(pub(super) fn $name(_: &Request) -> Result<Run, Refusal> {
            unary(Dispatch::$function)
        })*
    };
}

functions! {
    tan: float_tan,
    sinh: float_sinh,
    cosh: float_cosh,
    asin: float_asin,
    acos: float_acos,
    atan: float_atan,
    asinh: float_asinh,
    acosh: float_acosh,
    atanh: float_atanh,
}

/// `x * sigmoid(alpha * x)`.
pub(super) fn swish(request: &Request) -> Result<Run, Refusal> {
    let alpha = request.attributes.float("alpha", 1.0)?;
    unary(move |x| {
        let gate = Dispatch::float_mul_scalar(x.clone(), alpha.into());
        Dispatch::float_mul(x, Dispatch::sigmoid(gate))
    })
}

/// `a * sigmoid(alpha * a) * b`.
pub(super) fn swiglu(request: &Request) -> Result<Run, Refusal> {
    let alpha = request.attributes.float("alpha", 1.0)?;
    Ok(Box::new(move |mut inputs: Inputs| {
        let (a, b) = (
            Floats::from(inputs.float(0)?),
            Floats::from(inputs.float(1)?),
        );
        let gate = a.clone().times(alpha).map(Dispatch::sigmoid);
        Ok(vec![a.mul(&gate)?.mul(&b)?.value()])
    }))
}

/// What lies further than `lambd` from zero moves towards it by `bias`, the rest is zero.
pub(super) fn shrink(request: &Request) -> Result<Run, Refusal> {
    let bias = request.attributes.float("bias", 0.0)?;
    let limit = request.attributes.float("lambd", 0.5)?;
    Ok(Box::new(move |mut inputs: Inputs| {
        let value = inputs.value(0)?;
        let integers = matches!(value, Value::Int(_));
        let x = match value {
            Value::Float(x) => Floats::from(x),
            value => Floats::try_from(value.to_float(burn::tensor::DType::F64)?)?,
        };
        let (numbers, shape) = (x.numbers()?, x.shape());
        let moves = numbers.iter().map(|&number| match number {
            number if number < -limit => bias,
            number if number > limit => -bias,
            _ => 0.0,
        });
        let moves = x.like(TensorData::new(
            moves.collect::<Vec<f64>>(),
            shape.as_slice(),
        ));
        let near = numbers.iter().map(|&n| n >= -limit && n <= limit);
        let near = TensorData::new(near.collect::<Vec<bool>>(), shape.as_slice());
        let y = x.add(&moves)?.replaced(near, 0.0)?.value();
        Ok(vec![if integers { y.to_int() } else { y }])
    }))
}

/// Which elements are infinite, on either side or on one.
pub(super) fn is_infinite(request: &Request) -> Result<Run, Refusal> {
    let negative = request.attributes.flag("detect_negative", true)?;
    let positive = request.attributes.flag("detect_positive", true)?;
    Ok(Box::new(move |mut inputs: Inputs| {
        let x = Value::Float(inputs.float(0)?);
        let (shape, device) = (x.shape(), x.device());
        let numbers: Vec<f64> = tensor::values(&x.into_data()?);
        let found = numbers.iter().map(|&number| {
            (positive && number == f64::INFINITY) || (negative && number == f64::NEG_INFINITY)
        });
        let data = TensorData::new(found.collect::<Vec<bool>>(), shape.as_slice());
        Ok(vec![Value::from_data(data, &device)])
    }))
}
