//! `leaky cure`: dead units brought back, let leak, and trained on; the result written and verified.

use std::path::Path;
use std::time::{Duration, Instant};

use leaky_onnx::{Model, Network};

use super::output::{Json, print, warn};
use crate::arguments::Cure;
use crate::cure::{Cured, Patient, Progress, Report, Treatment, cure};
use crate::data::{Arrays, Dataset};
use crate::diagnosis::Diagnosis;
use crate::error::{Error, Outcome};
use crate::files::Destination;
use crate::objective::Metric;
use crate::revive::Revival;
use crate::session::{Difference, dataset, device, use_threads};
use crate::terminal::{
    self, TrainingProgress, before_after_table, colour, diagnosis_table, duration, score,
};
use crate::train::{End, Epoch, Settings, Watch};
use crate::{Interrupt, example};

/// Outputs that differ by no more than this part of their magnitude are the same to rounding.
const ROUNDING: f64 = 1e-4;

pub(super) fn run(arguments: &Cure) -> Result<Outcome, Error> {
    let start = Instant::now();
    use_threads(arguments.threads)?;
    let inputs = || {
        let given = [
            &arguments.network,
            &arguments.data,
            &arguments.labels,
            &arguments.val,
            &arguments.val_labels,
        ];
        given.into_iter().flatten().map(std::path::PathBuf::as_path)
    };
    let destination = Destination::new(&arguments.output, inputs())?;
    let json = Json::new(
        arguments.json.as_deref(),
        inputs().chain([arguments.output.as_path()]),
    )?;
    let case = Case::open(arguments)?;
    if case.bundled {
        print(&json, example::DESCRIPTION);
    }
    let patient = Patient {
        model: &case.model,
        name: &case.name,
        data: &case.data,
        validation: case.validation.as_ref(),
    };
    let treatment = Treatment {
        alpha: arguments.alpha,
        revive: !arguments.no_revive,
        loss: arguments.loss,
        settings: Settings {
            epochs: arguments.epochs,
            batch_size: arguments.batch_size,
            lr: arguments.lr,
            optimizer: arguments.optimizer,
            seed: arguments.seed,
        },
    };
    let interrupt = Interrupt::on_ctrl_c().unwrap_or_default();
    let mut screen = Screen {
        json: &json,
        epochs: arguments.epochs,
        bar: None,
        training: None,
    };
    let mut cured = cure(&patient, &treatment, &interrupt, &mut screen)?;
    drop(screen);
    let verified = write(&cured, &destination, &case.data, arguments.batch_size)?;
    cured.report.output = destination.path().display().to_string();
    cured.report.verified_max_difference = verified.maximum;
    cured.report.seconds = start.elapsed().as_secs_f64();
    show(&json, &cured, verified);
    json.write(&cured.report)?;
    match cured.end {
        End::Done => Ok(Outcome::Done),
        End::Interrupted => Ok(Outcome::Interrupted),
        End::Diverged(epoch) => Err(Error::Diverged {
            epoch,
            kept: format!("{} holds the best network before it", cured.report.output),
        }),
    }
}

/// A network with its data.
struct Case {
    bundled: bool,
    name: String,
    model: Model,
    data: Dataset,
    validation: Option<Dataset>,
}

impl Case {
    fn open(arguments: &Cure) -> Result<Self, Error> {
        let (Some(path), Some(data)) = (&arguments.network, &arguments.data) else {
            let model = Model::from_bytes(example::NETWORK)?;
            let network = Network::new(&model, &device())?;
            let data = dataset(
                &network,
                &Arrays::from_bytes(example::TRAINING_NAME, example::TRAINING)?,
            )?;
            let validation = dataset(
                &network,
                &Arrays::from_bytes(example::VALIDATION_NAME, example::VALIDATION)?,
            )?;
            return Ok(Self {
                bundled: true,
                name: example::NETWORK_NAME.into(),
                model,
                data,
                validation: Some(validation),
            });
        };
        let (model, network) = super::open(path)?;
        let open =
            |data: &Path, labels: Option<&Path>| dataset(&network, &Arrays::open(data, labels)?);
        Ok(Self {
            bundled: false,
            name: path.display().to_string(),
            data: open(data, arguments.labels.as_deref())?,
            validation: match &arguments.val {
                Some(val) => Some(open(val, arguments.val_labels.as_deref())?),
                None => None,
            },
            model,
        })
    }
}

/// Writes the network, reads it back and compares.
fn write(
    cured: &Cured,
    destination: &Destination,
    data: &Dataset,
    batch_size: usize,
) -> Result<Difference, Error> {
    let bytes = cured.model.to_bytes()?;
    destination.write(|file| std::io::Write::write_all(file, &bytes))?;
    let written = Network::new(&Model::read(destination.path())?, &device())?;
    let samples: Vec<usize> = (0..data.samples()).collect();
    Difference::between([&cured.network, &written], data, &samples, batch_size)
}

/// What a person sees while the cure goes on.
struct Screen<'a> {
    json: &'a Json,
    epochs: usize,
    bar: Option<terminal::Progress>,
    training: Option<TrainingProgress>,
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
                super::diagnose::verdict(before),
                metric.name(),
                score(found)
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
                    crate::data::printable(&layer),
                    names.join(", ")
                ),
            );
        }
        if difference.relative() > ROUNDING {
            warn("the outputs changed by more than rounding when units were revived");
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

fn show(json: &Json, cured: &Cured, verified: Difference) {
    let Report {
        before,
        after,
        score: scores,
        best_epoch,
        output,
        seconds,
        epochs,
        ..
    } = &cured.report;
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
            "Nothing validated better than the network as it was given, so it is left as it was."
                .into()
        }
        Some(0) => "No epoch validated better than the network before training.".into(),
        Some(epoch) => format!("Kept epoch {epoch} of {}.", epochs.len().max(*epoch)),
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
    if verified.relative() > ROUNDING {
        warn(
            "the written file gives other outputs than the network in memory: its weights are stored in a smaller type",
        );
    }
    if matches!(cured.end, End::Interrupted) {
        warn("interrupted: the best network so far was written");
    }
}
