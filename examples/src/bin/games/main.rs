//! Games: an agent learns a small arcade game from what it sees, with ReLU and with Leaky ReLU.
//!
//! ```text
//! cargo run --release -p examples --bin games
//! ```

mod agent;
mod game;

use std::process::ExitCode;

use burn::module::Module;
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::{Device, Tensor};
use leaky_burn::{Rectifier, count_units};
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use examples::Result;
use examples::options::Options;
use examples::output::Output;
use examples::picture::{Picture, animation};
use examples::rectifiers::relu_and_leaky;
use examples::report::report;
use examples::start::start;
use examples::trained::{write_networks, write_samples};
use examples::trials::{Score, Trial, train_all};
use examples::watch::Watch;

use agent::{Move, Replay, Values, boards, targets, told};
use game::{ACTIONS, Board, Game, MOVES, SIZE, Thing};

const ABOUT: &str = "Games: an agent learns a small arcade game from what it sees, as DQN does, with ReLU and with Leaky ReLU";
const BATCH: usize = 32;
/// How many moves are made before the first step of training.
const BEFORE: usize = 500;
/// How many moves are made for each step of training.
const MOVES_A_STEP: usize = 2;
/// After so many steps the older copy of the network is made anew.
const RENEWED: u64 = 150;
/// How many games are played to see what an agent is worth.
const GAMES: u64 = 40;
/// The seeds of those games, far from those of the games that are trained with.
const FIRST_GAME: u64 = 1 << 40;

fn main() -> ExitCode {
    start("games", ABOUT, run)
}

fn run(options: &Options, output: &Output) -> Result {
    let steps = options.amount(6000, 600);
    let rate = options.learning_rate.unwrap_or(0.001);
    let settings = relu_and_leaky(&[0.01, 0.1]);
    let trials = train_all(options, &settings, steps, |&rectifier, seed, watch| {
        let network = train(rectifier, seed, steps, rate, watch);
        let mut returns = Vec::new();
        for game in 0..GAMES {
            returns.push(
                played(&network, FIRST_GAME + game)
                    .iter()
                    .map(|(worth, _)| worth)
                    .sum::<f32>(),
            );
        }
        let mean = returns.iter().sum::<f32>() / returns.len() as f32;
        Ok((network, vec![Score::high("return", f64::from(mean))]))
    })?;
    report(options, output, &trials)?;

    let first = &trials[..settings.len()];
    output.write("replay.png", &replay(first)?)?;
    let game = played(&first[0].network, FIRST_GAME);
    let seen = game.iter().flat_map(|(_, board)| board.seen()).collect();
    let x = boards(seen, game.len(), &Device::flex());
    write_samples(output, "boards.safetensors", &x.to_data(), None)?;
    write_networks(output, first, &x.to_data(), |network| {
        Ok((network.onnx()?, network.forward(x.clone()).to_data()))
    })
}

fn train(rectifier: Rectifier, seed: u64, steps: u64, rate: f64, watch: &mut Watch) -> Values {
    let device = Device::flex().autodiff();
    device.seed(seed);
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut network = Values::new(rectifier, &device);
    let mut playing = network.valid();
    let mut target = playing.clone();
    let mut optimizer = AdamConfig::new().init();
    let mut replay = Replay::new(10_000);
    let mut game = Game::new(random.random());
    let (mut gained, mut returns) = (0.0, Vec::new());
    for step in 0..steps {
        // Tries anything at first, and a tenth less with every twentieth part, down to one in twenty.
        let tries = (1.0 - 2.0 * step as f64 / steps as f64).max(0.05);
        let moves = if step == 0 { BEFORE } else { MOVES_A_STEP };
        for _ in 0..moves {
            let before = game.board.seen();
            let action = match random.random_bool(tries) {
                true => random.random_range(0..ACTIONS),
                false => playing.best(before.clone()),
            };
            let (worth, over) = game.play(action);
            gained += worth;
            replay.keep(Move {
                before,
                action,
                worth,
                after: game.board.seen(),
                over,
            });
            if over {
                returns.push(f64::from(std::mem::take(&mut gained)));
                game = Game::new(random.random());
            }
        }
        let moves = replay.sample(BATCH, &mut random);
        let wanted = targets(&moves, &playing, &target);
        let (values, counts) = count_units(|| told(&moves, &network, &device));
        let loss = huber(values, Tensor::from_data(wanted.to_data(), &device));
        watch.step(loss.clone().into_scalar(), &counts);
        let gradients = GradientsParams::from_grads(loss.backward(), &network);
        network = optimizer.step(rate, network, gradients);
        playing = network.valid();
        if (step + 1) % RENEWED == 0 {
            target = playing.clone();
        }
        if (step + 1) % (steps / 20) == 0 {
            let mean = returns.iter().sum::<f64>() / returns.len() as f64;
            watch.epoch((!returns.is_empty()).then_some(mean));
            returns.clear();
        }
    }
    playing
}

/// Squares of small errors, the size of large ones (Huber 1964): one surprise does not shake the
/// network.
fn huber(values: Tensor<2>, wanted: Tensor<2>) -> Tensor<1> {
    let error = (values - wanted).abs();
    let near = error.clone().clamp_max(1.0);
    (near.clone() * (error - near * 0.5)).mean()
}

/// A game of the agent: what each move was worth, and the board then.
fn played(network: &Values, seed: u64) -> Vec<(f32, Board)> {
    let mut game = Game::new(seed);
    let moves = (0..MOVES).map(|_| {
        let (worth, _) = game.play(network.best(game.board.seen()));
        (worth, game.board.clone())
    });
    moves.collect()
}

/// The same game played by each agent, side by side.
fn replay(trials: &[Trial<Values>]) -> Result<Vec<u8>> {
    const SCALE: usize = 16;
    const STEP: usize = SIZE * SCALE + 16;
    let games: Vec<Vec<(f32, Board)>> = trials
        .iter()
        .map(|trial| played(&trial.network, FIRST_GAME))
        .collect();
    let mut gained = vec![0.0; trials.len()];
    let mut pictures = Vec::new();
    for turn in 0..MOVES {
        let mut picture = Picture::new(trials.len() * STEP + 16, SIZE * SCALE + 40, [255; 3]);
        for (column, (trial, game)) in trials.iter().zip(&games).enumerate() {
            let (worth, board) = &game[turn];
            gained[column] += worth;
            let left = column * STEP + 16;
            picture.text(
                [left, 14],
                14,
                &format!("{}: {}", trial.name, gained[column]),
            )?;
            picture.fill([left, 28], [SIZE * SCALE; 2], [24, 26, 44]);
            let mut square = |row: usize, at: usize, colour| {
                let corner = [left + at * SCALE + 2, 28 + row * SCALE + 2];
                picture.fill(corner, [SCALE - 4; 2], colour);
            };
            for &(row, at, thing) in &board.things {
                square(
                    row,
                    at,
                    if thing == Thing::Star {
                        [250, 210, 70]
                    } else {
                        [150, 90, 80]
                    },
                );
            }
            square(SIZE - 1, board.ship, [90, 180, 250]);
        }
        pictures.push(picture);
    }
    animation(&pictures, 6)
}
