//! Choices and loops: graphs inside of nodes.
//!
//! The branches of an `If` lie among the nodes of the main graph already (see `branches`); here it
//! chooses between what they gave. `Loop` and `Scan` run their graph again and again.

use burn::tensor::TensorData;

use super::floats::Floats;
use super::inputs::Inputs;
use super::operator::{Refusal, Request, Run, bounded, invalid};
use crate::value::{self, Value};

/// How many steps a loop may take.
const MOST_STEPS: i64 = 1 << 24;

fn truth(value: Value) -> Result<bool, String> {
    Ok(value.to_int().integer("the condition")? != 0)
}

/// Gives what the branch gave that the condition chose. The inputs are the condition, what one branch
/// gives, and what the other does; where the condition stands in the file, only that one.
pub(super) fn choose(request: &Request) -> Result<Run, Refusal> {
    let outputs = request.declared_outputs;
    Ok(Box::new(move |mut inputs: Inputs| {
        let condition = inputs.value(0)?;
        let both = inputs.has_place(2 * outputs);
        let first = if !both || truth(condition)? {
            1
        } else {
            1 + outputs
        };
        (first..first + outputs)
            .map(|index| {
                inputs
                    .value(index)
                    .map_err(|_| "a branch gives nothing".to_owned())
            })
            .collect()
    }))
}

/// Entries of an axis joined again; the axis is new where `inserted`.
fn stacked(parts: Vec<Value>, axis: i64) -> Result<Value, String> {
    let rank = parts.first().map_or(0, Value::rank);
    let axis = value::axis(axis, rank + 1)?;
    let parts = parts
        .into_iter()
        .map(|part| {
            let mut shape = part.shape();
            shape.insert(axis, 1);
            part.reshape(shape)
        })
        .collect::<Result<Vec<_>, _>>()?;
    let mut whole = parts[0].shape();
    whole[axis] = parts.len();
    bounded(&whole)?;
    if whole.contains(&0) {
        return Ok(parts[0].filled(whole, 0.0));
    }
    Value::concatenate(parts, axis)
}

/// Runs its graph as long as a condition holds, at most as often as a count says; what the graph
/// carries goes from step to step, what it scans is collected.
pub(super) fn repeat(request: &Request) -> Result<Run, Refusal> {
    let body = (request.body)("body")?;
    let device = request.device.clone();
    let outputs = request.declared_outputs;
    let carried = body
        .inputs
        .checked_sub(2)
        .filter(|&carried| body.outputs > carried && request.inputs >= carried + 2);
    let Some(carried) = carried else {
        return invalid("its graph does not take the step, the condition and what is carried");
    };
    Ok(Box::new(move |mut inputs: Inputs| {
        let most = match inputs.optional(0) {
            Some(most) => Some(most.integer("the count")?),
            None => None,
        };
        let mut goes_on = match inputs.optional(1) {
            Some(condition) => truth(condition)?,
            None => true,
        };
        let outer = inputs.places(&body.captured);
        let mut state: Vec<Option<Value>> = (2..2 + carried).map(|i| inputs.optional(i)).collect();
        let scanned = body.outputs - 1 - carried;
        let mut collected: Vec<Vec<Value>> = vec![Vec::new(); scanned];
        let mut step = 0;
        while goes_on && most.is_none_or(|most| step < most) {
            if step == MOST_STEPS {
                return Err(format!("it does not end after {MOST_STEPS} steps"));
            }
            let number = Value::from_data(TensorData::new(vec![step], [0; 0]), &device);
            let holds = Value::from_data(TensorData::new(vec![true], [0; 0]), &device);
            let mut given = vec![Some(number), Some(holds)];
            given.append(&mut state);
            let mut results = (body.run)(given, &outer)?.into_iter();
            goes_on = truth(results.next().ok_or("its graph gives no condition")?)?;
            state = results.by_ref().take(carried).map(Some).collect();
            for (list, part) in collected.iter_mut().zip(results) {
                list.push(part);
            }
            step += 1;
        }
        let mut results = state
            .into_iter()
            .map(|value| value.ok_or_else(|| "what it carries is missing".to_owned()))
            .collect::<Result<Vec<_>, _>>()?;
        for parts in collected.into_iter().take(outputs.saturating_sub(carried)) {
            results.push(if parts.is_empty() {
                let none = TensorData::new(Vec::<f32>::new(), [0]);
                Value::from_data(none, &device)
            } else {
                stacked(parts, 0)?
            });
        }
        Ok(results)
    }))
}

/// Runs its graph for each entry of its last inputs along an axis.
///
/// Source: <https://onnx.ai/onnx/operators/onnx__Scan.html>.
pub(super) fn scan(request: &Request) -> Result<Run, Refusal> {
    let attributes = &request.attributes;
    if request.opset < 9 {
        return super::operator::unsupported("Scan of operator set 8, with sequences of samples");
    }
    let body = (request.body)("body")?;
    let scanned = attributes.size("num_scan_inputs", 0)?;
    let inputs_before = body.inputs.checked_sub(scanned);
    let collected = inputs_before.and_then(|carried| body.outputs.checked_sub(carried));
    let (Some(carried), Some(collected)) = (inputs_before, collected) else {
        return invalid("its graph does not take what is carried and scanned");
    };
    if scanned == 0 || request.inputs < body.inputs {
        return invalid("nothing is scanned");
    }
    let list = |name: &str, count: usize| -> Result<Vec<i64>, Refusal> {
        match attributes.ints(name)? {
            None => Ok(vec![0; count]),
            Some(list) if list.len() == count => Ok(list.to_vec()),
            Some(list) => invalid(format!("attribute '{name}' has {} numbers", list.len())),
        }
    };
    let axes = list("scan_input_axes", scanned)?;
    let backwards = list("scan_input_directions", scanned)?;
    let output_axes = list("scan_output_axes", collected)?;
    let output_backwards = list("scan_output_directions", collected)?;
    Ok(Box::new(move |mut inputs: Inputs| {
        let outer = inputs.places(&body.captured);
        let mut state = (0..carried)
            .map(|index| inputs.value(index).map(Some))
            .collect::<Result<Vec<_>, _>>()?;
        let mut sequences = Vec::with_capacity(scanned);
        let mut steps = None;
        for (number, &axis) in axes.iter().enumerate() {
            let sequence = inputs.value(carried + number)?;
            let axis = value::axis(axis, sequence.rank())?;
            let length = sequence.shape()[axis];
            if *steps.get_or_insert(length) != length {
                return Err("the sequences are not equally long".into());
            }
            sequences.push((sequence, axis));
        }
        let steps = steps.unwrap_or(0);
        if steps == 0 {
            return Err("the sequences are empty".into());
        }
        let mut results: Vec<Vec<Value>> = vec![Vec::new(); collected];
        for step in 0..steps {
            let mut given = state;
            for ((sequence, axis), &backwards) in sequences.iter().zip(&backwards) {
                let index = if backwards == 0 {
                    step
                } else {
                    steps - 1 - step
                };
                given.push(Some(entry(sequence, *axis, index)?));
            }
            let mut found = (body.run)(given, &outer)?.into_iter();
            state = found.by_ref().take(carried).map(Some).collect();
            for (list, part) in results.iter_mut().zip(found) {
                list.push(part);
            }
        }
        let mut all: Vec<Value> = state.into_iter().flatten().collect();
        for (number, mut parts) in results.into_iter().enumerate() {
            if output_backwards[number] != 0 {
                parts.reverse();
            }
            if parts.is_empty() {
                return Err("its graph gives nothing to collect".into());
            }
            all.push(stacked(parts, output_axes[number])?);
        }
        Ok(all)
    }))
}

/// One entry of an axis, which is gone.
fn entry(value: &Value, axis: usize, index: usize) -> Result<Value, String> {
    let mut shape = value.shape();
    if shape.contains(&0) {
        shape.remove(axis);
        return Ok(value.filled(shape, 0.0));
    }
    let part = match value {
        Value::Float(x) => Floats::from(x.clone())
            .part(axis, index..index + 1)?
            .value(),
        other => {
            let indices = Value::from_ints(vec![index as i64], &other.device());
            other.clone().select(axis, indices.tensor().clone())
        }
    };
    shape.remove(axis);
    part.reshape(shape)
}
