//! Elements dropped at random, in training alone.

use burn::backend::ops::FloatTensorOps;
use burn::backend::{Dispatch, DispatchDevice, TensorMetadata};
use burn::tensor::TensorData;
use rand::RngExt;
use rand::rngs::ChaCha8Rng;

use super::inputs::Inputs;
use super::operator::{Refusal, Request, Run, unsupported};
use crate::attributes::Attributes;
use crate::value::Value;

/// How many elements are dropped where the node does not say.
const RATIO: f64 = 0.5;

/// The identity, as it is outside of training or where nothing is dropped.
pub(super) fn dropout(request: &Request) -> Result<Run, Refusal> {
    const TRAINING: &str = "Dropout in training mode";
    // The mask was of the input's type before operator set 10.
    let (masked, truth) = (request.outputs > 1, request.opset >= 10);
    let drops = |ratio: f64, training: i64| training != 0 && ratio != 0.0;
    let first = |index| (request.constant)(index).and_then(|data| data.iter::<f64>().next());
    if drops(first(1).unwrap_or(RATIO), first(2).unwrap_or(0.0) as i64) {
        return unsupported(TRAINING);
    }
    Ok(Box::new(move |mut inputs: Inputs| {
        let ratio = inputs.optional(1).map(|ratio| ratio.number("the ratio"));
        let training = inputs
            .optional(2)
            .map(|flag| flag.to_int().integer("the mode"));
        if drops(
            ratio.transpose()?.unwrap_or(RATIO),
            training.transpose()?.unwrap_or(0),
        ) {
            return Err(format!("{TRAINING} is not supported"));
        }
        let value = inputs.value(0)?;
        if !masked {
            return Ok(vec![value]);
        }
        let kept = value.filled(value.shape(), 1.0);
        Ok(vec![value, if truth { kept.to_bool() } else { kept }])
    }))
}

/// What is left of the input: each element is zero with a probability, the others are divided by that of
/// being kept, so that the mean stays. The probability is the second input, an attribute until operator
/// set 11.
pub(crate) fn dropped(
    device: &DispatchDevice,
    (attributes, outputs): (&Attributes, usize),
    mut inputs: Inputs,
    random: &mut ChaCha8Rng,
) -> Result<Vec<Value>, String> {
    let ratio = match inputs.optional(1) {
        Some(ratio) => ratio.number("the ratio")?,
        None => attributes.float("ratio", RATIO as f32)?,
    };
    if !(0.0..=1.0).contains(&ratio) {
        return Err(format!("the ratio is {ratio}, and no probability"));
    }
    let x = inputs.float(0)?;
    let (shape, dtype) = (x.shape(), x.dtype());
    let kept: Vec<bool> = (0..shape.num_elements())
        .map(|_| random.random::<f64>() >= ratio)
        .collect();
    let factor = if ratio < 1.0 {
        1.0 / (1.0 - ratio)
    } else {
        0.0
    };
    let factors = kept.iter().map(|&kept| if kept { factor } else { 0.0 });
    let factors = TensorData::new(factors.collect::<Vec<f64>>(), shape.clone());
    let Value::Float(factors) = Value::from_data(factors.convert_dtype(dtype), device) else {
        return Err("its input holds no floats".into());
    };
    let mut given = vec![Value::Float(Dispatch::float_mul(x, factors))];
    if outputs > 1 {
        let mask = TensorData::new(kept, shape);
        given.push(Value::from_data(mask, device));
    }
    Ok(given)
}
