//! Elements picked and put by positions that are computed: gathered, scattered, compressed.
//!
//! All of them come down to positions in the tensor as one long row, worked out on the host, and one
//! choice of elements from it. That choice is Burn's, and so is its gradient; for what is put, the
//! row is the tensor followed by the updates.

use burn::backend::Dispatch;
use burn::backend::ops::FloatTensorOps;
use burn::tensor::{IndexingUpdateOp, TensorData};

use super::elementwise;
use super::inputs::Inputs;
use super::operator::{Refusal, Request, Run, bounded, invalid};
use crate::value::{self, Value};

/// Elements of a tensor as one long row, by their positions in it.
pub(super) fn pick(value: Value, positions: Vec<i64>, shape: Vec<usize>) -> Result<Value, String> {
    bounded(&shape)?;
    if positions.is_empty() {
        return Ok(value.filled(shape, 0.0));
    }
    let (device, count) = (value.device(), value.len());
    let indices = Value::from_ints(positions, &device);
    let row = value.reshape(vec![count])?;
    row.select(0, indices.tensor().clone()).reshape(shape)
}

/// How far apart neighbours along each axis lie in the row.
pub(super) fn strides(shape: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; shape.len()];
    for axis in (1..shape.len()).rev() {
        strides[axis - 1] = strides[axis] * shape[axis];
    }
    strides
}

/// Each place of a tensor, in the order of its row.
pub(super) fn places(shape: &[usize]) -> impl Iterator<Item = Vec<usize>> + '_ {
    let strides = strides(shape);
    let count: usize = shape.iter().product();
    (0..count).map(move |position| {
        strides
            .iter()
            .zip(shape)
            .map(|(&stride, &size)| position / stride % size)
            .collect()
    })
}

/// An index that may count from the end, inside of an axis.
fn inside(index: i64, size: usize) -> Result<usize, String> {
    let counted = if index < 0 {
        index.saturating_add(size as i64)
    } else {
        index
    };
    usize::try_from(counted)
        .ok()
        .filter(|&index| index < size)
        .ok_or_else(|| format!("index {index} lies outside of an axis of {size}"))
}

/// The positions that indices of elements name along one axis; their other axes must not be longer.
fn along_axis(
    shape: &[usize],
    axis: usize,
    (indices, sizes): (&[i64], &[usize]),
) -> Result<Vec<i64>, String> {
    let fits = sizes.len() == shape.len()
        && (0..shape.len()).all(|other| other == axis || sizes[other] <= shape[other]);
    if !fits {
        return Err(format!(
            "indices of shape {sizes:?} do not fit {shape:?} along axis {axis}"
        ));
    }
    let strides = strides(shape);
    places(sizes)
        .zip(indices)
        .map(|(mut place, &index)| {
            place[axis] = inside(index, shape[axis])?;
            let position: usize = place.iter().zip(&strides).map(|(p, s)| p * s).sum();
            Ok(position as i64)
        })
        .collect()
}

/// An element for each index, from the same place but for one axis.
pub(super) fn gather_elements(request: &Request) -> Result<Run, Refusal> {
    let axis = request.attributes.int("axis", 0)?;
    Ok(Box::new(move |mut inputs: Inputs| {
        let value = inputs.value(0)?;
        let (indices, sizes) = inputs.shaped_ints(1)?;
        let axis = value::axis(axis, value.rank())?;
        let positions = along_axis(&value.shape(), axis, (&indices, &sizes))?;
        Ok(vec![pick(value, positions, sizes)?])
    }))
}

/// The blocks that lists of indices name: where each begins in the row, and its shape.
fn blocks(
    shape: &[usize],
    batch: usize,
    (indices, sizes): (&[i64], &[usize]),
) -> Result<(Vec<usize>, Vec<usize>), String> {
    let wrong = || {
        format!("indices of shape {sizes:?} do not name blocks of {shape:?} behind {batch} axes")
    };
    let depth = *sizes.last().ok_or_else(wrong)?;
    let end = batch.checked_add(depth).filter(|&end| end <= shape.len());
    let end = end.ok_or_else(wrong)?;
    if sizes.len() <= batch || sizes[..batch] != shape[..batch] {
        return Err(wrong());
    }
    let strides = strides(shape);
    let lists: usize = sizes[..sizes.len() - 1].iter().product();
    let samples: usize = sizes[..batch].iter().product();
    let each = lists.checked_div(samples).unwrap_or(0).max(1);
    let sample_size: usize = shape[batch..].iter().product();
    let starts = (0..lists)
        .map(|list| {
            let mut start = list / each * sample_size;
            for level in 0..depth {
                let axis = batch + level;
                start += inside(indices[list * depth + level], shape[axis])? * strides[axis];
            }
            Ok(start)
        })
        .collect::<Result<Vec<_>, String>>()?;
    Ok((starts, shape[end..].to_vec()))
}

/// Every position of blocks that begin at these.
fn positions_of(starts: &[usize], block: &[usize]) -> Vec<i64> {
    let size: usize = block.iter().product();
    starts
        .iter()
        .flat_map(|&start| (start..start + size).map(|position| position as i64))
        .collect()
}

/// The blocks that lists of indices name, behind `batch_dims` axes that both have.
pub(super) fn gather_nd(request: &Request) -> Result<Run, Refusal> {
    let batch = request.attributes.size("batch_dims", 0)?;
    Ok(Box::new(move |mut inputs: Inputs| {
        let value = inputs.value(0)?;
        let (indices, sizes) = inputs.shaped_ints(1)?;
        let (starts, block) = blocks(&value.shape(), batch, (&indices, &sizes))?;
        let mut shape = sizes[..sizes.len() - 1].to_vec();
        shape.extend(&block);
        bounded(&shape)?;
        Ok(vec![pick(value, positions_of(&starts, &block), shape)?])
    }))
}

/// What becomes of an element that an update is put on.
#[derive(Clone, Copy)]
enum Update {
    Replace,
    Add,
    Multiply,
    Largest,
    Smallest,
}

impl Update {
    fn read(request: &Request) -> Result<Self, Refusal> {
        Ok(match request.attributes.string("reduction", "none")? {
            "none" => Self::Replace,
            "add" => Self::Add,
            "mul" => Self::Multiply,
            "max" => Self::Largest,
            "min" => Self::Smallest,
            other => return invalid(format!("attribute 'reduction' is '{other}'")),
        })
    }

    /// Puts updates, one for each position of the row, on a tensor.
    fn put(self, value: Value, positions: &[i64], updates: Value) -> Result<Value, String> {
        value.same_type(&updates)?;
        if updates.len() != positions.len() {
            return Err(format!(
                "{} updates for {} places",
                updates.len(),
                positions.len()
            ));
        }
        let (shape, count) = (value.shape(), value.len());
        if positions.is_empty() || count == 0 {
            return Ok(value);
        }
        let updates = updates.reshape(vec![positions.len()])?;
        if let (Self::Add, Value::Float(_)) = (self, &value) {
            let indices = Value::from_ints(positions.to_vec(), &value.device());
            let row = value.reshape(vec![count])?.into_float()?;
            let sum = Dispatch::float_select_assign(
                row,
                0,
                indices.tensor().clone(),
                updates.into_float()?,
                IndexingUpdateOp::Add,
            );
            return Value::Float(sum).reshape(shape);
        }
        // One update on each place at a time: those on one place follow each other.
        let mut row = value.reshape(vec![count])?;
        for round in self.rounds(positions) {
            let mut sources: Vec<i64> = (0..count as i64).collect();
            for &(position, update) in &round {
                sources[position] = (count + update) as i64;
            }
            let joined = Value::concatenate(vec![row.clone(), updates.clone()], 0)?;
            let chosen = pick(joined, sources.clone(), vec![count])?;
            row = match self {
                Self::Replace => chosen,
                _ => {
                    let changed: Vec<bool> = sources.iter().map(|&s| s >= count as i64).collect();
                    let mask = TensorData::new(changed, [count]);
                    let mask = Value::from_data(mask, &row.device());
                    let both = match self {
                        Self::Multiply => elementwise::product_of(row.clone(), chosen)?,
                        Self::Largest => elementwise::larger(row.clone(), chosen)?,
                        Self::Smallest => elementwise::smaller(row.clone(), chosen)?,
                        _ => elementwise::sum_of(row.clone(), chosen)?,
                    };
                    row.replace_where(mask.tensor().clone(), both)?
                }
            };
        }
        row.reshape(shape)
    }

    /// The updates in rounds that name no place twice. Of those that replace, only the last on each
    /// place counts.
    fn rounds(self, positions: &[i64]) -> Vec<Vec<(usize, usize)>> {
        let mut met = std::collections::HashMap::new();
        let mut rounds: Vec<Vec<(usize, usize)>> = Vec::new();
        for (update, &position) in positions.iter().enumerate() {
            let round = met.entry(position).or_insert(0_usize);
            if matches!(self, Self::Replace) {
                *round = 0;
            }
            if rounds.len() == *round {
                rounds.push(Vec::new());
            }
            rounds[*round].push((position as usize, update));
            *round += 1;
        }
        rounds
    }
}

/// Puts updates where indices of elements name places along one axis.
pub(super) fn scatter_elements(request: &Request) -> Result<Run, Refusal> {
    let axis = request.attributes.int("axis", 0)?;
    let update = Update::read(request)?;
    Ok(Box::new(move |mut inputs: Inputs| {
        let value = inputs.value(0)?;
        let (indices, sizes) = inputs.shaped_ints(1)?;
        let updates = inputs.value(2)?;
        let axis = value::axis(axis, value.rank())?;
        let positions = along_axis(&value.shape(), axis, (&indices, &sizes))?;
        Ok(vec![update.put(value, &positions, updates)?])
    }))
}

/// Puts blocks of updates where lists of indices name them.
pub(super) fn scatter_nd(request: &Request) -> Result<Run, Refusal> {
    let update = Update::read(request)?;
    Ok(Box::new(move |mut inputs: Inputs| {
        let value = inputs.value(0)?;
        let (indices, sizes) = inputs.shaped_ints(1)?;
        let updates = inputs.value(2)?;
        let (starts, block) = blocks(&value.shape(), 0, (&indices, &sizes))?;
        let positions = positions_of(&starts, &block);
        Ok(vec![update.put(value, &positions, updates)?])
    }))
}

/// Writes updates into a cache along an axis, each sample from its own place on; around the end in
/// the mode `circular`.
pub(super) fn tensor_scatter(request: &Request) -> Result<Run, Refusal> {
    let axis = request.attributes.int("axis", -2)?;
    let circular = match request.attributes.string("mode", "linear")? {
        "linear" => false,
        "circular" => true,
        other => return invalid(format!("attribute 'mode' is '{other}'")),
    };
    Ok(Box::new(move |mut inputs: Inputs| {
        let (cache, update) = (inputs.value(0)?, inputs.value(1)?);
        let (shape, sizes) = (cache.shape(), update.shape());
        let axis = value::axis(axis, shape.len())?;
        let fits = sizes.len() == shape.len()
            && axis > 0
            && (0..shape.len()).all(|other| {
                sizes[other] == shape[other] || (other == axis && sizes[other] < shape[other])
            });
        if !fits {
            return Err(format!(
                "updates of shape {sizes:?} do not fit a cache of {shape:?}"
            ));
        }
        let starts = match inputs.optional_ints(2)? {
            Some(starts) if starts.len() == shape[0] => starts,
            Some(starts) => {
                return Err(format!("{} places for {} samples", starts.len(), shape[0]));
            }
            None => vec![0; shape[0]],
        };
        let strides = strides(&shape);
        let positions = places(&sizes)
            .map(|mut place| {
                let index = starts[place[0]].saturating_add(place[axis] as i64);
                place[axis] = if circular {
                    index.rem_euclid(shape[axis] as i64) as usize
                } else {
                    inside(index, shape[axis])?
                };
                let position: usize = place.iter().zip(&strides).map(|(p, s)| p * s).sum();
                Ok(position as i64)
            })
            .collect::<Result<Vec<_>, String>>()?;
        Ok(vec![Update::Replace.put(cache, &positions, update)?])
    }))
}

/// The entries of an axis, or of the whole row, at which a condition holds.
pub(super) fn compress(request: &Request) -> Result<Run, Refusal> {
    let axis = if request.attributes.has("axis") {
        Some(request.attributes.int("axis", 0)?)
    } else {
        None
    };
    Ok(Box::new(move |mut inputs: Inputs| {
        let value = inputs.value(0)?;
        let condition = Value::Bool(inputs.bool(1)?).into_data()?;
        let chosen: Vec<i64> = condition
            .iter::<bool>()
            .zip(0..)
            .filter(|(holds, _)| *holds)
            .map(|(_, index)| index)
            .collect();
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
        let mut shape = value.shape();
        if chosen
            .last()
            .is_some_and(|&last| last >= shape[axis] as i64)
        {
            return Err(format!(
                "the condition is longer than axis {axis} of {shape:?}"
            ));
        }
        shape[axis] = chosen.len();
        if shape.contains(&0) {
            return Ok(vec![value.filled(shape, 0.0)]);
        }
        let indices = Value::from_ints(chosen, &value.device());
        Ok(vec![value.select(axis, indices.tensor().clone())])
    }))
}

/// The first entries of each sequence in the opposite order, as many as its length says.
pub(super) fn reverse_sequence(request: &Request) -> Result<Run, Refusal> {
    let batch = request.attributes.int("batch_axis", 1)?;
    let time = request.attributes.int("time_axis", 0)?;
    Ok(Box::new(move |mut inputs: Inputs| {
        let value = inputs.value(0)?;
        let lengths = inputs.ints(1)?;
        let shape = value.shape();
        let (batch, time) = (
            value::axis(batch, shape.len())?,
            value::axis(time, shape.len())?,
        );
        if batch == time || lengths.len() != shape[batch] {
            return Err(format!("{} lengths for shape {shape:?}", lengths.len()));
        }
        let strides = strides(&shape);
        let positions = places(&shape)
            .map(|mut place| {
                let length = usize::try_from(lengths[place[batch]])
                    .ok()
                    .filter(|&length| length <= shape[time])
                    .ok_or("a length lies outside of its axis")?;
                if place[time] < length {
                    place[time] = length - 1 - place[time];
                }
                let position: usize = place.iter().zip(&strides).map(|(p, s)| p * s).sum();
                Ok(position as i64)
            })
            .collect::<Result<Vec<_>, String>>()?;
        Ok(vec![pick(value, positions, shape)?])
    }))
}

/// One of two numbers at each place of a new axis: the second where an index names the place.
pub(super) fn one_hot(request: &Request) -> Result<Run, Refusal> {
    let axis = request.attributes.int("axis", -1)?;
    Ok(Box::new(move |mut inputs: Inputs| {
        let indices = inputs.value(0)?;
        let sizes = indices.shape();
        let indices: Vec<f64> = crate::tensor::values(&indices.into_data()?);
        let depth = inputs.value(1)?.number("the depth")?;
        let values = inputs.value(2)?;
        if values.len() != 2 {
            return Err(format!(
                "values of shape {:?}, expected two numbers",
                values.shape()
            ));
        }
        let axis = value::axis(axis, sizes.len() + 1)?;
        if !(1.0..=f64::from(i32::MAX)).contains(&depth) {
            return Err(format!("a depth of {depth}"));
        }
        let depth = depth as usize;
        let mut shape = sizes.clone();
        shape.insert(axis, depth);
        bounded(&shape)?;
        let inner: usize = sizes[axis..].iter().product();
        let count: usize = shape.iter().product();
        let positions = (0..count).map(|position| {
            let (outer, place) = (
                position / inner.max(1) / depth,
                position / inner.max(1) % depth,
            );
            let index = indices[outer * inner + position % inner.max(1)];
            // What lies outside names no place.
            let index = if index < 0.0 {
                index + depth as f64
            } else {
                index
            };
            i64::from(index.trunc() == place as f64)
        });
        Ok(vec![pick(values, positions.collect(), shape)?])
    }))
}
