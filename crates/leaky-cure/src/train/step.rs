//! One step of training: the gradient of a batch, and what the optimiser makes of it.

use burn::backend::DispatchTensor;
use burn::tensor::Tensor;
use leaky_onnx::{Network, Value};

use super::memory::{self, Memory, Remembered, memory};
use super::options::TrainOptions;
use super::schedule::Rates;
use crate::data::samples::Samples;
use crate::objective::{Objective, ObjectiveError};
use crate::run::{RunError, norm, vector};

/// One step on one batch; gives the loss before it.
pub(super) fn step(
    network: &mut Network,
    objective: &Objective,
    training: Samples,
    chosen: &[usize],
    options: &TrainOptions,
    steps: &mut Steps,
) -> Result<f64, ObjectiveError> {
    let slopes = options.random_slopes.as_ref();
    let pass = slopes.map(|slopes| (slopes, steps.taken));
    let (tracked, loss) = objective.tracked_loss(network, training, chosen, pass)?;
    let number = Tensor::<1>::from_dispatch(loss.clone())
        .inner()
        .into_scalar::<f64>();
    let mut gradients = tracked.gradients(loss);
    // Without the tracked copies the optimiser may write into the parameters' own memory.
    drop(tracked);
    let factor = match options.clip_norm {
        Some(largest) => clipped(&gradients, largest)?,
        None => 1.0,
    };
    let lr = steps.rates.next();
    network.update_parameters(|index, tensor| match gradients[index].take() {
        Some(gradient) => steps.take(index, lr, tensor, gradient, factor),
        None => tensor,
    });
    steps.taken += 1;
    Ok(number)
}

/// What all gradients are multiplied with so that their norm, taken together, is at most this, as
/// PyTorch's `clip_grad_norm_` has it.
fn clipped(gradients: &[Option<DispatchTensor>], largest: f64) -> Result<f64, RunError> {
    let mut squares = 0.0;
    for gradient in gradients.iter().flatten() {
        squares += norm(vector(gradient.clone()))?.powi(2);
    }
    Ok((largest / (squares.sqrt() + 1e-6)).min(1.0))
}

/// The optimiser with its memory of each parameter, and the rates of its steps.
pub(super) struct Steps {
    memory: Box<dyn Memory>,
    rates: Rates,
    /// How many batches were trained on.
    taken: u64,
}

impl Steps {
    /// For so many parameters and so many steps.
    pub(super) fn new(options: &TrainOptions, parameters: usize, steps: usize) -> Self {
        Self {
            memory: memory(options, parameters),
            rates: Rates::new(options.lr, options.schedule, options.warm_up, steps),
            taken: 0,
        }
    }

    /// How many steps were taken.
    pub(super) fn taken(&self) -> u64 {
        self.taken
    }

    /// Forgets what was learned of some numbers of a parameter, for they are others now.
    pub(super) fn forget(&mut self, index: usize, places: &[usize]) {
        memory::forget(self.memory.as_mut(), index, places);
    }

    /// What is remembered of a parameter.
    pub(super) fn recall(&self, index: usize) -> Option<Remembered> {
        self.memory.recall(index)
    }

    /// Goes on as if so many steps were taken, and this was remembered of the parameters.
    pub(super) fn go_on(&mut self, taken: u64, states: Vec<(usize, Remembered)>) {
        (0..taken).for_each(|_| {
            self.rates.next();
        });
        self.taken = taken;
        for (index, state) in states {
            self.memory.remember(index, state);
        }
    }

    fn take(
        &mut self,
        index: usize,
        lr: f64,
        parameter: DispatchTensor,
        gradient: DispatchTensor,
        factor: f64,
    ) -> DispatchTensor {
        let shape = Value::Float(parameter.clone()).shape();
        let mut gradient = vector(gradient);
        if factor != 1.0 {
            gradient = gradient.mul_scalar(factor);
        }
        let moved = self.memory.step(index, lr, vector(parameter), gradient);
        match Value::Float(moved.into_dispatch()).reshape(shape) {
            Ok(Value::Float(tensor)) => tensor,
            _ => unreachable!("a step keeps the number of elements"),
        }
    }
}
