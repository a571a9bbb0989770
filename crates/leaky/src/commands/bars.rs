//! Bars that show how far the engine is.

use leaky_cure::progress::{Phase, Progress};

use crate::terminal::{self, BarStyle};

/// A bar for the phase that is under way. It is gone from the screen when the value is dropped.
#[derive(Debug)]
pub(super) struct Bars {
    bar: Option<terminal::Progress>,
    style: BarStyle,
    notes: Vec<String>,
}

impl Bars {
    /// No bar yet.
    pub(super) fn new(style: BarStyle) -> Self {
        Self {
            bar: None,
            style,
            notes: Vec::new(),
        }
    }

    /// What a person should know of the network, each once.
    pub(super) fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Takes the bar from the screen.
    pub(super) fn clear(&mut self) {
        self.bar = None;
    }
}

impl Progress for Bars {
    fn phase(&mut self, phase: Phase, steps: usize) {
        let doing = match phase {
            Phase::Diagnose => "Diagnosing",
            Phase::ChooseAlpha => "Choosing alpha",
            Phase::Train { .. } => "Training",
            Phase::Compare => "Comparing",
            Phase::DrawWeights => "Drawing weights",
        };
        self.bar = Some(terminal::Progress::new(steps as u64, doing, self.style));
    }

    fn step(&mut self) {
        if let Some(bar) = &self.bar {
            bar.step();
        }
    }

    fn note(&mut self, text: &str) {
        if self.notes.iter().all(|known| known != text) {
            self.notes.push(text.to_owned());
        }
    }
}
