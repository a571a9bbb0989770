//! An optimiser with what it remembers of each parameter.

use burn::optim::{
    AdamConfig, AdamState, AdamWConfig, AdamWState, AdaptiveMomentumState, Optimizer as Method,
    RecordState, SgdConfig, SgdState, StateSink,
    decay::WeightDecayConfig,
    momentum::{MomentumConfig, MomentumState},
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

    /// What is remembered of a parameter.
    fn recall(&self, index: usize) -> Option<Remembered>;

    /// Remembers something else of a parameter.
    fn remember(&mut self, index: usize, remembered: Remembered);
}

/// What is remembered of a parameter.
#[derive(Debug, Clone, Default)]
pub(super) struct Remembered {
    /// A moment in a row, a number for each of the parameter.
    pub moments: Vec<TensorData>,
    /// How many steps they rest on, where that is counted.
    pub steps: u64,
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
    for moment in &mut state.moments {
        *moment = zeroed(moment, places);
    }
    memory.remember(index, state);
}

/// The same numbers, with zeros in these places.
fn zeroed(data: &TensorData, places: &[usize]) -> TensorData {
    let mut numbers: Vec<f64> = data.iter::<f64>().collect();
    places.iter().for_each(|&place| numbers[place] = 0.0);
    TensorData::new(numbers, data.shape().to_vec()).convert_dtype(data.dtype())
}

/// A state of one of Burn's optimisers. (Its own way to read one again gives every number in single
/// precision.)
trait State: Sized {
    fn remembered(&self) -> Remembered;
    fn of(remembered: Remembered) -> Option<Self>;
}

impl State for AdaptiveMomentumState<1> {
    fn remembered(&self) -> Remembered {
        let moments = [&self.moment_1, &self.moment_2];
        Remembered {
            moments: moments.map(|moment| moment.clone().into_data()).into(),
            steps: self.time as u64,
        }
    }

    fn of(Remembered { moments, steps }: Remembered) -> Option<Self> {
        let [first, second] = <[TensorData; 2]>::try_from(moments).ok()?;
        Some(Self::new(steps as usize, tensor(first), tensor(second)))
    }
}

impl State for AdamState<1> {
    fn remembered(&self) -> Remembered {
        self.momentum.remembered()
    }

    fn of(remembered: Remembered) -> Option<Self> {
        State::of(remembered).map(Self::new)
    }
}

impl State for AdamWState<1> {
    fn remembered(&self) -> Remembered {
        self.momentum.remembered()
    }

    fn of(remembered: Remembered) -> Option<Self> {
        let momentum = State::of(remembered)?;
        Some(Self { momentum })
    }
}

impl State for SgdState<1> {
    fn remembered(&self) -> Remembered {
        let mut parts = StateSink::default();
        self.state_flatten("", &mut parts);
        let parts = parts.tensors.into_iter();
        Remembered {
            moments: parts.map(|(_, velocity)| velocity).collect(),
            steps: 0,
        }
    }

    fn of(Remembered { mut moments, .. }: Remembered) -> Option<Self> {
        let velocity = moments.pop().map(tensor);
        Some(Self::new(velocity.map(MomentumState::new)))
    }
}

/// The same numbers, in their type, on the device.
pub(super) fn tensor(numbers: TensorData) -> Tensor<1> {
    let device: Device = crate::run::device().into();
    let dtype = numbers.dtype();
    Tensor::from_data(numbers, (&device, dtype))
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

impl<O: Method> Memory for Remembering<O>
where
    O::State<1>: State,
{
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

    fn recall(&self, index: usize) -> Option<Remembered> {
        self.states[index].as_ref().map(State::remembered)
    }

    fn remember(&mut self, index: usize, remembered: Remembered) {
        self.states[index] = State::of(remembered);
    }
}
