//! Operators that give a tensor another shape or type without computing with its elements.

use burn::backend::TensorMetadata;
use burn::backend::ops::FloatTensorOps;
use burn::backend::{Dispatch, DispatchTensor};
use burn::tensor::{DType, FloatDType};

use super::inputs::Inputs;
use super::moved::Moved;
use super::operator::{Refusal, Request, Run, bounded, created, invalid, unsupported};
use crate::proto::tensor_proto::DataType;
use crate::tensor;
use crate::value::{self, Value, broadcast_shape, with_rank};

/// A matrix whose rows are the axes before `axis`.
pub(super) fn flatten(request: &Request) -> Result<Run, Refusal> {
    let axis = request.attributes.int("axis", 1)?;
    Ok(Box::new(move |mut inputs: Inputs| {
        let value = inputs.value(0)?;
        let shape = value.shape();
        let rank = shape.len() as i64;
        let counted = if axis < 0 { axis + rank } else { axis };
        if !(0..=rank).contains(&counted) {
            return Err(format!("axis {axis} does not exist in {rank} axes"));
        }
        let (rows, columns) = shape.split_at(counted as usize);
        Ok(vec![value.reshape(vec![
            rows.iter().product(),
            columns.iter().product(),
        ])?])
    }))
}

/// Another shape: 0 keeps the axis (unless `allowzero`), -1 takes what is left.
pub(super) fn reshape(request: &Request) -> Result<Run, Refusal> {
    let allow_zero = request.attributes.flag("allowzero", false)?;
    Ok(Box::new(move |mut inputs: Inputs| {
        let value = inputs.value(0)?;
        let wanted = inputs.ints(1)?;
        let shape = value.shape();
        let mut result = Vec::with_capacity(wanted.len());
        let mut unknown = None;
        for (axis, &size) in wanted.iter().enumerate() {
            result.push(match size {
                0 if !allow_zero => *shape.get(axis).ok_or_else(|| {
                    format!("shape {wanted:?} keeps axis {axis}, which {shape:?} does not have")
                })?,
                -1 if unknown.replace(axis).is_none() => 1,
                size => {
                    usize::try_from(size).map_err(|_| format!("shape {wanted:?} is not a shape"))?
                }
            });
        }
        bounded(&result)?;
        if let Some(axis) = unknown {
            let known: usize = result.iter().product();
            if known == 0 || value.len() % known != 0 {
                return Err(format!("shape {shape:?} cannot become {wanted:?}"));
            }
            result[axis] = value.len() / known;
        }
        Ok(vec![value.reshape(result)?])
    }))
}

/// The axes in another order; the opposite one where the attribute is absent.
pub(super) fn transpose(request: &Request) -> Result<Run, Refusal> {
    let order = request.attributes.sizes("perm")?;
    Ok(Box::new(move |mut inputs: Inputs| {
        let value = inputs.value(0)?;
        let reversed = || (0..value.rank()).rev().collect();
        let order = order.clone().unwrap_or_else(reversed);
        Ok(vec![value.permute(&order)?])
    }))
}

/// Takes axes of size 1 away: those named, or all of them.
pub(super) fn squeeze(request: &Request) -> Result<Run, Refusal> {
    let named = Moved::ints(request, "axes", (13, 1))?;
    Ok(Box::new(move |mut inputs: Inputs| {
        let value = inputs.value(0)?;
        let shape = value.shape();
        let axes = match named.read(&mut inputs)? {
            Some(axes) => value::axes(&axes, shape.len())?,
            None => (0..shape.len()).filter(|&axis| shape[axis] == 1).collect(),
        };
        if let Some(&axis) = axes.iter().find(|&&axis| shape[axis] != 1) {
            return Err(format!("axis {axis} of {shape:?} is not of size 1"));
        }
        let kept = (0..shape.len()).filter(|axis| !axes.contains(axis));
        let kept = kept.map(|axis| shape[axis]).collect();
        Ok(vec![value.reshape(kept)?])
    }))
}

/// Puts axes of size 1 at places of the result.
pub(super) fn unsqueeze(request: &Request) -> Result<Run, Refusal> {
    let named = Moved::ints(request, "axes", (13, 1))?;
    Ok(Box::new(move |mut inputs: Inputs| {
        let value = inputs.value(0)?;
        let named = named.required(&mut inputs, "the axes")?;
        let rank = value.rank() + named.len();
        let axes = value::axes(&named, rank)?;
        let mut sizes = value.shape().into_iter();
        let shape = (0..rank)
            .map(|axis| {
                if axes.contains(&axis) {
                    1
                } else {
                    sizes.next().expect("as many sizes as axes are left")
                }
            })
            .collect();
        Ok(vec![value.reshape(shape)?])
    }))
}

/// Repeats axes of size 1 so that the tensor broadcasts to a shape.
pub(super) fn expand(_: &Request) -> Result<Run, Refusal> {
    Ok(Box::new(|mut inputs: Inputs| {
        let value = inputs.value(0)?;
        let wanted = sizes(&inputs.ints(1)?)?;
        let shape = broadcast_shape(&[value.shape(), wanted])?;
        bounded(&shape)?;
        if value.len() == 1 {
            created(&shape)?;
        }
        Ok(vec![with_rank(value, shape.len())?.expand(shape)])
    }))
}

fn sizes(numbers: &[i64]) -> Result<Vec<usize>, String> {
    numbers
        .iter()
        .map(|&size| usize::try_from(size).map_err(|_| format!("{size} is not a size")))
        .collect()
}

/// Repeats whole axes.
pub(super) fn tile(_: &Request) -> Result<Run, Refusal> {
    Ok(Box::new(|mut inputs: Inputs| {
        let value = inputs.value(0)?;
        let repeats = sizes(&inputs.ints(1)?)?;
        let shape = value.shape();
        if repeats.len() != shape.len() {
            return Err(format!(
                "{} repeats for {} axes",
                repeats.len(),
                shape.len()
            ));
        }
        let tiled: Vec<usize> = shape
            .iter()
            .zip(&repeats)
            .map(|(size, times)| size.saturating_mul(*times))
            .collect();
        bounded(&tiled)?;
        if value.len() == 1 {
            created(&tiled)?;
        }
        if tiled.contains(&0) {
            return Ok(vec![value.filled(tiled, 0.0)]);
        }
        // Each axis becomes two: how often, and the axis itself.
        let pairs = |times: &dyn Fn(usize) -> usize| -> Vec<usize> {
            (0..shape.len())
                .flat_map(|axis| [times(axis), shape[axis]])
                .collect()
        };
        let apart = value.reshape(pairs(&|_| 1))?;
        let repeated = apart.expand(pairs(&|axis| repeats[axis]));
        Ok(vec![repeated.reshape(tiled)?])
    }))
}

/// The sizes of a tensor's axes, of all or of a range of them.
pub(super) fn shape(request: &Request) -> Result<Run, Refusal> {
    let start = request.attributes.int("start", 0)?;
    let end = request.attributes.int("end", i64::MAX)?;
    let device = request.device.clone();
    Ok(Box::new(move |mut inputs: Inputs| {
        let shape = inputs.value(0)?.shape();
        let rank = shape.len() as i64;
        let place = |bound: i64| {
            let counted = if bound < 0 { bound + rank } else { bound };
            counted.clamp(0, rank) as usize
        };
        let (start, end) = (place(start), place(end));
        let sizes = shape[start..end.max(start)].iter().map(|&size| size as i64);
        Ok(vec![Value::from_ints(sizes.collect(), &device)])
    }))
}

/// How many elements a tensor has.
pub(super) fn size(request: &Request) -> Result<Run, Refusal> {
    let device = request.device.clone();
    Ok(Box::new(move |mut inputs: Inputs| {
        let count = inputs.value(0)?.len() as i64;
        Ok(vec![
            Value::from_ints(vec![count], &device).reshape(Vec::new())?,
        ])
    }))
}

pub(super) fn identity(_: &Request) -> Result<Run, Refusal> {
    Ok(Box::new(|mut inputs: Inputs| Ok(vec![inputs.value(0)?])))
}

/// Another type of element.
pub(super) fn cast(request: &Request) -> Result<Run, Refusal> {
    let number = request.attributes.int("to", 0)?;
    let number = i32::try_from(number).unwrap_or(0);
    let to = match tensor::data_type(number) {
        Ok(to) => to,
        Err(reason) if number == 0 => return invalid(format!("attribute 'to': {reason}")),
        Err(reason) => return unsupported(format!("Cast: {reason}")),
    };
    Ok(Box::new(move |mut inputs: Inputs| {
        Ok(vec![converted(inputs.value(0)?, to)?])
    }))
}

pub(super) fn converted(value: Value, to: DataType) -> Result<Value, String> {
    let narrow = |bits: u32, signed: bool| {
        value.to_int().map_ints(|number| {
            let shift = 64 - bits;
            let moved = number << shift;
            Ok(if signed {
                moved >> shift
            } else {
                ((moved as u64) >> shift) as i64
            })
        })
    };
    match to {
        DataType::BOOL => Ok(value.to_bool()),
        DataType::FLOAT => value.to_float(DType::F32),
        DataType::DOUBLE => value.to_float(DType::F64),
        DataType::FLOAT16 => rounded(&value, FloatDType::F16),
        DataType::BFLOAT16 => rounded(&value, FloatDType::BF16),
        DataType::INT8 => narrow(8, true),
        DataType::INT16 => narrow(16, true),
        DataType::INT32 => narrow(32, true),
        DataType::UINT8 => narrow(8, false),
        DataType::UINT16 => narrow(16, false),
        DataType::UINT32 => narrow(32, false),
        _ => Ok(value.to_int()),
    }
}

/// Half precision as this crate holds it: rounded to it, in `float32`.
fn rounded(value: &Value, to: FloatDType) -> Result<Value, String> {
    let wide: DispatchTensor = value.to_float(DType::F32)?.into_float()?;
    let narrow = Dispatch::float_cast(wide, to);
    Ok(Value::Float(Dispatch::float_cast(narrow, FloatDType::F32)))
}

/// The type of another tensor.
pub(super) fn cast_like(_: &Request) -> Result<Run, Refusal> {
    Ok(Box::new(|mut inputs: Inputs| {
        let (value, like) = (inputs.value(0)?, inputs.value(1)?);
        Ok(vec![match like {
            Value::Float(like) => value.to_float(like.dtype())?,
            Value::Int(_) => value.to_int(),
            Value::Bool(_) => value.to_bool(),
        }])
    }))
}
