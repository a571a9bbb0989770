//! Batches of another size than a network can take at once.
//!
//! A network's file may fix the size of the batch in places that nobody can tell: a size that images
//! are resized to, a constant that is joined, a shape. So it is tried, once: the same samples run
//! together and run in batches of the size that the file declares (of one, where it declares none) must
//! give the same. Where they do not, batches are run in parts of that size.

use burn::backend::DispatchTensor;
use burn::tensor::{Slice, TensorData};

use super::Network;
use super::watched::Watched;
use crate::batching::Batches;
use crate::error::{Error, Result};
use crate::facts::Role;
use crate::graph::ValueId;
use crate::training::TrainingPass;
use crate::value::Value;

/// How far results may lie apart, as a part of their magnitude, and still be the same: matrix
/// products of other sizes add up in another order.
const ROUNDING: f64 = 1e-3;

/// What of a value is compared: how many elements, their sum, the sum of their magnitudes and of their
/// squares. Where an axis of samples lies hidden among others, these still tell.
#[derive(Clone, Copy, Default)]
struct Moments([f64; 4]);

impl Moments {
    fn of(value: &Value) -> Self {
        let Ok(data) = value.clone().into_data() else {
            return Self::default();
        };
        let mut sums = [0.0; 4];
        for number in data.iter::<f64>() {
            sums[0] += 1.0;
            sums[1] += number;
            sums[2] += number.abs();
            sums[3] += number * number;
        }
        Self(sums)
    }

    fn add(&mut self, other: Self) {
        for (sum, more) in self.0.iter_mut().zip(other.0) {
            *sum += more;
        }
    }

    fn agrees(self, other: Self) -> bool {
        let near = |a: f64, b: f64, size: f64| {
            (a - b).abs() <= ROUNDING * size + 1e-6 || (!a.is_finite() && !b.is_finite())
        };
        let ([count, sum, size, squares], [counted, total, magnitude, squared]) = (self.0, other.0);
        count == counted
            && near(sum, total, size.max(magnitude))
            && near(size, magnitude, size.max(magnitude))
            && near(squares, squared, squares.max(squared))
    }
}

/// What a network gave in a trial: its outputs, and the moments of what its rectifiers saw.
struct Trial {
    outputs: Vec<Value>,
    moments: Vec<Moments>,
}

impl Network {
    /// Why batches are run in parts, if they are; known once a batch was run.
    pub fn runs_in_parts(&self) -> Option<&str> {
        match self.batching.known() {
            Some(Batches::Apart(why)) => Some(why),
            _ => None,
        }
    }

    /// The size of the batch that the file declares.
    pub fn declared_batch(&self) -> Option<usize> {
        let mut sizes = self.inputs.iter().filter_map(|input| {
            let axis = input.samples?;
            Some(input.shape.get(axis).copied().flatten())
        });
        let first = sizes.next()??;
        (first > 0 && sizes.all(|size| size == Some(first))).then_some(first)
    }

    /// How many samples these inputs hold, if they agree.
    fn samples(&self, inputs: &[Value]) -> Option<usize> {
        let inputs = self.inputs.iter().zip(inputs);
        let mut counts = inputs.filter_map(|(input, value)| {
            let axis = input.samples?;
            Some(value.shape().get(axis).copied())
        });
        let first = counts.next()??;
        counts.all(|count| count == Some(first)).then_some(first)
    }

    /// Whether these inputs are of the very shapes that the file declares.
    fn are_as_declared(&self, inputs: &[Value]) -> bool {
        self.inputs.iter().zip(inputs).all(|(input, value)| {
            let declared: Option<Vec<usize>> = input.shape.iter().copied().collect();
            input.ranked && declared == Some(value.shape())
        })
    }

    /// The size of the parts in which this batch must be run, if it cannot be run at once.
    pub(super) fn part_size(&self, inputs: &[Value]) -> Option<usize> {
        if self.are_as_declared(inputs) || inputs.iter().any(Value::is_empty) {
            return None;
        }
        let samples = self.samples(inputs)?;
        let unit = self.declared_batch().unwrap_or(1);
        if samples == unit || samples == 0 {
            return None;
        }
        if self.batching.known().is_none() {
            self.find_out(inputs, samples, unit);
        }
        let apart = matches!(self.batching.known(), Some(Batches::Apart(_)));
        (apart && samples % unit == 0).then_some(unit)
    }

    /// Tries whether samples can be run together, and notes it. Samples that are all alike tell
    /// nothing.
    fn find_out(&self, inputs: &[Value], samples: usize, unit: usize) {
        let (chosen, alone) = if unit == 1 {
            let Some(other) = self.different(inputs, samples) else {
                return;
            };
            (vec![0, other], vec![vec![0], vec![other]])
        } else {
            // As many as are there, run together and filled up to the declared size.
            let few = samples.min(unit + 1);
            let filled = (0..unit).map(|index| index % few).collect();
            ((0..few).collect(), vec![filled])
        };
        let together = self.trial(self.chosen(inputs, &chosen));
        let apart: Result<Vec<Trial>> = alone
            .iter()
            .map(|chosen| self.trial(self.chosen(inputs, chosen)))
            .collect();
        let declared = match self.declared_batch() {
            Some(size) => format!("its file declares batches of {size}, and "),
            None => String::new(),
        };
        match (together, apart) {
            (Ok(together), Ok(apart)) if self.same(&together, &apart, unit) => {
                self.batching.note(Batches::Together);
            }
            (Ok(_), Ok(_)) => self.batching.note(Batches::Apart(format!(
                "{declared}samples that run together change each other's results"
            ))),
            (Err(error), Ok(_)) => self.batching.note(Batches::Apart(format!(
                "{declared}samples do not run together: {error}"
            ))),
            // What is wrong is wrong with any batch: the run itself says it.
            (_, Err(_)) => {}
        }
    }

    /// The first sample that differs from sample 0 in any input.
    fn different(&self, inputs: &[Value], samples: usize) -> Option<usize> {
        let data = |sample: usize| -> Option<Vec<TensorData>> {
            let values = self.chosen(inputs, &[sample]).into_iter();
            values.map(|value| value.into_data().ok()).collect()
        };
        let first = data(0)?;
        (1..samples).find(|&sample| data(sample).is_some_and(|other| other != first))
    }

    /// Some samples of a batch.
    fn chosen(&self, inputs: &[Value], samples: &[usize]) -> Vec<Value> {
        let inputs = self.inputs.iter().zip(inputs);
        inputs
            .map(|(input, value)| match input.samples {
                Some(axis) if axis < value.rank() => {
                    let positions = samples.iter().map(|&sample| sample as i64).collect();
                    let indices = Value::from_ints(positions, &self.device);
                    value.clone().select(axis, indices.tensor().clone())
                }
                _ => value.clone(),
            })
            .collect()
    }

    fn trial(&self, inputs: Vec<Value>) -> Result<Trial> {
        let parameters: Vec<DispatchTensor> =
            self.parameters.iter().map(|p| p.tensor.clone()).collect();
        let wanted: Vec<ValueId> = self.outputs.iter().map(|output| output.value).collect();
        let seen = self.nodes().iter().filter_map(|node| match node.role {
            Role::Rectifier(_) => node.input(0),
            _ => None,
        });
        let mut seen: Vec<ValueId> = seen.collect();
        seen.sort_unstable();
        seen.dedup();
        let mut moments = vec![Moments::default(); seen.len()];
        let observe = |id: ValueId, value: &Value| {
            if let Ok(place) = seen.binary_search(&id) {
                moments[place] = Moments::of(value);
            }
        };
        let watching = (Watched::Some(&seen), observe);
        let outputs = self.execute_at_once(&parameters, inputs, &wanted, None, watching)?;
        Ok(Trial { outputs, moments })
    }

    /// Whether a trial of all samples gave what trials of parts gave.
    fn same(&self, together: &Trial, apart: &[Trial], unit: usize) -> bool {
        // Parts that were filled up hold other samples too; the outputs alone can be compared.
        let mut same = unit > 1
            || together.moments.iter().enumerate().all(|(index, moments)| {
                let mut sum = Moments::default();
                for part in apart {
                    sum.add(part.moments[index]);
                }
                moments.agrees(sum)
            });
        let outputs = self.outputs.iter().zip(&together.outputs).enumerate();
        for (index, (output, whole)) in outputs {
            if self.is_constant(output.value) {
                continue;
            }
            let parts: Vec<&Value> = apart.iter().map(|part| &part.outputs[index]).collect();
            same &= same_output(whole, &parts, self.declared_batch().is_some());
        }
        same
    }

    /// Runs a batch in parts of a size. What is wanted is joined along its axis of samples.
    pub(super) fn execute_in_parts(
        &self,
        parameters: &[DispatchTensor],
        inputs: &[Value],
        (wanted, size): (&[ValueId], usize),
        training: Option<&TrainingPass>,
        (watched, mut observe): (Watched, impl FnMut(ValueId, &Value)),
    ) -> Result<Vec<Value>> {
        if training.is_some_and(|pass| pass.needs_whole_batches(self.nodes())) {
            return Err(Error::Invalid(format!(
                "its batches are run in parts of {size} ({}), so that its batch normalisations cannot \
                 take the statistics of a batch",
                self.runs_in_parts().unwrap_or_default()
            )));
        }
        let samples = self.samples(inputs).unwrap_or(0);
        let mut found: Vec<Vec<Value>> = vec![Vec::new(); wanted.len()];
        for start in (0..samples).step_by(size) {
            let part: Vec<usize> = (start..start + size).collect();
            let part = self.chosen(inputs, &part);
            let watching = (watched, &mut observe);
            let values = self.execute_at_once(parameters, part, wanted, training, watching)?;
            if let Some(pass) = training {
                pass.next_part();
            }
            for (list, value) in found.iter_mut().zip(values) {
                list.push(value);
            }
        }
        let joined = wanted.iter().zip(found);
        joined
            .map(|(id, mut parts)| {
                if self.is_constant(*id) {
                    return Ok(parts.swap_remove(0));
                }
                let shape = parts[0].shape();
                if shape.is_empty() {
                    parts = parts
                        .into_iter()
                        .map(|part| part.reshape(vec![1]))
                        .collect::<std::result::Result<_, _>>()
                        .map_err(Error::Invalid)?;
                }
                // Samples stand first, except where another axis alone has their number.
                let axis = match shape.first() {
                    Some(first) if *first != size => {
                        shape.iter().position(|&other| other == size).unwrap_or(0)
                    }
                    _ => 0,
                };
                Value::concatenate(parts, axis).map_err(|reason| {
                    Error::Invalid(format!(
                        "'{}' is not one for each sample: {reason}",
                        self.value_name(*id)
                    ))
                })
            })
            .collect()
    }
}

/// Whether an output of all samples is made of the outputs of the parts, along the axis that grows.
/// One that does not grow with the samples says nothing, unless the file declares the batch.
fn same_output(whole: &Value, parts: &[&Value], strict: bool) -> bool {
    let shape = whole.shape();
    let Some(part) = parts.first() else {
        return true;
    };
    let own = part.shape();
    if own.len() != shape.len() {
        return !strict;
    }
    let grown: Vec<usize> = (0..shape.len())
        .filter(|&axis| shape[axis] != own[axis])
        .collect();
    let [axis] = grown[..] else { return !strict };
    let mut start = 0;
    for part in parts {
        let size = part.shape()[axis].min(shape[axis] - start.min(shape[axis]));
        let piece = |value: &Value, start: usize| {
            let sizes = value.shape();
            let slices: Vec<Slice> = sizes
                .iter()
                .enumerate()
                .map(|(index, &length)| {
                    let (from, to) = if index == axis {
                        (start, start + size)
                    } else {
                        (0, length)
                    };
                    Slice::new(from as isize, Some(to as isize), 1)
                })
                .collect();
            value.clone().slice(&slices).into_data().ok()
        };
        if size == 0 || whole.is_empty() {
            return !strict;
        }
        let (Some(a), Some(b)) = (piece(whole, start), piece(part, 0)) else {
            return false;
        };
        if !near(&a, &b) {
            return false;
        }
        start += size;
    }
    true
}

fn near(a: &TensorData, b: &TensorData) -> bool {
    let magnitude = b.iter::<f64>().filter(|n| n.is_finite());
    let magnitude = magnitude.fold(0.0, |most: f64, number| most.max(number.abs()));
    a.shape() == b.shape()
        && a.iter::<f64>().zip(b.iter::<f64>()).all(|(a, b)| {
            (a - b).abs() <= ROUNDING * magnitude + 1e-6 || (!a.is_finite() && !b.is_finite())
        })
}
