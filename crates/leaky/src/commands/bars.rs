//! Bars that show how far the engine is.

use leaky_cure::progress::{Phase, Progress};

use crate::terminal;

/// A bar for the phase that is under way. It is gone from the screen when the value is dropped.
#[derive(Debug, Default)]
pub(super) struct Bars(Option<terminal::Progress>);

impl Progress for Bars {
    fn phase(&mut self, phase: Phase, steps: usize) {
        let doing = match phase {
            Phase::Diagnose => "Diagnosing",
            Phase::ChooseAlpha => "Choosing alpha",
            Phase::Train { .. } => "Training",
            Phase::Compare => "Comparing",
            Phase::DrawWeights => "Drawing weights",
        };
        self.0 = Some(terminal::Progress::new(steps as u64, doing));
    }

    fn step(&mut self) {
        if let Some(bar) = &self.0 {
            bar.step();
        }
    }
}
