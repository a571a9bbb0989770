//! The text, character by character.

use rand::RngExt;
use rand::rngs::ChaCha8Rng;

/// Jules Verne, "Around the World in Eighty Days", translated by George Makepeace Towle (1873), the
/// first fifteen chapters: see `examples/data/README.md`.
const TEXT: &str = include_str!("../../../data/eighty-days.txt");

/// One in so many characters is held out: the end of the text.
const HELD_OUT: usize = 10;

/// A text as numbers, one a character.
#[derive(Debug)]
pub struct Text {
    /// The characters that occur, by their numbers.
    pub characters: Vec<char>,
    training: Vec<i64>,
    held_out: Vec<i64>,
}

/// Characters, and for each the one that follows it: `batch` rows of one length.
#[derive(Debug)]
pub struct Windows {
    /// The characters, row by row.
    pub given: Vec<i64>,
    /// What follows each.
    pub next: Vec<i64>,
    /// How many rows there are.
    pub batch: usize,
}

impl Text {
    /// The text.
    pub fn new() -> Self {
        let mut characters: Vec<char> = TEXT.chars().collect();
        characters.sort_unstable();
        characters.dedup();
        let numbers = TEXT
            .chars()
            .map(|own| characters.binary_search(&own).unwrap_or(0) as i64);
        let mut training: Vec<i64> = numbers.collect();
        let held_out = training.split_off(training.len() - training.len() / HELD_OUT);
        Text {
            characters,
            training,
            held_out,
        }
    }

    /// Rows from anywhere in the text that is trained with.
    pub fn random(&self, batch: usize, length: usize, random: &mut ChaCha8Rng) -> Windows {
        let starts = (0..batch).map(|_| random.random_range(0..self.training.len() - length));
        windows(&self.training, starts.collect(), length)
    }

    /// Rows that follow each other in the text that is held out, at most so many.
    pub fn held_out(&self, most: usize, length: usize) -> Windows {
        let starts = (0..self.held_out.len() - length).step_by(length).take(most);
        windows(&self.held_out, starts.collect(), length)
    }
}

fn windows(text: &[i64], starts: Vec<usize>, length: usize) -> Windows {
    let rows = |shift: usize| -> Vec<i64> {
        let rows = starts
            .iter()
            .map(|start| &text[start + shift..start + shift + length]);
        rows.flatten().copied().collect()
    };
    Windows {
        given: rows(0),
        next: rows(1),
        batch: starts.len(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_follows_a_character_is_the_next_one_of_the_text_and_nothing_is_trained_with_that_is_held_out()
     {
        let text = Text::new();
        assert_eq!(text.training.len() + text.held_out.len(), TEXT.len());
        let windows = text.held_out(3, 10);
        assert_eq!(windows.batch, 3);
        assert_eq!(windows.given[1..], windows.next[..29]);
        let words: String = windows
            .given
            .iter()
            .map(|&own| text.characters[own as usize])
            .collect();
        assert!(TEXT[text.training.len()..].starts_with(&words));
    }
}
