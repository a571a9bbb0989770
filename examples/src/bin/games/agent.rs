//! The agent: what each action is worth, told by a network (DQN, Mnih et al. 2015; the target as in
//! double DQN, van Hasselt, Guez and Silver 2016).

use burn::module::Module;
use burn::tensor::{DType, Device, Int, Tensor, TensorData};
use leaky_burn::Rectifier;
use leaky_onnx::{ModelBuilder, Setting};
use rand::RngExt;
use rand::rngs::ChaCha8Rng;

use examples::Result;
use examples::layers::{Convolution, Dense};

use crate::game::{ACTIONS, PLANES, SIZE};

/// How much a move later is worth less.
const DISCOUNT: f64 = 0.95;
const CHANNELS: usize = 16;
const HIDDEN: usize = 64;
/// What is left of the board behind two convolutions, the second of which halves it.
const FEATURES: usize = CHANNELS * (SIZE / 2) * (SIZE / 2);

/// From what is seen to what each action is worth.
#[derive(Module, Debug)]
pub struct Values {
    first: Convolution,
    second: Convolution,
    hidden: Dense,
    values: Dense,
}

impl Values {
    /// A network with fresh weights.
    pub fn new(rectifier: Rectifier, device: &Device) -> Self {
        let convolution = |inputs, stride| {
            Convolution::new([inputs, CHANNELS], 3, stride, Some(rectifier), device)
        };
        Values {
            first: convolution(PLANES, 1),
            second: convolution(CHANNELS, 2),
            hidden: Dense::new([FEATURES, HIDDEN], Some(rectifier), device),
            values: Dense::new([HIDDEN, ACTIONS], None, device),
        }
    }

    /// `[batch, PLANES, SIZE, SIZE]` to `[batch, ACTIONS]`.
    pub fn forward(&self, seen: Tensor<4>) -> Tensor<2> {
        let x = self.second.forward(self.first.forward(seen));
        self.values.forward(self.hidden.forward(x.flatten(1, 3)))
    }

    /// The action that is worth most.
    pub fn best(&self, seen: Vec<f32>) -> usize {
        let values = self.forward(boards(seen, 1, &Device::flex())).to_data();
        let values: Vec<f32> = values.iter().collect();
        let best = (0..ACTIONS).max_by(|&a, &b| values[a].total_cmp(&values[b]));
        best.unwrap_or(0)
    }

    /// The same as an ONNX model.
    pub fn onnx(&self) -> Result<ModelBuilder> {
        let mut model = ModelBuilder::new("games");
        let m = &mut model;
        let x = m.input("seen", DType::F32, &[PLANES, SIZE, SIZE]);
        let x = self.first.onnx(m, "first", &x)?;
        let x = self.second.onnx(m, "second", &x)?;
        let x = m.node("flat", "Flatten", &[&x], &[("axis", Setting::Int(1))]);
        let x = self.hidden.onnx(m, "hidden", &x)?;
        let x = self.values.onnx(m, "values", &x)?;
        m.output(&x, DType::F32, &[ACTIONS]);
        Ok(model)
    }
}

/// Boards as a tensor.
pub fn boards(seen: Vec<f32>, count: usize, device: &Device) -> Tensor<4> {
    Tensor::from_data(TensorData::new(seen, [count, PLANES, SIZE, SIZE]), device)
}

/// A move that was made.
#[derive(Debug, Clone)]
pub struct Move {
    /// What was seen before.
    pub before: Vec<f32>,
    /// What was done.
    pub action: usize,
    /// What it was worth at once.
    pub worth: f32,
    /// What was seen then.
    pub after: Vec<f32>,
    /// Whether the game was over.
    pub over: bool,
}

/// The last moves that were made, to learn from again and again.
#[derive(Debug)]
pub struct Replay {
    moves: Vec<Move>,
    room: usize,
    next: usize,
}

impl Replay {
    /// Room for so many moves.
    pub fn new(room: usize) -> Self {
        Replay {
            moves: Vec::new(),
            room,
            next: 0,
        }
    }

    /// Keeps a move, in the place of the oldest where there is no room.
    pub fn keep(&mut self, one: Move) {
        if self.moves.len() < self.room {
            self.moves.push(one);
        } else {
            self.moves[self.next] = one;
        }
        self.next = (self.next + 1) % self.room;
    }

    /// Some of the moves.
    pub fn sample(&self, count: usize, random: &mut ChaCha8Rng) -> Vec<&Move> {
        let drawn = (0..count).map(|_| &self.moves[random.random_range(0..self.moves.len())]);
        drawn.collect()
    }
}

/// What the moves turned out to be worth, `[batch, 1]`: what they brought at once, and what the best
/// action of `network` in what was seen then is worth to `target`, an older copy of it.
pub fn targets(moves: &[&Move], network: &Values, target: &Values) -> Tensor<2> {
    let device = Device::flex();
    let after = moves
        .iter()
        .flat_map(|one| one.after.iter().copied())
        .collect();
    let after = boards(after, moves.len(), &device);
    let best = network.forward(after.clone()).argmax(1);
    let later = target.forward(after).gather(1, best);
    let column = |values: Vec<f32>| {
        Tensor::<2>::from_data(TensorData::new(values, [moves.len(), 1]), &device)
    };
    let goes_on = column(
        moves
            .iter()
            .map(|one| if one.over { 0.0 } else { 1.0 })
            .collect(),
    );
    let worth = column(moves.iter().map(|one| one.worth).collect());
    worth + later * goes_on * DISCOUNT
}

/// What the network says that the moves are worth, `[batch, 1]`.
pub fn told(moves: &[&Move], network: &Values, device: &Device) -> Tensor<2> {
    let before = moves
        .iter()
        .flat_map(|one| one.before.iter().copied())
        .collect();
    let actions: Vec<i64> = moves.iter().map(|one| one.action as i64).collect();
    let actions = TensorData::new(actions, [moves.len(), 1]);
    let values = network.forward(boards(before, moves.len(), device));
    values.gather(1, Tensor::<2, Int>::from_data(actions, device))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn the_oldest_move_makes_room_for_a_new_one() {
        let mut replay = Replay::new(2);
        for action in 0..3 {
            let seen = || vec![0.0; PLANES * SIZE * SIZE];
            replay.keep(Move {
                before: seen(),
                action,
                worth: 1.0,
                after: seen(),
                over: false,
            });
        }
        let mut random = ChaCha8Rng::seed_from_u64(0);
        let mut kept: Vec<usize> = replay
            .sample(50, &mut random)
            .iter()
            .map(|one| one.action)
            .collect();
        kept.sort_unstable();
        kept.dedup();
        assert_eq!((replay.moves.len(), kept), (2, vec![1, 2]));
    }

    #[test]
    fn behind_the_end_of_a_game_nothing_is_worth_anything() {
        let network = Values::new(Rectifier::Relu, &Device::flex());
        let seen = || vec![1.0; PLANES * SIZE * SIZE];
        let last = Move {
            before: seen(),
            action: 0,
            worth: -1.0,
            after: seen(),
            over: true,
        };
        let goes_on = Move {
            over: false,
            ..last.clone()
        };
        let found = targets(&[&last, &goes_on], &network, &network).to_data();
        let found: Vec<f64> = found.iter().collect();
        let best = network
            .forward(boards(seen(), 1, &Device::flex()))
            .max()
            .into_scalar::<f64>();
        assert_eq!(found[0], -1.0);
        assert!(
            (found[1] - (DISCOUNT * best - 1.0)).abs() < 1e-5,
            "{found:?}, {best}"
        );
    }
}
