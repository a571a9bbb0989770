//! What is seen of one training: losses, scores, dead units.

use indicatif::ProgressBar;
use leaky_burn::UnitCounts;
use serde::Serialize;

/// The figures of one epoch, or of as many steps as an example looks at together.
#[derive(Debug, Clone, Serialize)]
pub struct Epoch {
    /// How many steps were done when it ended.
    pub step: u64,
    /// The mean loss of its steps.
    pub loss: f64,
    /// What was measured at its end, if the example does so.
    pub score: Option<f64>,
    /// The part of the units that was never above zero in it.
    pub dead: f64,
    /// The part of the units that was above zero on less than 0.1 % of samples and positions.
    pub dormant: f64,
    /// The dead units of each rectifier, in the order in which they run.
    pub dead_by_layer: Vec<usize>,
}

/// Watches one training.
#[derive(Debug)]
pub struct Watch {
    bar: ProgressBar,
    what: String,
    steps: u64,
    losses: Vec<f64>,
    counts: Vec<UnitCounts>,
    epochs: Vec<Epoch>,
}

impl Watch {
    /// Watches a training that is called `what` beside the bar.
    pub(crate) fn new(bar: ProgressBar, what: String) -> Self {
        bar.set_message(what.clone());
        Watch {
            bar,
            what,
            steps: 0,
            losses: Vec::new(),
            counts: Vec::new(),
            epochs: Vec::new(),
        }
    }

    /// One step of the training: its loss, and what its forward pass counted.
    pub fn step(&mut self, loss: f64, counts: &[UnitCounts]) {
        self.steps += 1;
        self.losses.push(loss);
        self.bar.inc(1);
        self.count(counts);
    }

    /// Adds what was counted elsewhere than in a step.
    pub fn count(&mut self, counts: &[UnitCounts]) {
        if self.counts.is_empty() {
            self.counts = counts.to_vec();
            return;
        }
        for (all, counts) in self.counts.iter_mut().zip(counts) {
            all.add(counts);
        }
    }

    /// Ends an epoch, with what was measured of the network, if anything was.
    pub fn epoch(&mut self, score: Option<f64>) {
        let units: usize = self.counts.iter().map(UnitCounts::units).sum();
        let dead_by_layer: Vec<usize> = self.counts.iter().map(UnitCounts::dead).collect();
        let dead: usize = dead_by_layer.iter().sum();
        let dormant: usize = self.counts.iter().map(UnitCounts::dormant).sum();
        let epoch = Epoch {
            step: self.steps,
            loss: self.losses.iter().sum::<f64>() / self.losses.len() as f64,
            score,
            dead: dead as f64 / units as f64,
            dormant: dormant as f64 / units as f64,
            dead_by_layer,
        };
        self.bar.set_message(format!(
            "{}: loss {:.3}, dead {:.1} %",
            self.what,
            epoch.loss,
            epoch.dead * 100.0
        ));
        self.epochs.push(epoch);
        self.losses.clear();
        self.counts.clear();
    }

    /// All epochs.
    pub(crate) fn into_epochs(self) -> Vec<Epoch> {
        self.epochs
    }
}
