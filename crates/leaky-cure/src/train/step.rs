//! One step of training: the gradient of a batch, and what the optimiser makes of it.

use burn::backend::DispatchTensor;
use burn::tensor::{Tensor, TensorData};
use leaky_onnx::{Network, TrainingPass, Value};

use super::memory::{self, Memory, Remembered, memory};
use super::options::TrainOptions;
use super::pull::Pull;
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
    let mut pass = TrainingPass::new(steps.taken)
        .with_slopes(options.random_slopes.as_ref())
        .with_dropout(options.seed);
    if options.train_statistics {
        pass = pass.with_batch_statistics();
    }
    let (tracked, loss) = objective.tracked_loss(network, training, chosen, Some(&pass))?;
    let number = Tensor::<1>::from_dispatch(loss.clone())
        .inner()
        .into_scalar::<f64>();
    let mut gradients = tracked.gradients(loss);
    // Without the tracked copies the optimiser may write into the parameters' own memory.
    drop(tracked);
    if let Some(pull) = &steps.pull {
        pull.add(network, &mut gradients);
    }
    let factor = match options.clip_norm {
        Some(largest) => clipped(&gradients, largest)?,
        None => 1.0,
    };
    network.follow_statistics(pass)?;
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
    pull: Option<Pull>,
    /// How many batches were trained on.
    taken: u64,
}

impl Steps {
    /// For a network before so many steps.
    ///
    /// # Errors
    ///
    /// If the device fails.
    pub(super) fn new(
        options: &TrainOptions,
        network: &Network,
        steps: usize,
    ) -> leaky_onnx::Result<Self> {
        Ok(Self {
            memory: memory(options, network.parameters().len()),
            rates: Rates::new(options.lr, options.schedule, options.warm_up, steps),
            pull: Pull::new(options.pull, network)?,
            taken: 0,
        })
    }

    /// How many steps were taken.
    pub(super) fn taken(&self) -> u64 {
        self.taken
    }

    /// Forgets what was learned of some numbers of a parameter, for they are others now: they begin anew
    /// from these.
    ///
    /// # Errors
    ///
    /// If the device fails.
    pub(super) fn forget(
        &mut self,
        network: &Network,
        index: usize,
        places: &[usize],
    ) -> leaky_onnx::Result<()> {
        memory::forget(self.memory.as_mut(), index, places);
        match &mut self.pull {
            Some(pull) => pull.begin_anew(network, index, places),
            None => Ok(()),
        }
    }

    /// Where each parameter is pulled to, if they are.
    pub(super) fn start(&self) -> impl Iterator<Item = (usize, &TensorData)> {
        self.pull.iter().flat_map(Pull::start)
    }

    /// What is remembered of a parameter.
    pub(super) fn recall(&self, index: usize) -> Option<Remembered> {
        self.memory.recall(index)
    }

    /// Goes on as if so many steps were taken, this was remembered of the parameters, and they had begun
    /// there.
    pub(super) fn go_on(
        &mut self,
        taken: u64,
        states: Vec<(usize, Remembered)>,
        start: Vec<(usize, TensorData)>,
    ) {
        (0..taken).for_each(|_| {
            self.rates.next();
        });
        self.taken = taken;
        for (index, state) in states {
            self.memory.remember(index, state);
        }
        if let Some(pull) = &mut self.pull {
            start
                .into_iter()
                .for_each(|(index, start)| pull.set_start(index, start));
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
