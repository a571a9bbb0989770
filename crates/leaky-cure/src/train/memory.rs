//! An optimiser with what it remembers of each parameter.

use std::collections::BTreeMap;

use burn::optim::{
    AdamConfig, AdamWConfig, Optimizer as Method, RecordState, SgdConfig, StateSink, StateSource,
    decay::WeightDecayConfig, momentum::MomentumConfig,
};
use burn::tensor::{Device, Tensor, TensorData};

use super::options::{Optimizer, TrainOptions};

/// PyTorch's epsilon; Burn's own default is a thousand times larger.
const EPSILON: f32 = 1e-8;

/// An optimiser that moves parameters, each known by its place, and remembers their gradients.
pub(super) trait Memory {
    /// Moves a parameter along its gradient. Optimisers work element by element, so a vector stands
    /// for a tensor of any rank.
    fn step(
        &mut self,
        index: usize,
        lr: f64,
        parameter: Tensor<1>,
        gradient: Tensor<1>,
    ) -> Tensor<1>;

    /// What is remembered of a parameter, by name.
    fn recall(&self, index: usize) -> Option<StateSink>;

    /// Remembers something else of a parameter.
    fn remember(&mut self, index: usize, state: StateSink);
}

/// What the options ask for, for so many parameters.
pub(super) fn memory(options: &TrainOptions, parameters: usize) -> Box<dyn Memory> {
    let decay = options.weight_decay as f32;
    match options.optimizer {
        Optimizer::Adam if decay == 0.0 => {
            let adam = AdamConfig::new().with_epsilon(EPSILON);
            Box::new(Remembering::new(adam.build(), parameters))
        }
        Optimizer::Adam => {
            let adam = AdamWConfig::new().with_epsilon(EPSILON);
            let adam = adam.with_weight_decay(decay);
            Box::new(Remembering::new(adam.build(), parameters))
        }
        Optimizer::Sgd => {
            // As PyTorch has it: nothing is damped.
            let momentum = MomentumConfig::new().with_momentum(options.momentum);
            let momentum = momentum.with_dampening(0.0);
            let sgd = SgdConfig::new()
                .with_momentum((options.momentum != 0.0).then_some(momentum))
                .with_weight_decay((decay != 0.0).then_some(WeightDecayConfig { penalty: decay }));
            Box::new(Remembering::new(sgd.build(), parameters))
        }
    }
}

/// Forgets what is remembered of some numbers of a parameter: there its moments are zero again.
pub(super) fn forget(memory: &mut dyn Memory, index: usize, places: &[usize]) {
    let Some(mut state) = memory.recall(index) else {
        return;
    };
    for (_, data) in &mut state.tensors {
        *data = zeroed(data, places);
    }
    memory.remember(index, state);
}

/// The same numbers, with zeros in these places.
fn zeroed(data: &TensorData, places: &[usize]) -> TensorData {
    let mut numbers: Vec<f64> = data.iter::<f64>().collect();
    places.iter().for_each(|&place| numbers[place] = 0.0);
    TensorData::new(numbers, data.shape().to_vec()).convert_dtype(data.dtype())
}

struct Remembering<O: Method> {
    method: O,
    states: Vec<Option<O::State<1>>>,
}

impl<O: Method> Remembering<O> {
    fn new(method: O, parameters: usize) -> Self {
        Self {
            method,
            states: (0..parameters).map(|_| None).collect(),
        }
    }
}

/// What the names of a state's parts begin with.
const PREFIX: &str = "state";

impl<O: Method> Memory for Remembering<O> {
    fn step(
        &mut self,
        index: usize,
        lr: f64,
        parameter: Tensor<1>,
        gradient: Tensor<1>,
    ) -> Tensor<1> {
        let state = self.states[index].take();
        let (moved, state) = self.method.step(lr, parameter, gradient, state);
        self.states[index] = state;
        moved
    }

    fn recall(&self, index: usize) -> Option<StateSink> {
        let mut parts = StateSink::default();
        self.states[index]
            .as_ref()?
            .state_flatten(PREFIX, &mut parts);
        Some(parts)
    }

    fn remember(&mut self, index: usize, state: StateSink) {
        let scalars: BTreeMap<_, _> = state.scalars.into_iter().collect();
        let mut source = StateSource::new(scalars);
        for (name, data) in state.tensors {
            source.insert_tensor(name, data);
        }
        let device: Device = crate::run::device().into();
        self.states[index] = RecordState::state_unflatten(PREFIX, &mut source, &device);
    }
}
