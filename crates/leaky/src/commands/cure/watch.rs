//! What a person sees of a cure.

use std::time::Duration;

use leaky_cure::cure::{AlphaTrial, Report};
use leaky_cure::diagnose::Diagnosis;
use leaky_cure::difference::Difference;
use leaky_cure::objective::Metric;
use leaky_cure::progress::{Phase, Progress};
use leaky_cure::revive::{NotRevived, Recentring, Revival};
use leaky_cure::text::{printable, score};
use leaky_cure::train::{End, Epoch};

use crate::commands::bars::Bars;
use crate::terminal::{Screen, TrainingProgress, before_after_table, diagnosis_table, duration};

/// What a person sees while the cure goes on.
pub(super) struct Watch<'a> {
    screen: &'a Screen,
    bars: Bars,
    training: Option<TrainingProgress>,
    /// How many units are dead on all of the data.
    dead: usize,
}

impl<'a> Watch<'a> {
    pub(super) fn new(screen: &'a Screen) -> Self {
        Self {
            screen,
            bars: Bars::new(screen.bars()),
            training: None,
            dead: 0,
        }
    }
}

impl Progress for Watch<'_> {
    fn phase(&mut self, phase: Phase, steps: usize) {
        self.bars.clear();
        self.training = None;
        match phase {
            Phase::Train { epochs, metric } => {
                let batches = steps / epochs.max(1);
                let style = self.screen.bars();
                let bar = TrainingProgress::new(epochs, batches, metric.name(), style);
                self.training = Some(bar);
            }
            phase => self.bars.phase(phase, steps),
        }
    }

    fn step(&mut self) {
        match &self.training {
            Some(training) => training.batch(),
            None => self.bars.step(),
        }
    }

    fn note(&mut self, text: &str) {
        let known = self.bars.notes().len();
        self.bars.note(text);
        if self.bars.notes().len() > known {
            self.screen.warn(text);
        }
    }

    fn epoch(&mut self, number: usize, epoch: &Epoch, _: Metric) {
        if let Some(bar) = &self.training {
            bar.epoch(number, epoch.train_loss, epoch.score);
        }
    }

    fn stopping(&mut self) {
        self.training = None;
        self.screen.warn("ending: writing the best network so far");
    }

    fn diagnosed(&mut self, before: &Diagnosis, metric: Metric, found: f64) {
        self.bars.clear();
        self.dead = before.dead;
        self.screen
            .tell(&diagnosis_table(before, self.screen.look()));
        self.screen.tell(&format!(
            "{} Validation {}: {}.",
            before.verdict(),
            metric.name(),
            score(found)
        ));
    }

    fn chose_alpha(&mut self, alpha: f32, trials: &[AlphaTrial], metric: Metric) {
        self.bars.clear();
        let found: Vec<String> = trials
            .iter()
            .map(|trial| format!("{}: {}", trial.alpha, score(trial.score)))
            .collect();
        let epochs = trials.first().map_or(0, |trial| trial.epochs);
        self.screen.tell(&format!(
            "Chose alpha {alpha}: it validated best in trials of {epochs} epochs, by {}, then by \
                 loss ({}).",
            metric.name(),
            found.join(", ")
        ));
    }

    fn revived(&mut self, revival: &Revival, training: Difference, validation: Difference) {
        let Revival {
            revived,
            within_bound,
            dormant,
            not_revived,
        } = revival;
        if revived + dormant + not_revived.len() == 0 {
            return;
        }
        if *dormant == 0 && revived + not_revived.len() > self.dead {
            self.screen.tell(&format!(
                "Beside them {} units fire on samples held out for validation alone.",
                revived + not_revived.len() - self.dead
            ));
        }
        let small = match within_bound {
            0 => String::new(),
            small => format!(", {small} of them small because they cannot be muted"),
        };
        let quiet = match dormant {
            0 => String::new(),
            quiet => {
                format!(", and {quiet} dormant ones whose means were moved into what hears them")
            }
        };
        self.screen.tell(&format!(
            "Revived {revived} units{small}{quiet}; the outputs differ by at most {} (of up to {}), for the \
             validation samples by at most {}.",
            score(training.maximum),
            score(training.magnitude),
            score(validation.maximum)
        ));
        self.left("Left", not_revived);
    }

    fn recentred(&mut self, recentring: &Recentring, training: Difference) {
        if recentring.recentred + recentring.left.len() == 0 {
            return;
        }
        self.screen.tell(&format!(
            "Re-centred {} always-on units; the outputs differ by at most {} (of up to {}).",
            recentring.recentred,
            score(training.maximum),
            score(training.magnitude)
        ));
        self.left("Left always on", &recentring.left);
    }
}

impl Watch<'_> {
    /// Names the units that were left, layer by layer, with the reasons.
    fn left(&self, what: &str, units: &[NotRevived]) {
        for (reason, layer, units) in left(units) {
            let names: Vec<String> = units.iter().map(ToString::to_string).collect();
            self.screen.tell(&format!(
                "{what} in {}: {} ({reason}).",
                printable(&layer),
                names.join(", ")
            ));
        }
    }
}

/// The units that were left, gathered by reason and layer.
fn left(left: &[NotRevived]) -> Vec<(String, String, Vec<usize>)> {
    let mut groups: Vec<(String, String, Vec<usize>)> = Vec::new();
    for unit in left {
        match groups
            .iter_mut()
            .find(|(reason, layer, _)| *reason == unit.reason && *layer == unit.layer)
        {
            Some((_, _, units)) => units.push(unit.unit),
            None => groups.push((unit.reason.clone(), unit.layer.clone(), vec![unit.unit])),
        }
    }
    groups
}

/// Prints what the cure came to.
pub(super) fn show(screen: &Screen, report: &Report, end: End) {
    let Report {
        before,
        after,
        score: scores,
        best_epoch,
        output,
        verified_max_difference,
        seconds,
        epochs,
        recycled,
        ..
    } = report;
    screen.tell(&before_after_table(before, after, screen.look()));
    let metric = scores.metric.name();
    if let Some(test) = scores.test {
        screen.tell(&format!(
            "Test {metric}: {}, on samples that nothing was chosen by.",
            score(test)
        ));
    }
    screen.tell(&format!(
        "Validation {metric}: {} before, {} after; {} of {} units are dead.",
        score(scores.before),
        score(scores.after),
        after.dead,
        after.units
    ));
    let kept = match best_epoch {
        None => {
            "Nothing validated better than the network as it was given, so it is written as it was: \
             without revived units, without another slope."
                .into()
        }
        Some(0) => "No epoch validated better than the network before training.".into(),
        Some(epoch) => format!("Kept epoch {epoch} of {}.", epochs.len()),
    };
    screen.tell(&kept);
    if let End::NoBetter(epochs) = end {
        screen.tell(&format!(
            "Training ended early: none of its last {epochs} epochs validated better."
        ));
    }
    if *recycled > 0 {
        screen.tell(&format!(
            "Recycled {recycled} units that had died in training."
        ));
    }
    screen.tell(&format!(
        "Wrote {}; read back, its outputs differ by at most {}. {} in all.",
        output.as_deref().unwrap_or_default(),
        score(verified_max_difference.unwrap_or_default()),
        duration(Duration::from_secs_f64(*seconds))
    ));
    if end == End::Stopped {
        screen.warn("interrupted: the best network so far was written");
    }
}
