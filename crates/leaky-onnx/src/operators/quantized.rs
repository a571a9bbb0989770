//! Whole numbers that stand for floats: `(q - zero point) * scale`.
//!
//! They run, so that a quantised network can be looked at; no gradient flows through the rounding.
//! What is computed with them is computed in `float64`, which holds every product and sum of theirs
//! exactly.

use burn::backend::ops::FloatTensorOps;
use burn::backend::{Dispatch, TensorMetadata};
use burn::tensor::{DType, TensorData};

use super::convolution::{convolve, shapes};
use super::floats::Floats;
use super::inputs::Inputs;
use super::operator::{Refusal, Request, Run, bounded, unsupported};
use super::window::Window;
use crate::proto::tensor_proto::DataType;
use crate::tensor;
use crate::value::{self, Value};

/// The least and the largest number of a type that floats are rounded to.
fn range(kind: DataType) -> Option<(f64, f64)> {
    Some(match kind {
        DataType::INT8 => (-128.0, 127.0),
        DataType::UINT8 => (0.0, 255.0),
        DataType::INT16 => (-32768.0, 32767.0),
        DataType::UINT16 => (0.0, 65535.0),
        DataType::INT32 => (f64::from(i32::MIN), f64::from(i32::MAX)),
        DataType::INT4 => (-8.0, 7.0),
        DataType::UINT4 => (0.0, 15.0),
        DataType::INT2 => (-2.0, 1.0),
        DataType::UINT2 => (0.0, 3.0),
        _ => return None,
    })
}

/// Numbers for an input: one for all, one for each entry of an axis, or one for each block along it.
fn along(
    numbers: Floats,
    shape: &[usize],
    axis: Result<usize, String>,
    block: usize,
) -> Result<Floats, String> {
    let found = numbers.shape();
    let count: usize = found.iter().product();
    if count == 1 && block == 0 {
        return numbers.reshape(vec![1; shape.len()]);
    }
    let axis = axis?;
    if shape.contains(&0) {
        return Err(format!("a tensor of shape {shape:?} is empty"));
    }
    let wrong = || format!("numbers of shape {found:?} do not fit {shape:?} along axis {axis}");
    if block == 0 {
        if found != [shape[axis]] {
            return Err(wrong());
        }
        let mut sizes = vec![1; shape.len()];
        sizes[axis] = count;
        return numbers.reshape(sizes);
    }
    let fits = found.len() == shape.len()
        && (0..shape.len()).all(|other| other == axis || found[other] == shape[other]);
    let blocks = shape[axis].div_ceil(block);
    if !fits || found[axis] != blocks {
        return Err(wrong());
    }
    numbers.select(
        axis,
        (0..shape[axis])
            .map(|index| (index / block) as i64)
            .collect(),
    )
}

/// Floats of a value of any kind, wide enough for whole numbers.
fn wide(value: Value) -> Result<Floats, String> {
    value.to_float(DType::F64)?.try_into()
}

/// Rounds to whole numbers, halves to the even neighbour, within a range.
fn rounded(x: Floats, zero: Option<&Floats>, (low, high): (f64, f64)) -> Result<Value, String> {
    let mut x = x.map(Dispatch::float_round);
    if let Some(zero) = zero {
        x = x.add(zero)?;
    }
    Ok(x.clamp(low, high).value().to_int())
}

pub(super) fn quantize(request: &Request) -> Result<Run, Refusal> {
    let attributes = &request.attributes;
    let axis = attributes.int("axis", 1)?;
    let block = attributes.size("block_size", 0)?;
    let named = i32::try_from(attributes.int("output_dtype", 0)?).unwrap_or(0);
    let kind = match (request.element)(2) {
        Some(kind) => kind,
        None if named != 0 => tensor::data_type(named).map_err(Refusal::Unsupported)?,
        None => DataType::UINT8,
    };
    let Some(range) = range(kind) else {
        return unsupported(format!("rounding to {kind:?}"));
    };
    Ok(Box::new(move |mut inputs: Inputs| {
        let x = inputs.value(0)?;
        let precision = match inputs.value(1)? {
            Value::Float(scale) => scale,
            other => return Err(format!("a scale of {}", other.kind())),
        };
        // ONNX divides in single precision; the quotient decides which way a half is rounded.
        let x = Floats::try_from(x.to_float(precision.dtype())?)?;
        let shape = x.shape();
        let axis = || value::axis(axis, shape.len());
        let scale = along(Floats::from(precision), &shape, axis(), block)?;
        let zero = inputs.optional(2).map(wide).transpose()?;
        let zero = zero
            .map(|zero| along(zero, &shape, axis(), block))
            .transpose()?;
        let quotient = wide(x.div(&scale)?.value())?;
        Ok(vec![rounded(quotient, zero.as_ref(), range)?])
    }))
}

pub(super) fn dequantize(request: &Request) -> Result<Run, Refusal> {
    let axis = request.attributes.int("axis", 1)?;
    let block = request.attributes.size("block_size", 0)?;
    Ok(Box::new(move |mut inputs: Inputs| {
        let x = inputs.value(0)?;
        let scale = Floats::from(inputs.float(1)?);
        let zero = inputs.optional(2);
        let shape = x.shape();
        let axis = || value::axis(axis, shape.len());
        let mut x = wide(x)?;
        if let Some(zero) = zero {
            x = x.sub(&along(wide(zero)?, &shape, axis(), block)?)?;
        }
        let x = Floats::try_from(x.value().to_float(scale.dtype())?)?;
        let scale = along(scale, &shape, axis(), block)?;
        Ok(vec![x.mul(&scale)?.value()])
    }))
}

/// Rounds to bytes by the range of the numbers themselves, which is made to hold zero.
///
/// Source: <https://onnx.ai/onnx/operators/onnx__DynamicQuantizeLinear.html>.
pub(super) fn quantize_dynamically(_: &Request) -> Result<Run, Refusal> {
    Ok(Box::new(|mut inputs: Inputs| {
        let x = Floats::from(inputs.float(0)?);
        let numbers = x.numbers()?;
        let low = numbers.iter().copied().fold(0.0, f64::min);
        let high = numbers.iter().copied().fold(0.0, f64::max);
        let scale = f64::from((high - low) as f32 / 255.0);
        let scale = if scale > 0.0 { scale } else { 1.0 };
        let zero = (0.0 - low as f32 / scale as f32).round_ties_even();
        let zero = f64::from(zero.clamp(0.0, 255.0));
        let device = x.device();
        let step = x.like(TensorData::new(vec![scale], [1]));
        let quotient = wide(x.div(&step)?.value())?;
        let offset = quotient.filled(vec![1], zero);
        let scale = TensorData::new(vec![scale as f32], [0; 0]);
        let zero = TensorData::new(vec![zero as i64], [0; 0]);
        Ok(vec![
            rounded(quotient, Some(&offset), (0.0, 255.0))?,
            Value::from_data(scale, &device),
            Value::from_data(zero, &device),
        ])
    }))
}

/// A factor of a matrix product without its zero point, which may be one for each row of the left
/// factor or each column of the right one.
fn centred(value: Value, zero: Option<Value>, left: bool) -> Result<Floats, String> {
    let x = wide(value)?;
    let Some(zero) = zero else { return Ok(x) };
    let zero = wide(zero)?;
    let (shape, rank) = (zero.shape(), x.shape().len());
    let zero = match shape[..] {
        [] => zero,
        [1] => zero.reshape(vec![1; rank.max(1)])?,
        [count] if left && rank > 1 => zero.reshape(vec![count, 1])?,
        _ => zero,
    };
    let whole = x.shape();
    if value::broadcast_shape(&[whole.clone(), zero.shape()])? != whole {
        return Err(format!("zero points of shape {shape:?} for {whole:?}"));
    }
    x.sub(&zero)
}

pub(super) fn matmul_integer(_: &Request) -> Result<Run, Refusal> {
    Ok(Box::new(|mut inputs: Inputs| {
        let (a, b) = (inputs.value(0)?, inputs.value(1)?);
        let (zero_a, zero_b) = (inputs.optional(2), inputs.optional(3));
        let product = centred(a, zero_a, true)?.matmul(centred(b, zero_b, false)?)?;
        Ok(vec![product.value().to_int()])
    }))
}

/// Rounds an exact result to the type of the last zero point.
fn requantized(
    exact: Floats,
    scale: &Floats,
    zero: Value,
    kind: Option<DataType>,
) -> Result<Value, String> {
    let range = range(kind.unwrap_or(DataType::UINT8)).ok_or("the result is of no byte type")?;
    let zero = wide(zero)?;
    let x = exact.mul(scale)?;
    let zero = zero.reshape(vec![1; x.shape().len()])?;
    rounded(x, Some(&zero), range)
}

pub(super) fn matmul(request: &Request) -> Result<Run, Refusal> {
    let kind = (request.element)(7);
    Ok(Box::new(move |mut inputs: Inputs| {
        let (a, scale_a, zero_a) = (inputs.value(0)?, inputs.value(1)?, inputs.optional(2));
        let (b, scale_b, zero_b) = (inputs.value(3)?, inputs.value(4)?, inputs.optional(5));
        let (scale_y, zero_y) = (inputs.value(6)?, inputs.value(7)?);
        let product = centred(a, zero_a, true)?.matmul(centred(b, zero_b, false)?)?;
        let rank = product.shape().len();
        let mut scale = wide(scale_a)?;
        if let [rows] = scale.shape()[..]
            && rows > 1
        {
            scale = scale.reshape(vec![rows, 1])?;
        }
        let scale = scale.mul(&wide(scale_b)?)?.div(&wide(scale_y)?)?;
        let scale = if scale.shape().len() > rank {
            scale.reshape(vec![1; rank])?
        } else {
            scale
        };
        Ok(vec![requantized(product, &scale, zero_y, kind)?])
    }))
}

/// The exact convolution of whole numbers. Zero points of weights may be one for each channel.
fn convolved(
    (x, zero_x): (Value, Option<Value>),
    (weight, zero_weight): (Value, Option<Value>),
    window: &Window,
    groups: usize,
) -> Result<Floats, String> {
    let x = centred(x, zero_x, false)?;
    let mut weight = wide(weight)?;
    if let Some(zero) = zero_weight {
        let zero = wide(zero)?;
        let count: usize = zero.shape().iter().product();
        let mut shape = vec![1; weight.shape().len()];
        if let Some(first) = shape.first_mut() {
            *first = count;
        }
        let zero = zero.reshape(shape)?;
        let whole = weight.shape();
        if value::broadcast_shape(&[whole.clone(), zero.shape()])? != whole {
            return Err(format!(
                "{count} zero points for weights of shape {whole:?}"
            ));
        }
        weight = weight.sub(&zero)?;
    }
    let (x, weight) = (x.tensor(), weight.tensor());
    let (input, kernel) = shapes(&x, &weight, window, 1, groups)?;
    let axes = window.padded_axes(&input[2..], &kernel[2..])?;
    let mut output = vec![input[0], kernel[0]];
    let mut padded = input[..2].to_vec();
    for axis in &axes {
        output.push(axis.output(false)?);
        padded.push(axis.padded());
    }
    bounded(&output)?;
    bounded(&padded)?;
    convolve(x, weight, None, axes, groups, None).map(Floats::from)
}

pub(super) fn conv_integer(request: &Request) -> Result<Run, Refusal> {
    let (window, groups) = super::convolution::read(&request.attributes)?;
    Ok(Box::new(move |mut inputs: Inputs| {
        let (x, weight) = (inputs.value(0)?, inputs.value(1)?);
        let (zero_x, zero_weight) = (inputs.optional(2), inputs.optional(3));
        let y = convolved((x, zero_x), (weight, zero_weight), &window, groups)?;
        Ok(vec![y.value().to_int()])
    }))
}

pub(super) fn conv(request: &Request) -> Result<Run, Refusal> {
    let (window, groups) = super::convolution::read(&request.attributes)?;
    let kind = (request.element)(7);
    Ok(Box::new(move |mut inputs: Inputs| {
        let (x, scale_x, zero_x) = (inputs.value(0)?, inputs.value(1)?, inputs.optional(2));
        let (weight, scale_weight) = (inputs.value(3)?, inputs.value(4)?);
        let zero_weight = inputs.optional(5);
        let (scale_y, zero_y) = (inputs.value(6)?, inputs.value(7)?);
        let bias = inputs.optional(8);
        let mut y = convolved((x, zero_x), (weight, zero_weight), &window, groups)?;
        let rank = y.shape().len();
        let on_channels = |numbers: Floats| {
            let mut shape = vec![1; rank];
            shape[1] = numbers.shape().iter().product();
            numbers.reshape(shape)
        };
        if let Some(bias) = bias {
            y = y.add(&on_channels(wide(bias)?)?)?;
        }
        let one = |value: Value| wide(value)?.reshape(vec![1; rank]);
        let scale = on_channels(wide(scale_weight)?)?;
        let scale = scale.mul(&one(scale_x)?)?.div(&one(scale_y)?)?;
        Ok(vec![requantized(y, &scale, zero_y, kind)?])
    }))
}
