//! Parts of tensors, picked and joined.

use burn::backend::TensorMetadata;
use burn::tensor::{Slice, TensorData};

use super::inputs::Inputs;
use super::moved::Moved;
use super::operator::{Refusal, Request, Run, bounded, invalid};
use super::pad;
use crate::value::{self, Value};

pub(super) fn concat(request: &Request) -> Result<Run, Refusal> {
    if !request.attributes.has("axis") {
        return invalid("attribute 'axis' is missing");
    }
    let axis = request.attributes.int("axis", 0)?;
    Ok(Box::new(move |inputs: Inputs| {
        let values = inputs.all();
        let first = values.first().ok_or("nothing to join")?;
        let axis = value::axis(axis, first.rank())?;
        Ok(vec![Value::concatenate(values, axis)?])
    }))
}

/// Without lengths the parts are alike, the last one shorter where it does not come out even.
pub(super) fn split(request: &Request) -> Result<Run, Refusal> {
    let axis = request.attributes.int("axis", 0)?;
    let lengths = Moved::ints(request, "split", (13, 1))?;
    let parts = request
        .attributes
        .size("num_outputs", request.outputs)?
        .max(1);
    Ok(Box::new(move |mut inputs: Inputs| {
        let value = inputs.value(0)?;
        let shape = value.shape();
        let axis = value::axis(axis, shape.len())?;
        let size = shape[axis];
        let lengths = match lengths.read(&mut inputs)? {
            Some(lengths) => lengths
                .iter()
                .map(|&length| usize::try_from(length).ok())
                .collect::<Option<Vec<_>>>()
                .filter(|list| {
                    list.iter().try_fold(0_usize, |n, &l| n.checked_add(l)) == Some(size)
                })
                .ok_or_else(|| format!("lengths {lengths:?} do not make up {size}"))?,
            None if parts > size.max(1) => {
                return Err(format!("{size} elements do not make {parts} parts"));
            }
            None => {
                let length = size.div_ceil(parts);
                (0..parts)
                    .map(|part| length.min(size.saturating_sub(part * length)))
                    .collect()
            }
        };
        let mut start = 0;
        let mut results = Vec::with_capacity(lengths.len());
        for length in lengths {
            let mut slices = whole(&shape);
            slices[axis] = Slice::new(start as isize, Some((start + length) as isize), 1);
            let mut part = shape.clone();
            part[axis] = length;
            results.push(if part.contains(&0) {
                value.filled(part, 0.0)
            } else {
                value.clone().slice(&slices)
            });
            start += length;
        }
        Ok(results)
    }))
}

/// Slices that take all of a tensor.
fn whole(shape: &[usize]) -> Vec<Slice> {
    shape
        .iter()
        .map(|&size| Slice::new(0, Some(size as isize), 1))
        .collect()
}

pub(super) fn slice(request: &Request) -> Result<Run, Refusal> {
    let list = |name, input| Moved::ints(request, name, (10, input));
    let (starts, ends, axes) = (list("starts", 1)?, list("ends", 2)?, list("axes", 3)?);
    Ok(Box::new(move |mut inputs: Inputs| {
        let mut value = inputs.value(0)?;
        let starts = starts.required(&mut inputs, "the starts")?;
        let ends = ends.required(&mut inputs, "the ends")?;
        let axes = axes.read(&mut inputs)?;
        let steps = inputs.optional_ints(4)?;
        let count = starts.len();
        let axes = axes.unwrap_or_else(|| (0..count as i64).collect());
        let steps = steps.unwrap_or_else(|| vec![1; count]);
        if [ends.len(), axes.len(), steps.len()] != [count; 3] {
            return Err("starts, ends, axes and steps are not equally many".into());
        }
        let shape = value.shape();
        let axes = value::axes(&axes, shape.len())?;
        let mut slices = whole(&shape);
        let mut result = shape.clone();
        let mut strided = Vec::new();
        for (index, axis) in axes.into_iter().enumerate() {
            let picked = Picked::new(starts[index], ends[index], steps[index], shape[axis])?;
            result[axis] = picked.count;
            if picked.step == 1 {
                let start = picked.start as isize;
                slices[axis] = Slice::new(start, Some(start + picked.count as isize), 1);
            } else {
                strided.push((axis, picked));
            }
        }
        if result.contains(&0) {
            return Ok(vec![value.filled(result, 0.0)]);
        }
        value = value.slice(&slices);
        for (axis, picked) in strided {
            let device = value.tensor().device();
            let indices = Value::from_ints(picked.positions(), &device);
            value = value.select(axis, indices.tensor().clone());
        }
        Ok(vec![value])
    }))
}

/// The positions along an axis that a slice picks.
struct Picked {
    start: i64,
    step: i64,
    count: usize,
}

impl Picked {
    /// Bounds count from the end where they are negative, and those outside are moved inside.
    fn new(start: i64, end: i64, step: i64, size: usize) -> Result<Self, String> {
        if step == 0 {
            return Err("a step of 0".into());
        }
        let size = size as i64;
        // Backwards, a start before the axis is its first element; an end there takes that in too.
        let (first, least, most) = if step > 0 {
            (0, 0, size)
        } else {
            (0, -1, size - 1)
        };
        let place = |bound: i64, least: i64| {
            let counted = if bound < 0 {
                bound.saturating_add(size)
            } else {
                bound
            };
            counted.min(most).max(least)
        };
        let (start, end) = (place(start, first), place(end, least));
        let distance = if step > 0 { end - start } else { start - end };
        let count = distance.max(0).unsigned_abs().div_ceil(step.unsigned_abs());
        Ok(Self {
            start,
            step,
            count: count as usize,
        })
    }

    fn positions(&self) -> Vec<i64> {
        (0..self.count as i64)
            .map(|index| self.start + index * self.step)
            .collect()
    }
}

/// Indices that may count from the end, as positions inside of an axis.
fn positions(indices: Vec<i64>, size: usize) -> Result<Vec<i64>, String> {
    indices
        .into_iter()
        .map(|index| {
            let counted = if index < 0 {
                index.saturating_add(size as i64)
            } else {
                index
            };
            if (0..size as i64).contains(&counted) {
                Ok(counted)
            } else {
                Err(format!("index {index} lies outside of an axis of {size}"))
            }
        })
        .collect()
}

/// The entries of an axis that indices name; the axis gives way to the axes of the indices.
pub(super) fn gather(request: &Request) -> Result<Run, Refusal> {
    let axis = request.attributes.int("axis", 0)?;
    Ok(Box::new(move |mut inputs: Inputs| {
        let value = inputs.value(0)?;
        let indices = inputs.value(1)?;
        let shape = value.shape();
        let axis = value::axis(axis, shape.len())?;
        let mut result = shape[..axis].to_vec();
        result.extend(indices.shape());
        result.extend(&shape[axis + 1..]);
        bounded(&result)?;
        let Value::Int(_) = indices else {
            return Err(format!(
                "input 1 holds {}, expected integers",
                indices.kind()
            ));
        };
        let indices = crate::tensor::values(&indices.into_data()?);
        let picked = select(value, axis, positions(indices, shape[axis])?)?;
        Ok(vec![picked.reshape(result)?])
    }))
}

/// Entries of an axis, by positions that were checked.
fn select(value: Value, axis: usize, positions: Vec<i64>) -> Result<Value, String> {
    let mut shape = value.shape();
    shape[axis] = positions.len();
    if shape.contains(&0) {
        return Ok(value.filled(shape, 0.0));
    }
    let device = value.tensor().device();
    let indices = Value::from_ints(positions, &device);
    Ok(value.select(axis, indices.tensor().clone()))
}

/// Entries of the last axis. A list of numbers is taken for a matrix of one row.
///
/// Source: <https://onnx.ai/onnx/operators/onnx_aionnxml_ArrayFeatureExtractor.html>.
pub(super) fn array_feature_extractor(_: &Request) -> Result<Run, Refusal> {
    Ok(Box::new(|mut inputs: Inputs| {
        let value = inputs.value(0)?;
        let value = if value.rank() < 2 {
            let count = value.len();
            value.reshape(vec![1, count])?
        } else {
            value
        };
        let axis = value.rank() - 1;
        let size = value.shape()[axis];
        let positions = positions(inputs.ints(1)?, size)?;
        Ok(vec![select(value, axis, positions)?])
    }))
}

/// The middle of axes, or they in the middle of zeros, so that they have these sizes.
pub(super) fn center_crop_pad(request: &Request) -> Result<Run, Refusal> {
    let named = request.attributes.ints("axes")?.map(<[i64]>::to_vec);
    Ok(Box::new(move |mut inputs: Inputs| {
        let value = inputs.value(0)?;
        let sizes = inputs.ints(1)?;
        let shape = value.shape();
        let axes = match &named {
            Some(axes) => value::axes(axes, shape.len())?,
            None => (0..shape.len()).collect(),
        };
        if sizes.len() != axes.len() {
            return Err(format!("{} sizes for {} axes", sizes.len(), axes.len()));
        }
        let mut pads = vec![(0, 0); shape.len()];
        for (&axis, &size) in axes.iter().zip(&sizes) {
            if !(0..=i64::from(u32::MAX)).contains(&size) {
                return Err(format!("{size} is not a size"));
            }
            let more = size - shape[axis] as i64;
            let before = more.div_euclid(2);
            // What is odd is cut before and added behind.
            pads[axis] = if more < 0 {
                (-((-more) / 2), more + (-more) / 2)
            } else {
                (before, more - before)
            };
        }
        Ok(vec![pad::constant(value, &pads, 0.0)?])
    }))
}

/// The part of each matrix on one side of a diagonal, zeros on the other; the diagonal with it.
pub(super) fn trilu(request: &Request) -> Result<Run, Refusal> {
    let upper = request.attributes.flag("upper", true)?;
    Ok(Box::new(move |mut inputs: Inputs| {
        let value = inputs.value(0)?;
        let diagonal = match inputs.optional(1) {
            Some(diagonal) => diagonal.integer("the diagonal")?,
            None => 0,
        };
        let shape = value.shape();
        let [.., rows, columns] = shape[..] else {
            return Err(format!("a tensor of shape {shape:?} holds no matrices"));
        };
        let kept = (0..rows as i64).flat_map(|row| {
            let first = diagonal.saturating_add(row);
            (0..columns as i64).map(move |column| {
                if upper {
                    column >= first
                } else {
                    column <= first
                }
            })
        });
        let kept = TensorData::new(kept.collect::<Vec<bool>>(), [rows, columns]);
        let kept = Value::from_data(kept, &value.tensor().device());
        let kept = value::with_rank(kept, shape.len())?.expand(shape.clone());
        let zeros = value.filled(shape, 0.0);
        Ok(vec![zeros.replace_where(kept.tensor().clone(), value)?])
    }))
}
