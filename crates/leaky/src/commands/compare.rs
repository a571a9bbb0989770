//! `leaky compare`: which rectifier suits a network and its data.

use std::path::Path;

use leaky_cure::compare::{
    CompareError, CompareOptions, Comparison, Place, Plan, Row, Trial, resume,
};
use leaky_cure::files::Destination;
use leaky_cure::run::{RunError, device};
use leaky_cure::text::score;
use leaky_cure::verified::write;
use leaky_onnx::Network;
use leaky_report as report;

use super::bars::Bars;
use super::case::Case;
use super::figures::Figures;
use super::files::Files;
use crate::error::{Error, Outcome};
use crate::example;
use crate::settings::{self, Compare};
use crate::signals::Signals;
use crate::terminal::{Screen, comparison_table, evidence};

pub(super) fn run(settings: &Compare, screen: &Screen) -> Result<Outcome, Error> {
    let options = &settings.options;
    let mut files = Files::read(settings.case.iter().flat_map(settings::Case::files));
    let output = settings.output.as_deref();
    let output = output.map(|path| files.output(path)).transpose()?;
    let resume = settings.resume.as_deref();
    let resume = resume.map(|path| files.output(path)).transpose()?;
    let figures = Figures::new(&settings.figures, &mut files)?;
    let case = match &settings.case {
        Some(asked) => Case::open(asked, &mut files)?,
        None => {
            screen.tell(example::COMPARISON);
            Case::bundled()?
        }
    };
    if let Some(told) = case.scaling() {
        screen.tell(&told);
    }
    let plan = Plan::new(&case.task, options)?;
    let kept = match resume {
        Some(destination) => Some((destination, plan.setting()?)),
        None => None,
    };
    let mut trials = match &kept {
        Some((destination, setting)) => resume::read(destination.path(), setting)?,
        None => Vec::new(),
    };
    let signals = Signals::heard();
    let mut bars = Bars::new(screen.bars());
    let compared = plan.run(
        &mut trials,
        &signals.stop,
        &mut bars,
        |trials| match &kept {
            Some((destination, setting)) => Ok(resume::write(destination, setting, trials)?),
            None => Ok(()),
        },
    );
    drop(bars);
    let comparison = match compared {
        Err(CompareError::Run(RunError::Stopped(_))) if !trials.is_empty() => {
            return Err(interrupted(&plan, kept, &mut files, options, &trials)?);
        }
        compared => compared?,
    };
    screen.tell(&comparison_table(&comparison, screen.look()));
    if let Some(test) = best_row(&comparison).and_then(|row| row.test) {
        screen.tell(&format!(
            "Test {} of {} at learning rate {}: {}, the mean of its seeds, on samples that nothing was \
             chosen by.",
            comparison.metric.name(),
            comparison.best,
            comparison.best_lr,
            score(test)
        ));
    }
    screen.tell(&comparison.verdict);
    screen.tell(evidence::OF_RECTIFIERS);
    figures.write_json(&comparison, screen)?;
    figures.write_page(|| {
        let provenance = case.told_in(figures.provenance());
        report::comparison(&comparison, &provenance.seeds(options.seeds as usize))
    })?;
    if let Some(destination) = &output {
        let (trial, model) = plan.train(best_place(&comparison), &signals.stop)?;
        let network = Network::new(&model, &device())?;
        let (data, size) = (&case.task.data, options.training.batch_size);
        let written = write(&model, &network, destination, data, size)?;
        screen.tell(&format!(
            "Wrote {}: {} of seed {}, {} {}.",
            written.output,
            trial.rectifier,
            trial.seed,
            comparison.metric.name(),
            score(trial.score)
        ));
    }
    Ok(Outcome::Done)
}

/// Keeps what is done, if it is not kept already, and says how to go on.
fn interrupted(
    plan: &Plan,
    kept: Option<(Destination, resume::Setting)>,
    files: &mut Files,
    options: &CompareOptions,
    trials: &[Trial],
) -> Result<Error, Error> {
    let destination = match kept {
        Some((destination, _)) => destination,
        None => {
            let setting = plan.setting()?;
            let path = resume::new_path(Path::new(""), &setting, options);
            let destination = files.output(&path)?;
            resume::write(&destination, &setting, trials)?;
            destination
        }
    };
    Ok(Error::ComparisonInterrupted {
        done: options.trainings() - plan.missing(trials).len(),
        all: options.trainings(),
        path: destination.path().display().to_string(),
    })
}

/// What the best rectifier came to at the rate that suits it.
fn best_row(comparison: &Comparison) -> Option<&Row> {
    let mut rows = comparison.summary.iter();
    rows.find(|row| (row.rectifier, row.lr) == (comparison.best, comparison.best_lr))
}

/// The training of the best rectifier that ended with the best score.
fn best_place(comparison: &Comparison) -> Place {
    let (rectifier, lr) = (comparison.best, comparison.best_lr);
    let mut seeds: Vec<&Trial> = comparison
        .trials
        .iter()
        .filter(|trial| trial.rectifier == rectifier && trial.lr == lr)
        .collect();
    seeds.sort_by(|one, other| other.score.total_cmp(&one.score));
    Place {
        rectifier,
        lr,
        seed: seeds[0].seed,
    }
}
