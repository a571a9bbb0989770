//! Padding, and its opposite.

use burn::backend::TensorMetadata;
use burn::tensor::Slice;

use super::inputs::Inputs;
use super::moved::Moved;
use super::operator::{Refusal, Request, Run, bounded, invalid};
use crate::value::{self, Value};

/// Adds elements of one number before and after each axis, or takes elements away where the count is
/// negative.
pub(super) fn constant(value: Value, pads: &[(i64, i64)], fill: f64) -> Result<Value, String> {
    if pads.iter().all(|&pair| pair == (0, 0)) {
        return Ok(value);
    }
    let shape = value.shape();
    let sizes = padded_shape(&shape, pads)?;
    if sizes.contains(&0) || value.is_empty() {
        return Ok(value.filled(sizes, fill));
    }
    // What is taken away first: what lies outside of the result.
    let kept: Vec<Slice> = shape
        .iter()
        .zip(pads)
        .map(|(&size, &(before, after))| {
            let start = (-before).clamp(0, size as i64);
            let end = (size as i64 + after.min(0)).clamp(start, size as i64);
            Slice::new(start as isize, Some(end as isize), 1)
        })
        .collect();
    let part = if pads.iter().any(|&(before, after)| before < 0 || after < 0) {
        value.clone().slice(&kept)
    } else {
        value.clone()
    };
    if part.shape() == sizes {
        return Ok(part);
    }
    if part.is_empty() {
        return Ok(value.filled(sizes, fill));
    }
    let place: Vec<Slice> = part
        .shape()
        .iter()
        .zip(pads)
        .map(|(&size, &(before, _))| {
            let start = before.max(0) as isize;
            Slice::new(start, Some(start + size as isize), 1)
        })
        .collect();
    value.filled(sizes, fill).slice_assign(&place, part)
}

/// The shape after padding.
fn padded_shape(shape: &[usize], pads: &[(i64, i64)]) -> Result<Vec<usize>, String> {
    let sizes = shape
        .iter()
        .zip(pads)
        .map(|(&size, &(before, after))| {
            let most = i64::from(u32::MAX);
            [before, after]
                .iter()
                .all(|count| (-most..=most).contains(count))
                .then(|| size as i64 + before + after)
                .and_then(|size| usize::try_from(size).ok())
                .ok_or_else(|| format!("shape {shape:?} cannot be padded by {pads:?}"))
        })
        .collect::<Result<Vec<_>, _>>()?;
    bounded(&sizes)?;
    Ok(sizes)
}

/// Where the elements beyond an axis come from.
#[derive(Clone, Copy)]
enum Mode {
    Constant,
    Reflect,
    Edge,
    Wrap,
}

impl Mode {
    /// The element of an axis of `size` that stands at a position, which may lie outside.
    fn source(self, position: i64, size: i64) -> i64 {
        match self {
            Self::Constant => position,
            Self::Edge => position.clamp(0, size - 1),
            Self::Wrap => position.rem_euclid(size),
            Self::Reflect if size == 1 => 0,
            Self::Reflect => {
                let period = 2 * (size - 1);
                let folded = position.rem_euclid(period);
                folded.min(period - folded)
            }
        }
    }
}

pub(super) fn pad(request: &Request) -> Result<Run, Refusal> {
    let attributes = &request.attributes;
    let mode = match attributes.string("mode", "constant")? {
        "constant" => Mode::Constant,
        "reflect" => Mode::Reflect,
        "edge" => Mode::Edge,
        "wrap" => Mode::Wrap,
        other => return invalid(format!("attribute 'mode' is '{other}'")),
    };
    let pads = Moved::ints(request, "pads", (11, 1))?;
    let fill = Moved::number(request, "value", (11, 2))?;
    Ok(Box::new(move |mut inputs: Inputs| {
        let value = inputs.value(0)?;
        let pads = pads.required(&mut inputs, "the paddings")?;
        let fill = match fill.read(&mut inputs)? {
            None => 0.0,
            Some(Value::Bool(fill)) => Value::Bool(fill).to_int().number("the value")?,
            Some(fill) => fill.number("the value")?,
        };
        let axes = inputs.optional_ints(3)?;
        let pairs = pairs(&pads, axes, value.rank())?;
        match mode {
            Mode::Constant => Ok(vec![constant(value, &pairs, fill)?]),
            mode => Ok(vec![repeated(value, &pairs, mode)?]),
        }
    }))
}

/// The paddings before and after each axis: the list has all those before, then all those after.
fn pairs(pads: &[i64], axes: Option<Vec<i64>>, rank: usize) -> Result<Vec<(i64, i64)>, String> {
    let axes = match axes {
        None => (0..rank).collect(),
        Some(axes) => value::axes(&axes, rank)?,
    };
    if pads.len() != 2 * axes.len() {
        return Err(format!(
            "{} paddings for {} axes, expected two for each",
            pads.len(),
            axes.len()
        ));
    }
    let mut pairs = vec![(0, 0); rank];
    for (index, &axis) in axes.iter().enumerate() {
        pairs[axis] = (pads[index], pads[axes.len() + index]);
    }
    Ok(pairs)
}

/// Padding with elements of the tensor itself.
fn repeated(mut value: Value, pads: &[(i64, i64)], mode: Mode) -> Result<Value, String> {
    let sizes = padded_shape(&value.shape(), pads)?;
    for (axis, &(before, after)) in pads.iter().enumerate() {
        if (before, after) == (0, 0) {
            continue;
        }
        let size = value.shape()[axis] as i64;
        if size == 0 {
            return Err(format!("axis {axis} is empty, nothing can be repeated"));
        }
        let sources = (0..sizes[axis] as i64).map(|i| mode.source(i - before, size));
        let indices = Value::from_ints(sources.collect(), &value.tensor().device());
        value = value.select(axis, indices.tensor().clone());
    }
    Ok(value)
}
