//! Integers as rows of bits. The host computes: in a network they are flags and sizes, few.

use burn::tensor::TensorData;

use super::elementwise::aligned;
use super::inputs::Inputs;
use super::operator::{Refusal, Request, Run, bounded, invalid};
use crate::proto::tensor_proto::DataType;
use crate::tensor;
use crate::value::{Value, broadcast_shape};

/// How many bits a type has, and whether one of them is a sign.
fn width(kind: Option<DataType>) -> (u32, bool) {
    match kind {
        Some(DataType::UINT8) => (8, false),
        Some(DataType::UINT16) => (16, false),
        Some(DataType::UINT32) => (32, false),
        Some(DataType::UINT64) => (64, false),
        Some(DataType::INT8) => (8, true),
        Some(DataType::INT16) => (16, true),
        Some(DataType::INT32) => (32, true),
        _ => (64, true),
    }
}

/// Keeps as many bits as a type has.
fn kept(number: i64, (bits, signed): (u32, bool)) -> i64 {
    let shift = 64 - bits;
    if signed {
        (number << shift) >> shift
    } else {
        (((number as u64) << shift) >> shift) as i64
    }
}

fn of_two(
    apply: impl Fn(i64, i64) -> Result<i64, String> + Send + Sync + 'static,
) -> Result<Run, Refusal> {
    Ok(Box::new(move |mut inputs: Inputs| {
        let (a, b) = aligned(inputs.value(0)?, inputs.value(1)?)?;
        let (Value::Int(_), Value::Int(_)) = (&a, &b) else {
            return Err(format!("takes integers, found {}", a.kind()));
        };
        let shape = broadcast_shape(&[a.shape(), b.shape()])?;
        bounded(&shape)?;
        let device = a.device();
        let numbers = |value: Value| -> Result<Vec<i64>, String> {
            Ok(tensor::values(&value.expand(shape.clone()).into_data()?))
        };
        let pairs = numbers(a)?.into_iter().zip(numbers(b)?);
        let results: Vec<i64> = pairs.map(|(a, b)| apply(a, b)).collect::<Result<_, _>>()?;
        let data = TensorData::new(results, shape.as_slice());
        Ok(vec![Value::from_data(data, &device)])
    }))
}

pub(super) fn and(_: &Request) -> Result<Run, Refusal> {
    of_two(|a, b| Ok(a & b))
}

pub(super) fn or(_: &Request) -> Result<Run, Refusal> {
    of_two(|a, b| Ok(a | b))
}

pub(super) fn xor(_: &Request) -> Result<Run, Refusal> {
    of_two(|a, b| Ok(a ^ b))
}

pub(super) fn not(request: &Request) -> Result<Run, Refusal> {
    let width = width((request.element)(0));
    Ok(Box::new(move |mut inputs: Inputs| {
        let value = inputs.value(0)?;
        let Value::Int(_) = value else {
            return Err(format!("takes integers, found {}", value.kind()));
        };
        Ok(vec![value.map_ints(|number| Ok(kept(!number, width)))?])
    }))
}

/// Shifts by as many bits as the second input says; what leaves the type is lost. A shift by a
/// negative number or by all bits leaves nothing but the sign.
pub(super) fn shift(request: &Request) -> Result<Run, Refusal> {
    let left = match request.attributes.string("direction", "")? {
        "LEFT" => true,
        "RIGHT" => false,
        other => return invalid(format!("attribute 'direction' is '{other}'")),
    };
    let width = width((request.element)(0));
    of_two(move |number, by| {
        let by = u32::try_from(by).ok().filter(|&by| by < width.0);
        Ok(match (by, left, width.1) {
            (Some(by), true, _) => kept(number << by, width),
            (Some(by), false, true) => number >> by,
            (Some(by), false, false) => ((number as u64) >> by) as i64,
            (None, false, true) if number < 0 => -1,
            (None, ..) => 0,
        })
    })
}
