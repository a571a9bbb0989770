//! Recurrent layers: one step of time after another, forwards, backwards or both.
//!
//! Composed of matrix products and activations, so that the gradient through time is Burn's.
//! The formulas are those of <https://onnx.ai/onnx/operators/onnx__LSTM.html> and of its siblings
//! GRU and RNN.

use burn::backend::Dispatch;
use burn::backend::ops::{ActivationOps, FloatTensorOps};
use burn::tensor::TensorData;

use super::floats::Floats;
use super::inputs::Inputs;
use super::operator::{Refusal, Request, Run, invalid};
use crate::value::Value;

/// An activation of a gate, with its numbers.
#[derive(Clone, Copy)]
struct Activation {
    function: fn(Floats, f64, f64) -> Result<Floats, String>,
    alpha: f64,
    beta: f64,
}

/// The activations that ONNX names, with the defaults of their numbers.
fn activation(name: &str) -> Option<Activation> {
    fn relu(x: Floats) -> Floats {
        x.map(leaky_burn::dispatch::relu)
    }
    let with = |function, alpha, beta| Activation {
        function,
        alpha,
        beta,
    };
    Some(match name.to_ascii_lowercase().as_str() {
        "relu" => with(|x, _, _| Ok(relu(x)), 0.0, 0.0),
        "tanh" => with(|x, _, _| Ok(x.map(Dispatch::float_tanh)), 0.0, 0.0),
        "sigmoid" => with(|x, _, _| Ok(x.map(Dispatch::sigmoid)), 0.0, 0.0),
        "affine" => with(|x, a, b| Ok(x.times(a).plus(b)), 1.0, 0.0),
        "leakyrelu" => with(
            |x, a, _| {
                Ok(Floats::from(leaky_burn::dispatch::leaky_relu(
                    x.tensor(),
                    a,
                )))
            },
            0.01,
            0.0,
        ),
        "thresholdedrelu" => with(
            |x, a, _| {
                let above: Vec<bool> = x.numbers()?.iter().map(|&number| number <= a).collect();
                let shape = x.shape();
                x.replaced(TensorData::new(above, shape), 0.0)
            },
            1.0,
            0.0,
        ),
        "scaledtanh" => with(
            |x, a, b| Ok(x.times(b).map(Dispatch::float_tanh).times(a)),
            1.0,
            1.0,
        ),
        "hardsigmoid" => with(|x, a, b| Ok(x.times(a).plus(b).clamp(0.0, 1.0)), 0.2, 0.5),
        "elu" => with(
            |x, a, _| {
                let below = x.clone().clamp(f64::NEG_INFINITY, 0.0);
                let bent = below.map(Dispatch::float_exp).plus(-1.0).times(a);
                relu(x).add(&bent)
            },
            1.0,
            0.0,
        ),
        "softsign" => with(
            |x, _, _| {
                let size = x.clone().map(Dispatch::float_abs).plus(1.0);
                x.div(&size)
            },
            0.0,
            0.0,
        ),
        "softplus" => with(
            |x, _, _| {
                let turned = x.map(Dispatch::float_neg).map(Dispatch::log_sigmoid);
                Ok(turned.map(Dispatch::float_neg))
            },
            0.0,
            0.0,
        ),
        _ => return None,
    })
}

impl Activation {
    fn of(self, x: Floats) -> Result<Floats, String> {
        (self.function)(x, self.alpha, self.beta)
    }
}

/// In which order the steps of time are taken.
#[derive(Clone, Copy, PartialEq)]
enum Direction {
    Forward,
    Reverse,
}

/// What the attributes of the three layers say.
struct Layer {
    directions: Vec<Direction>,
    /// For each direction, the activations of its gates.
    activations: Vec<Vec<Activation>>,
    hidden: Option<usize>,
    /// Gate inputs are kept between minus this number and this number.
    clip: Option<f64>,
    /// Whether samples stand before steps of time.
    samples_first: bool,
}

/// The weights of one direction.
struct Weights {
    /// `[features, gates * hidden]`.
    input: Floats,
    /// `[hidden, gates * hidden]`.
    recurrent: Floats,
    /// The biases of the two, `[1, gates * hidden]` each.
    biases: Option<[Floats; 2]>,
    peepholes: Option<Floats>,
    hidden: usize,
}

/// What one step of time hands to the next: the hidden state, and the cell state of an LSTM.
type State = Vec<Floats>;

/// One step: the features of the samples times the weights, the state before, the state behind.
type Step<'a> = dyn Fn(&Floats, &State, &Weights, &[Activation]) -> Result<State, String> + 'a;

impl Layer {
    fn read(request: &Request, defaults: &[&str]) -> Result<Self, Refusal> {
        let attributes = &request.attributes;
        let directions = match attributes.string("direction", "forward")? {
            "forward" => vec![Direction::Forward],
            "reverse" => vec![Direction::Reverse],
            "bidirectional" => vec![Direction::Forward, Direction::Reverse],
            other => return invalid(format!("attribute 'direction' is '{other}'")),
        };
        let gates = defaults.len();
        let given = attributes.strings("activations")?;
        let names: Vec<String> = match given {
            Some(names) if names.len() == gates * directions.len() => names,
            Some(names) => {
                return invalid(format!(
                    "{} activations are named, expected {}",
                    names.len(),
                    gates * directions.len()
                ));
            }
            None => defaults
                .iter()
                .cycle()
                .take(gates * directions.len())
                .map(|&name| name.to_owned())
                .collect(),
        };
        let mut chosen = Vec::with_capacity(names.len());
        // The numbers stand in the order of the activations that take some.
        let alphas = attributes.floats("activation_alpha")?.unwrap_or_default();
        let betas = attributes.floats("activation_beta")?.unwrap_or_default();
        for (index, name) in names.iter().enumerate() {
            let Some(mut found) = activation(name) else {
                return invalid(format!("activation '{name}' is not known"));
            };
            if let Some(&alpha) = alphas.get(index) {
                found.alpha = f64::from(alpha);
            }
            if let Some(&beta) = betas.get(index) {
                found.beta = f64::from(beta);
            }
            chosen.push(found);
        }
        let hidden = attributes.size("hidden_size", 0)?;
        Ok(Self {
            activations: chosen.chunks(gates.max(1)).map(<[_]>::to_vec).collect(),
            directions,
            hidden: (hidden > 0).then_some(hidden),
            clip: attributes
                .optional_float("clip")?
                .filter(|clip| *clip > 0.0),
            samples_first: attributes.flag("layout", false)?,
        })
    }

    fn clipped(&self, x: Floats) -> Floats {
        match self.clip {
            Some(clip) => x.clamp(-clip, clip),
            None => x,
        }
    }

    /// Runs the layer. `states` are the inputs that hold the states before the first step;
    /// `peepholes` the one with an LSTM's third weights.
    fn run(
        &self,
        mut inputs: Inputs,
        gates: usize,
        states: &[usize],
        peepholes: Option<usize>,
        step: &Step,
    ) -> Result<Vec<Value>, String> {
        let mut x = Floats::from(inputs.float(0)?);
        if self.samples_first {
            x = swapped(x)?;
        }
        let shape = x.shape();
        let [times, samples, features] = shape[..] else {
            return Err(format!(
                "input of shape {shape:?}, expected steps of time, samples and features"
            ));
        };
        if shape.contains(&0) {
            return Err(format!("input of shape {shape:?} is empty"));
        }
        let weights = self.weights(&mut inputs, gates, features, peepholes)?;
        let lengths = match inputs.optional_ints(4)? {
            None => vec![times; samples],
            Some(lengths) => lengths
                .iter()
                .map(|&length| usize::try_from(length).ok().filter(|&l| l <= times))
                .collect::<Option<Vec<_>>>()
                .filter(|lengths| lengths.len() == samples)
                .ok_or_else(|| {
                    format!("lengths {lengths:?} for {samples} samples of {times} steps")
                })?,
        };
        let hidden = weights[0].hidden;
        let mut initial = Vec::with_capacity(states.len());
        for &index in states {
            initial.push(match inputs.optional_float(index)? {
                None => x.filled(vec![self.directions.len(), samples, hidden], 0.0),
                Some(state) => {
                    let mut state = Floats::from(state);
                    if self.samples_first {
                        state = swapped(state)?;
                    }
                    if state.shape() != [self.directions.len(), samples, hidden] {
                        return Err(format!(
                            "a state of shape {:?}, expected {:?}",
                            state.shape(),
                            [self.directions.len(), samples, hidden]
                        ));
                    }
                    state
                }
            });
        }
        let mut sequences = Vec::new();
        let mut last: Vec<Vec<Floats>> = vec![Vec::new(); states.len()];
        for (index, (direction, weights)) in self.directions.iter().zip(&weights).enumerate() {
            let state: State = initial
                .iter()
                .map(|state| {
                    state
                        .part(0, index..index + 1)?
                        .reshape(vec![samples, hidden])
                })
                .collect::<Result<_, _>>()?;
            let (sequence, end) =
                self.direction(&x, &lengths, *direction, weights, state, index, step)?;
            sequences.push(sequence.reshape(vec![times, 1, samples, hidden])?);
            for (list, state) in last.iter_mut().zip(end) {
                list.push(state.reshape(vec![1, samples, hidden])?);
            }
        }
        let mut all = Floats::concatenate(sequences, 1)?;
        if self.samples_first {
            all = all.permute(&[2, 0, 1, 3])?;
        }
        let mut results = vec![all.value()];
        for parts in last {
            let mut state = Floats::concatenate(parts, 0)?;
            if self.samples_first {
                state = swapped(state)?;
            }
            results.push(state.value());
        }
        Ok(results)
    }

    fn weights(
        &self,
        inputs: &mut Inputs,
        gates: usize,
        features: usize,
        peepholes: Option<usize>,
    ) -> Result<Vec<Weights>, String> {
        let (input, recurrent) = (
            Floats::from(inputs.float(1)?),
            Floats::from(inputs.float(2)?),
        );
        let hidden = recurrent.shape().last().copied().unwrap_or(0);
        let directions = self.directions.len();
        let rows = gates
            .checked_mul(hidden)
            .filter(|&rows| rows > 0)
            .ok_or("the recurrent weights are empty")?;
        let expect = |tensor: &Floats, what: &str, wanted: &[usize]| {
            if tensor.shape() == wanted {
                return Ok(());
            }
            Err(format!(
                "{what} of shape {:?}, expected {wanted:?}",
                tensor.shape()
            ))
        };
        expect(&input, "weights", &[directions, rows, features])?;
        expect(&recurrent, "recurrent weights", &[directions, rows, hidden])?;
        if self.hidden.is_some_and(|said| said != hidden) {
            return Err(format!(
                "attribute 'hidden_size' does not fit weights of {hidden} units"
            ));
        }
        let bias = inputs.optional_float(3)?.map(Floats::from);
        if let Some(bias) = &bias {
            expect(bias, "biases", &[directions, 2 * rows])?;
        }
        let third = match peepholes {
            Some(index) => inputs.optional_float(index)?.map(Floats::from),
            None => None,
        };
        if let Some(third) = &third {
            expect(third, "peepholes", &[directions, 3 * hidden])?;
        }
        (0..directions)
            .map(|index| {
                let own = |tensor: &Floats, rows: usize, columns: usize| {
                    let matrix = tensor.part(0, index..index + 1)?;
                    matrix.reshape(vec![rows, columns])
                };
                Ok(Weights {
                    input: own(&input, rows, features)?.transposed()?,
                    recurrent: own(&recurrent, rows, hidden)?.transposed()?,
                    biases: match &bias {
                        None => None,
                        Some(bias) => {
                            let both = own(bias, 1, 2 * rows)?;
                            Some([both.part(1, 0..rows)?, both.part(1, rows..2 * rows)?])
                        }
                    },
                    peepholes: third
                        .as_ref()
                        .map(|third| own(third, 1, 3 * hidden))
                        .transpose()?,
                    hidden,
                })
            })
            .collect()
    }

    /// The hidden states of all steps of one direction, `[times, samples, hidden]`, and the last
    /// states. Steps behind a sample's own length leave its state as it is and give zeros.
    #[allow(clippy::too_many_arguments)]
    fn direction(
        &self,
        x: &Floats,
        lengths: &[usize],
        direction: Direction,
        weights: &Weights,
        mut state: State,
        index: usize,
        step: &Step,
    ) -> Result<(Floats, State), String> {
        let shape = x.shape();
        let (times, samples, features) = (shape[0], shape[1], shape[2]);
        let rows = weights.input.shape()[1];
        // All steps of time at once: one product instead of one for each.
        let flat = x.clone().reshape(vec![times * samples, features])?;
        let projected = flat.matmul(weights.input.clone())?;
        let projected = projected.reshape(vec![times, samples, rows])?;
        let mut outputs: Vec<Option<Floats>> = vec![None; times];
        let order: Vec<usize> = match direction {
            Direction::Forward => (0..times).collect(),
            Direction::Reverse => (0..times).rev().collect(),
        };
        for time in order {
            let own = projected
                .part(0, time..time + 1)?
                .reshape(vec![samples, rows])?;
            let next = step(&own, &state, weights, &self.activations[index])?;
            let over: Vec<bool> = lengths.iter().map(|&length| time >= length).collect();
            if !over.contains(&true) {
                outputs[time] = Some(next[0].clone());
                state = next;
                continue;
            }
            let kept: Vec<f32> = over.iter().map(|&over| f32::from(!over)).collect();
            let kept = x.like(TensorData::new(kept, [samples, 1]));
            let left = kept.clone().times(-1.0).plus(1.0);
            outputs[time] = Some(next[0].clone().mul(&kept)?);
            state = state
                .into_iter()
                .zip(next)
                .map(|(before, next)| before.mul(&left)?.add(&next.mul(&kept)?))
                .collect::<Result<_, String>>()?;
        }
        let outputs = outputs
            .into_iter()
            .flatten()
            .map(|output| output.reshape(vec![1, samples, weights.hidden]))
            .collect::<Result<Vec<_>, _>>()?;
        Ok((Floats::concatenate(outputs, 0)?, state))
    }
}

/// The first two axes in the other order.
fn swapped(x: Floats) -> Result<Floats, String> {
    let shape = x.shape();
    if shape.len() != 3 {
        return Err(format!("shape {shape:?}, expected three axes"));
    }
    x.permute(&[1, 0, 2])
}

impl Weights {
    /// One gate of a tensor that holds them side by side.
    fn gate(&self, tensor: &Floats, gate: usize) -> Result<Floats, String> {
        tensor.part(1, gate * self.hidden..(gate + 1) * self.hidden)
    }

    /// Adds both biases.
    fn biased(&self, gates: Floats) -> Result<Floats, String> {
        match &self.biases {
            Some([input, recurrent]) => gates.add(input)?.add(recurrent),
            None => Ok(gates),
        }
    }
}

/// `H = f(X W' + H R' + b)`.
pub(super) fn rnn(request: &Request) -> Result<Run, Refusal> {
    let layer = Layer::read(request, &["Tanh"])?;
    Ok(Box::new(move |inputs: Inputs| {
        layer.run(inputs, 1, &[5], None, &|x, state, weights, activations| {
            let sum = x
                .clone()
                .add(&state[0].clone().matmul(weights.recurrent.clone())?)?;
            let hidden = activations[0].of(layer.clipped(weights.biased(sum)?))?;
            Ok(vec![hidden])
        })
    }))
}

/// Update gate `z`, reset gate `r` and the hidden gate, in this order.
pub(super) fn gru(request: &Request) -> Result<Run, Refusal> {
    let layer = Layer::read(request, &["Sigmoid", "Tanh"])?;
    let linear_before_reset = request.attributes.flag("linear_before_reset", false)?;
    Ok(Box::new(move |inputs: Inputs| {
        layer.run(inputs, 3, &[5], None, &|x, state, weights, activations| {
            let before = &state[0];
            let hidden = weights.hidden;
            let recurrent = before.clone().matmul(weights.recurrent.clone())?;
            let gate = |number: usize| -> Result<Floats, String> {
                let mut sum = weights
                    .gate(x, number)?
                    .add(&weights.gate(&recurrent, number)?)?;
                if let Some(biases) = &weights.biases {
                    for bias in biases {
                        sum = sum.add(&weights.gate(bias, number)?)?;
                    }
                }
                activations[0].of(layer.clipped(sum))
            };
            let (update, reset) = (gate(0)?, gate(1)?);
            let biases = match &weights.biases {
                None => None,
                Some([input, recurrent]) => {
                    Some((weights.gate(input, 2)?, weights.gate(recurrent, 2)?))
                }
            };
            let mut heard = if linear_before_reset {
                let mut heard = weights.gate(&recurrent, 2)?;
                if let Some((_, bias)) = &biases {
                    heard = heard.add(bias)?;
                }
                reset.mul(&heard)?
            } else {
                let columns = weights.recurrent.part(1, 2 * hidden..3 * hidden)?;
                let mut heard = reset.mul(before)?.matmul(columns)?;
                if let Some((_, bias)) = &biases {
                    heard = heard.add(bias)?;
                }
                heard
            };
            heard = heard.add(&weights.gate(x, 2)?)?;
            if let Some((bias, _)) = &biases {
                heard = heard.add(bias)?;
            }
            let fresh = activations[1].of(layer.clipped(heard))?;
            let kept = update.clone().mul(before)?;
            let taken = update.times(-1.0).plus(1.0).mul(&fresh)?;
            Ok(vec![taken.add(&kept)?])
        })
    }))
}

/// Input gate `i`, output gate `o`, forget gate `f` and cell gate `c`, in this order.
pub(super) fn lstm(request: &Request) -> Result<Run, Refusal> {
    let layer = Layer::read(request, &["Sigmoid", "Tanh", "Tanh"])?;
    let input_forget = request.attributes.flag("input_forget", false)?;
    Ok(Box::new(move |inputs: Inputs| {
        let step = |x: &Floats, state: &State, weights: &Weights, activations: &[Activation]| {
            let recurrent = state[0].clone().matmul(weights.recurrent.clone())?;
            let gates = weights.biased(x.clone().add(&recurrent)?)?;
            let cell = &state[1];
            // The peepholes stand in the order i, o, f.
            let gate = |number: usize, seen: &Floats| -> Result<Floats, String> {
                let mut sum = weights.gate(&gates, number)?;
                if let Some(peepholes) = &weights.peepholes {
                    sum = sum.add(&weights.gate(peepholes, number)?.mul(seen)?)?;
                }
                activations[0].of(layer.clipped(sum))
            };
            let input = gate(0, cell)?;
            let forget = if input_forget {
                input.clone().times(-1.0).plus(1.0)
            } else {
                gate(2, cell)?
            };
            let fresh = activations[1].of(layer.clipped(weights.gate(&gates, 3)?))?;
            let next = forget.mul(cell)?.add(&input.mul(&fresh)?)?;
            let output = gate(1, &next)?;
            let hidden = output.mul(&activations[2].of(next.clone())?)?;
            Ok(vec![hidden, next])
        };
        layer.run(inputs, 4, &[5, 6], Some(7), &step)
    }))
}
