//! What is looked for among elements: the largest, those that are not zero, boxes that do not overlap.
//!
//! The search is the host's; where elements are given on, they are picked, with their gradient.

use std::cmp::Ordering;

use burn::tensor::TensorData;

use super::inputs::Inputs;
use super::operator::{Refusal, Request, Run, bounded};
use super::picking::{pick, strides};
use crate::tensor;
use crate::value::{self, Value};

/// The largest or smallest elements along an axis, and their places.
pub(super) fn top_k(request: &Request) -> Result<Run, Refusal> {
    let axis = request.attributes.int("axis", -1)?;
    let largest = request.attributes.flag("largest", true)?;
    // Until operator set 9 the number is an attribute.
    let named = match request.opset < 10 {
        true => Some(request.attributes.size("k", 0)?),
        false => None,
    };
    Ok(Box::new(move |mut inputs: Inputs| {
        let value = inputs.value(0)?;
        if let Value::Bool(_) = value {
            return Err("truth values have no largest element".into());
        }
        let count = match named {
            Some(count) => count,
            None => {
                let count = inputs.value(1)?.integer("how many")?;
                usize::try_from(count).map_err(|_| format!("{count} elements are asked for"))?
            }
        };
        let mut shape = value.shape();
        let axis = value::axis(axis, shape.len())?;
        let size = shape[axis];
        if count > size {
            return Err(format!("{count} elements of an axis of {size}"));
        }
        let device = value.device();
        let numbers: Vec<f64> = match &value {
            // Integers beyond 2^53 would lose their order as floats.
            Value::Int(_) => Vec::new(),
            _ => tensor::values(&value.clone().into_data()?),
        };
        let whole: Vec<i64> = match &value {
            Value::Int(_) => tensor::values(&value.clone().into_data()?),
            _ => Vec::new(),
        };
        let compare = |a: usize, b: usize| {
            let order = if whole.is_empty() {
                numbers[a].total_cmp(&numbers[b])
            } else {
                whole[a].cmp(&whole[b])
            };
            if largest { order.reverse() } else { order }
        };
        let stride: usize = shape[axis + 1..].iter().product();
        let outer: usize = shape[..axis].iter().product();
        shape[axis] = count;
        bounded(&shape)?;
        let (mut positions, mut indices) = (
            vec![0; outer * count * stride],
            vec![0; outer * count * stride],
        );
        for block in 0..outer {
            for inner in 0..stride {
                let at = |index: usize| (block * size + index) * stride + inner;
                let mut order: Vec<usize> = (0..size).collect();
                // Equal elements stand in the order of their places.
                order.sort_by(|&a, &b| compare(at(a), at(b)).then(a.cmp(&b)));
                for (rank, index) in order.into_iter().take(count).enumerate() {
                    let place = (block * count + rank) * stride + inner;
                    positions[place] = at(index) as i64;
                    indices[place] = index as i64;
                }
            }
        }
        let indices = TensorData::new(indices, shape.as_slice());
        Ok(vec![
            pick(value, positions, shape)?,
            Value::from_data(indices, &device),
        ])
    }))
}

/// The places of the elements that are not zero: an axis of places for each axis of the tensor.
pub(super) fn non_zero(_: &Request) -> Result<Run, Refusal> {
    Ok(Box::new(|mut inputs: Inputs| {
        let value = inputs.value(0)?;
        let (shape, device) = (value.shape(), value.device());
        let numbers: Vec<f64> = tensor::values(&value.into_data()?);
        let found: Vec<usize> = (0..numbers.len())
            .filter(|&position| numbers[position] != 0.0)
            .collect();
        let places = strides(&shape)
            .into_iter()
            .zip(&shape)
            .flat_map(|(stride, &size)| {
                found
                    .iter()
                    .map(move |position| (position / stride % size) as i64)
            });
        let data = TensorData::new(places.collect::<Vec<i64>>(), [shape.len(), found.len()]);
        Ok(vec![Value::from_data(data, &device)])
    }))
}

/// The distinct elements, or entries of an axis: where each stands first, which of them each entry
/// is, and how often it stands there.
pub(super) fn unique(request: &Request) -> Result<Run, Refusal> {
    let sorted = request.attributes.flag("sorted", true)?;
    let axis = if request.attributes.has("axis") {
        Some(request.attributes.int("axis", 0)?)
    } else {
        None
    };
    Ok(Box::new(move |mut inputs: Inputs| {
        let value = inputs.value(0)?;
        let device = value.device();
        let (value, axis) = match axis {
            Some(axis) => {
                let axis = value::axis(axis, value.rank())?;
                (value, axis)
            }
            None => {
                let count = value.len();
                (value.reshape(vec![count])?, 0)
            }
        };
        let shape = value.shape();
        if shape.contains(&0) {
            return Err(format!("a tensor of shape {shape:?} is empty"));
        }
        let numbers: Vec<f64> = tensor::values(&value.clone().into_data()?);
        let stride: usize = shape[axis + 1..].iter().product();
        let outer: usize = shape[..axis].iter().product();
        let entry = |index: usize| -> Vec<f64> {
            (0..outer)
                .flat_map(|block| {
                    let start = (block * shape[axis] + index) * stride;
                    numbers[start..start + stride].iter().copied()
                })
                .collect()
        };
        let entries: Vec<Vec<f64>> = (0..shape[axis]).map(entry).collect();
        let compare = |a: &usize, b: &usize| -> Ordering {
            let pairs = entries[*a].iter().zip(&entries[*b]);
            pairs
                .map(|(a, b)| a.total_cmp(b))
                .find(|order| order.is_ne())
                .unwrap_or(Ordering::Equal)
        };
        let mut order: Vec<usize> = (0..entries.len()).collect();
        order.sort_by(compare);
        // Runs of equal entries, each beginning with the first place.
        let mut runs: Vec<Vec<usize>> = Vec::new();
        for index in order {
            match runs.last_mut() {
                Some(run) if compare(&run[0], &index).is_eq() => run.push(index),
                _ => runs.push(vec![index]),
            }
        }
        if !sorted {
            runs.sort_by_key(|run| run[0]);
        }
        let mut inverse = vec![0_i64; entries.len()];
        for (number, run) in runs.iter().enumerate() {
            for &index in run {
                inverse[index] = number as i64;
            }
        }
        let first: Vec<i64> = runs.iter().map(|run| run[0] as i64).collect();
        let counts = runs.iter().map(|run| run.len() as i64).collect();
        let indices = Value::from_ints(first.clone(), &device);
        let chosen = value.select(axis, indices.tensor().clone());
        Ok(vec![
            chosen,
            Value::from_ints(first, &device),
            Value::from_ints(inverse, &device),
            Value::from_ints(counts, &device),
        ])
    }))
}

/// A box by its corners, ordered.
#[derive(Clone, Copy)]
struct Corners([f64; 4]);

impl Corners {
    fn new(numbers: &[f64], by_centre: bool) -> Self {
        let [a, b, c, d] = [numbers[0], numbers[1], numbers[2], numbers[3]];
        if by_centre {
            // The centre, the width and the height.
            return Self([b - d / 2.0, a - c / 2.0, b + d / 2.0, a + c / 2.0]);
        }
        Self([a.min(c), b.min(d), a.max(c), b.max(d)])
    }

    fn area(self) -> f64 {
        (self.0[2] - self.0[0]) * (self.0[3] - self.0[1])
    }

    /// What two boxes share, as a part of what they cover together.
    fn overlap(self, other: Self) -> f64 {
        let side = |low: usize| {
            let end = self.0[low + 2].min(other.0[low + 2]);
            (end - self.0[low].max(other.0[low])).max(0.0)
        };
        let shared = side(0) * side(1);
        let covered = self.area() + other.area() - shared;
        if covered > 0.0 { shared / covered } else { 0.0 }
    }
}

/// The best boxes of each class that do not overlap better ones: sample, class and box of each.
pub(super) fn non_max_suppression(request: &Request) -> Result<Run, Refusal> {
    let by_centre = request.attributes.flag("center_point_box", false)?;
    Ok(Box::new(move |mut inputs: Inputs| {
        let (boxes, scores) = (inputs.value(0)?, inputs.value(1)?);
        let device = boxes.device();
        let (corners, ranks) = (boxes.shape(), scores.shape());
        let (&[samples, count, 4], &[scored, classes, of]) = (&corners[..], &ranks[..]) else {
            return Err(format!(
                "boxes of shape {corners:?} and scores of shape {ranks:?}"
            ));
        };
        if (samples, count) != (scored, of) {
            return Err(format!(
                "boxes of shape {corners:?} do not fit scores of shape {ranks:?}"
            ));
        }
        let mut number = |index: usize, what: &str| -> Result<Option<f64>, String> {
            let value = inputs.optional(index);
            value.map(|value| value.number(what)).transpose()
        };
        let most = number(2, "the largest number of boxes")?.unwrap_or(0.0);
        let overlap = number(3, "the overlap")?.unwrap_or(0.0);
        let least = number(4, "the least score")?;
        let boxes: Vec<f64> = tensor::values(&boxes.into_data()?);
        let scores: Vec<f64> = tensor::values(&scores.into_data()?);
        let mut kept = Vec::new();
        for sample in 0..samples {
            for class in 0..classes {
                let scores = &scores[(sample * classes + class) * count..][..count];
                let corner = |index: usize| {
                    Corners::new(&boxes[(sample * count + index) * 4..][..4], by_centre)
                };
                let mut order: Vec<usize> = (0..count)
                    .filter(|&index| least.is_none_or(|least| scores[index] > least))
                    .collect();
                order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]).then(a.cmp(&b)));
                let mut chosen: Vec<usize> = Vec::new();
                for index in order {
                    if chosen.len() as f64 >= most {
                        break;
                    }
                    let covered = |&other: &usize| corner(index).overlap(corner(other)) > overlap;
                    if !chosen.iter().any(covered) {
                        chosen.push(index);
                        kept.extend([sample as i64, class as i64, index as i64]);
                    }
                }
            }
        }
        let rows = kept.len() / 3;
        Ok(vec![Value::from_data(
            TensorData::new(kept, [rows, 3]),
            &device,
        )])
    }))
}

/// One at the first largest element along an axis, zero elsewhere; until operator set 12 along all
/// axes from that one on.
pub(super) fn hard_max(request: &Request) -> Result<Run, Refusal> {
    let over_rest = request.opset < 13;
    let axis = request
        .attributes
        .int("axis", if over_rest { 1 } else { -1 })?;
    Ok(Box::new(move |mut inputs: Inputs| {
        let value = Value::Float(inputs.float(0)?);
        let shape = value.shape();
        let axis = value::axis(axis, shape.len())?;
        let (size, stride) = if over_rest {
            (shape[axis..].iter().product(), 1)
        } else {
            (shape[axis], shape[axis + 1..].iter().product::<usize>())
        };
        let dtype = burn::backend::TensorMetadata::dtype(value.tensor());
        let device = value.device();
        let numbers: Vec<f64> = tensor::values(&value.into_data()?);
        let mut marks = vec![0.0; numbers.len()];
        for start in (0..numbers.len()).filter(|position| position / stride % size == 0) {
            let along = (0..size).map(|index| start + index * stride);
            let best = along.reduce(|best, next| {
                if numbers[next] > numbers[best] {
                    next
                } else {
                    best
                }
            });
            if let Some(best) = best {
                marks[best] = 1.0;
            }
        }
        let data = TensorData::new(marks, shape.as_slice()).convert_dtype(dtype);
        Ok(vec![Value::from_data(data, &device)])
    }))
}
