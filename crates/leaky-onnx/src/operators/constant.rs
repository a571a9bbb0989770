//! Operators that create tensors.

use burn::backend::TensorMetadata;
use burn::tensor::TensorData;

use super::inputs::Inputs;
use super::operator::{Refusal, Request, Run, created, invalid, unsupported};
use super::shape;
use crate::tensor;
use crate::value::Value;

/// A constant inside of a network is read when the network is made, see
/// [`Network::new`](crate::Network::new); what reaches this place has no numbers to give.
pub(super) fn constant(_: &Request) -> Result<Run, Refusal> {
    unsupported("a constant that is not read with the network")
}

/// A tensor of a given shape, every element the one of the attribute; zero where it is absent.
pub(super) fn constant_of_shape(request: &Request) -> Result<Run, Refusal> {
    let fill = request
        .attributes
        .tensor("value")?
        .unwrap_or_else(|| TensorData::new(vec![0.0_f32], [1]));
    if fill.num_elements() != 1 {
        return invalid("attribute 'value' does not hold one number");
    }
    let device = request.device.clone();
    Ok(Box::new(move |mut inputs: Inputs| {
        let shape = inputs
            .ints(0)?
            .into_iter()
            .map(|size| usize::try_from(size).map_err(|_| format!("{size} is not a size")))
            .collect::<Result<Vec<_>, _>>()?;
        created(&shape)?;
        let one = Value::from_data(fill.clone(), &device).reshape(vec![1; shape.len()])?;
        Ok(vec![one.expand(shape)])
    }))
}

/// Numbers from `start` on in steps of `delta`, as long as they lie before `limit`.
pub(super) fn range(request: &Request) -> Result<Run, Refusal> {
    let device = request.device.clone();
    Ok(Box::new(move |mut inputs: Inputs| {
        let (start, limit, delta) = (inputs.value(0)?, inputs.value(1)?, inputs.value(2)?);
        start.same_type(&limit)?;
        start.same_type(&delta)?;
        let floats = |value: &Value| value.number("a bound");
        let span = (floats(&limit)? - floats(&start)?) / floats(&delta)?;
        // Not a number where the step is zero and the span too.
        if !span.is_finite() {
            return Err("a step of zero never reaches the limit".into());
        }
        let count = span.ceil().max(0.0) as usize;
        created(&[count])?;
        let dtype = start.tensor().dtype();
        let numbers = match &start {
            Value::Int(_) => {
                let (start, delta) = (start.integer("the start")?, delta.integer("the step")?);
                let number = |index: usize| start.wrapping_add(delta.wrapping_mul(index as i64));
                TensorData::new((0..count).map(number).collect::<Vec<i64>>(), [count])
            }
            Value::Float(_) => {
                let (start, delta) = (floats(&start)?, floats(&delta)?);
                let number = |index: usize| start + delta * index as f64;
                TensorData::new((0..count).map(number).collect::<Vec<f64>>(), [count])
                    .convert_dtype(dtype)
            }
            Value::Bool(_) => return Err("truth values have no range".into()),
        };
        Ok(vec![Value::from_data(numbers, &device)])
    }))
}

/// Ones along a diagonal, zeros elsewhere; of the shape of the input.
pub(super) fn eye_like(request: &Request) -> Result<Run, Refusal> {
    let diagonal = request.attributes.int("k", 0)?;
    let named = i32::try_from(request.attributes.int("dtype", 0)?).unwrap_or(0);
    let kind = match named {
        0 => None,
        named => Some(tensor::data_type(named).map_err(Refusal::Unsupported)?),
    };
    Ok(Box::new(move |mut inputs: Inputs| {
        let like = inputs.value(0)?;
        let shape = like.shape();
        let &[rows, columns] = &shape[..] else {
            return Err(format!("a tensor of shape {shape:?} is no matrix"));
        };
        created(&shape)?;
        let on = |position: usize| {
            let (row, column) = ((position / columns) as i64, (position % columns) as i64);
            column == row.saturating_add(diagonal)
        };
        let marks: Vec<bool> = (0..rows * columns).map(on).collect();
        let marks = TensorData::new(marks, shape.as_slice());
        let marks = Value::from_data(marks, &like.device());
        Ok(vec![match kind {
            Some(kind) => shape::converted(marks, kind)?,
            None => match like {
                Value::Float(like) => marks.to_float(like.dtype())?,
                Value::Int(_) => marks.to_int(),
                Value::Bool(_) => marks,
            },
        }])
    }))
}
