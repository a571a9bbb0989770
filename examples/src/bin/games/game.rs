//! Meteors: stars and rocks fall onto a ship, which moves sideways. A star is worth 1, a rock costs 1.

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

/// How many rows and columns the board has.
pub const SIZE: usize = 8;
/// What the ship can do: left, nothing, right.
pub const ACTIONS: usize = 3;
/// The planes of what is seen: the ship, stars, rocks.
pub const PLANES: usize = 3;
/// How many moves a game has.
pub const MOVES: usize = 80;

/// What falls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thing {
    /// Worth 1.
    Star,
    /// Costs 1.
    Rock,
}

/// What stands where.
#[derive(Debug, Clone)]
pub struct Board {
    /// The column of the ship, which stands in the last row.
    pub ship: usize,
    /// What is in the air: its row, its column, and what it is.
    pub things: Vec<(usize, usize, Thing)>,
}

/// A game being played.
#[derive(Debug)]
pub struct Game {
    /// What stands where.
    pub board: Board,
    random: ChaCha8Rng,
    moves: usize,
}

impl Game {
    /// A new game; the same things fall for the same seed.
    pub fn new(seed: u64) -> Self {
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let ship = random.random_range(0..SIZE);
        let things = Vec::new();
        Game {
            board: Board { ship, things },
            random,
            moves: 0,
        }
    }

    /// Moves the ship, then lets everything fall by a row. Gives back what that was worth, and whether
    /// the game is over.
    pub fn play(&mut self, action: usize) -> (f32, bool) {
        let Board { ship, things } = &mut self.board;
        *ship = (*ship + action).saturating_sub(1).min(SIZE - 1);
        things.iter_mut().for_each(|(row, ..)| *row += 1);
        let caught = things
            .iter()
            .filter(|(row, column, _)| *row == SIZE - 1 && column == ship);
        let worth = caught.map(|(.., thing)| match thing {
            Thing::Star => 1.0,
            Thing::Rock => -1.0,
        });
        let worth = worth.sum();
        things.retain(|(row, ..)| *row < SIZE - 1);
        if self.random.random_range(0..10) < 6 {
            let star = self.random.random_range(0..2) == 0;
            let thing = if star { Thing::Star } else { Thing::Rock };
            things.push((0, self.random.random_range(0..SIZE), thing));
        }
        self.moves += 1;
        (worth, self.moves == MOVES)
    }
}

impl Board {
    /// What the player sees: `PLANES` planes of `SIZE` by `SIZE`, 1 where something is.
    pub fn seen(&self) -> Vec<f32> {
        let mut seen = vec![0.0; PLANES * SIZE * SIZE];
        let mut set = |plane: usize, row: usize, column: usize| {
            seen[(plane * SIZE + row) * SIZE + column] = 1.0;
        };
        set(0, SIZE - 1, self.ship);
        for &(row, column, thing) in &self.things {
            set(1 + usize::from(thing == Thing::Rock), row, column);
        }
        seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ship_under_a_star_gains_and_under_a_rock_loses_and_elsewhere_neither() {
        for (ship, thing, worth) in [
            (3, Thing::Star, 1.0),
            (3, Thing::Rock, -1.0),
            (5, Thing::Rock, 0.0),
        ] {
            let mut game = Game::new(0);
            game.board.ship = ship;
            game.board.things = vec![(SIZE - 2, 3, thing)];
            assert_eq!(game.play(1), (worth, false));
            assert!(
                game.board.things.iter().all(|(row, ..)| *row == 0),
                "what came down is gone"
            );
        }
    }

    #[test]
    fn the_ship_stays_on_the_board_and_the_game_ends() {
        let mut game = Game::new(1);
        let mut over = false;
        for turn in 0..MOVES {
            assert!(!over, "the game ended after {turn} moves");
            over = game.play(if turn < 20 { 0 } else { 2 }).1;
            assert!(game.board.ship < SIZE);
        }
        assert!(over);
        assert_eq!(game.board.ship, SIZE - 1);
    }
}
