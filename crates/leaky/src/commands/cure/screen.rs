//! What a person sees of a cure.

use std::time::Duration;

use crate::commands::output::{Json, print, warn};
use crate::cure::{AlphaTrial, Progress, Report};
use crate::data::printable;
use crate::diagnosis::Diagnosis;
use crate::objective::Metric;
use crate::revive::Revival;
use crate::session::Difference;
use crate::terminal::{
    self, TrainingProgress, before_after_table, colour, diagnosis_table, duration, score,
};
use crate::train::{End, Epoch, Watch};

/// What a person sees while the cure goes on.
pub(super) struct Screen<'a> {
    json: &'a Json,
    epochs: usize,
    bar: Option<terminal::Progress>,
    training: Option<TrainingProgress>,
}

impl<'a> Screen<'a> {
    pub fn new(json: &'a Json, epochs: usize) -> Self {
        Self {
            json,
            epochs,
            bar: None,
            training: None,
        }
    }
}

impl Watch for Screen<'_> {
    fn batch(&mut self) {
        if let Some(bar) = &self.training {
            bar.batch();
        }
    }

    fn epoch(&mut self, number: usize, epoch: &Epoch, _: Metric) {
        if let Some(bar) = &self.training {
            bar.epoch(number, epoch.train_loss, epoch.score);
        }
    }

    fn interrupted(&mut self) {
        self.training = None;
        warn("ending: writing the best network so far");
    }
}

impl Progress for Screen<'_> {
    fn diagnosing(&mut self, batches: usize) {
        self.training = None;
        self.bar = Some(terminal::Progress::new(batches as u64, "Diagnosing"));
    }

    fn diagnosed_batch(&mut self) {
        if let Some(bar) = &self.bar {
            bar.step();
        }
    }

    fn diagnosed(&mut self, before: &Diagnosis, metric: Metric, found: f64) {
        self.bar = None;
        print(self.json, &diagnosis_table(before, colour()));
        print(
            self.json,
            &format!(
                "{} Validation {}: {}.",
                before.verdict(),
                metric.name(),
                score(found)
            ),
        );
    }

    fn choosing_alpha(&mut self, batches: usize) {
        self.bar = Some(terminal::Progress::new(batches as u64, "Choosing alpha"));
    }

    fn tried_batch(&mut self) {
        if let Some(bar) = &self.bar {
            bar.step();
        }
    }

    fn chose_alpha(&mut self, alpha: f32, trials: &[AlphaTrial], metric: Metric) {
        self.bar = None;
        let found: Vec<String> = trials
            .iter()
            .map(|trial| format!("{}: {}", trial.alpha, score(trial.score)))
            .collect();
        let epochs = trials.first().map_or(0, |trial| trial.epochs);
        print(
            self.json,
            &format!(
                "Chose alpha {alpha}: it validated best in trials of {epochs} epochs, by {}, then by \
                 loss ({}).",
                metric.name(),
                found.join(", ")
            ),
        );
    }

    fn revived(&mut self, revival: &Revival, difference: Difference) {
        let Revival {
            revived,
            not_revived,
        } = revival;
        if revived + not_revived.len() == 0 {
            return;
        }
        print(
            self.json,
            &format!(
                "Revived {revived} units; the outputs differ by at most {} (of up to {}).",
                score(difference.maximum),
                score(difference.magnitude)
            ),
        );
        for (reason, layer, units) in left(revival) {
            let names: Vec<String> = units.iter().map(ToString::to_string).collect();
            print(
                self.json,
                &format!(
                    "Left in {}: {} ({reason}).",
                    printable(&layer),
                    names.join(", ")
                ),
            );
        }
    }

    fn training(&mut self, batches: usize, metric: Metric) {
        self.training = Some(TrainingProgress::new(self.epochs, batches, metric.name()));
    }
}

/// The units that were left, gathered by reason and layer.
fn left(revival: &Revival) -> Vec<(String, String, Vec<usize>)> {
    let mut groups: Vec<(String, String, Vec<usize>)> = Vec::new();
    for unit in &revival.not_revived {
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
pub(super) fn show(json: &Json, report: &Report, verified: Difference, end: End) {
    let Report {
        before,
        after,
        score: scores,
        best_epoch,
        output,
        seconds,
        epochs,
        ..
    } = report;
    print(json, &before_after_table(before, after, colour()));
    print(
        json,
        &format!(
            "Validation {}: {} before, {} after; {} of {} units are dead.",
            scores.metric.name(),
            score(scores.before),
            score(scores.after),
            after.dead,
            after.units
        ),
    );
    let kept = match best_epoch {
        None => {
            "Nothing validated better than the network as it was given, so it is written as it was: \
             without revived units, without another slope."
                .into()
        }
        Some(0) => "No epoch validated better than the network before training.".into(),
        Some(epoch) => format!("Kept epoch {epoch} of {}.", epochs.len()),
    };
    print(json, &kept);
    print(
        json,
        &format!(
            "Wrote {output}; read back, its outputs differ by at most {}. {} in all.",
            score(verified.maximum),
            duration(Duration::from_secs_f64(*seconds))
        ),
    );
    if end == End::Interrupted {
        warn("interrupted: the best network so far was written");
    }
}
