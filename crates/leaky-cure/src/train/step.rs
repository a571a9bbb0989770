//! One step of training: the gradient of a batch, and what the optimiser makes of it.

use burn::backend::DispatchTensor;
use burn::optim::{Adam, AdamConfig, AdamState, Optimizer as _, Sgd, SgdConfig, SgdState};
use burn::tensor::Tensor;
use leaky_onnx::{Network, Value};

use super::options::{Optimizer, TrainOptions};
use crate::data::samples::Samples;
use crate::objective::{Objective, ObjectiveError};
use crate::run::vector;

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
    network.update_parameters(|index, tensor| match gradients[index].take() {
        Some(gradient) => steps.take(index, tensor, gradient),
        None => tensor,
    });
    steps.taken += 1;
    Ok(number)
}

/// The optimiser with its memory of each parameter.
pub(super) struct Steps {
    optimizer: Memory,
    lr: f64,
    /// How many batches were trained on.
    taken: u64,
}

enum Memory {
    Adam(Adam, Vec<Option<AdamState<1>>>),
    Sgd(Sgd, Vec<Option<SgdState<1>>>),
}

impl Steps {
    pub(super) fn new(options: &TrainOptions, parameters: usize) -> Self {
        let optimizer = match options.optimizer {
            // PyTorch's epsilon; Burn's own default is a thousand times larger.
            Optimizer::Adam => Memory::Adam(
                AdamConfig::new().with_epsilon(1e-8).build(),
                (0..parameters).map(|_| None).collect(),
            ),
            Optimizer::Sgd => Memory::Sgd(
                SgdConfig::new().build(),
                (0..parameters).map(|_| None).collect(),
            ),
        };
        Self {
            optimizer,
            lr: options.lr,
            taken: 0,
        }
    }

    /// Moves a parameter along its gradient. Optimisers work element by element, so a vector stands
    /// for a tensor of any rank.
    fn take(
        &mut self,
        index: usize,
        parameter: DispatchTensor,
        gradient: DispatchTensor,
    ) -> DispatchTensor {
        let shape = Value::Float(parameter.clone()).shape();
        let (parameter, gradient) = (vector(parameter), vector(gradient));
        let moved = match &mut self.optimizer {
            Memory::Adam(optimizer, states) => {
                let state = states[index].take();
                let (moved, state) = optimizer.step(self.lr, parameter, gradient, state);
                states[index] = state;
                moved
            }
            Memory::Sgd(optimizer, states) => {
                let state = states[index].take();
                let (moved, state) = optimizer.step(self.lr, parameter, gradient, state);
                states[index] = state;
                moved
            }
        };
        match Value::Float(moved.into_dispatch()).reshape(shape) {
            Ok(Value::Float(tensor)) => tensor,
            _ => unreachable!("a step keeps the number of elements"),
        }
    }
}
