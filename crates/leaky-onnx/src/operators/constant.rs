//! Operators that create tensors.

use burn::tensor::TensorData;

use super::inputs::Inputs;
use super::operator::{Refusal, Request, Run, bounded, invalid, unsupported};
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
        bounded(&shape)?;
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
        bounded(&[count])?;
        let dtype = burn::backend::TensorMetadata::dtype(start.tensor());
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
