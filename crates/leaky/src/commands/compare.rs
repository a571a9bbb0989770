//! `leaky compare`: which rectifier suits a network and its data.

use std::path::Path;

use leaky_cure::compare::{CompareError, CompareOptions, Comparison, Place, Plan, Trial, resume};
use leaky_cure::files::Destination;
use leaky_cure::run::{RunError, device};
use leaky_cure::text::score;
use leaky_cure::threads::cores;
use leaky_cure::verified::write;
use leaky_onnx::Network;
use leaky_report as report;

use super::bars::Bars;
use super::case::Case;
use super::external::keeps_external_data;
use super::output::{Json, Page, print};
use crate::arguments::Compare;
use crate::error::{Error, Outcome};
use crate::terminal::{colour, comparison_table};
use crate::{example, stop_on_ctrl_c};

pub(super) fn run(arguments: &Compare) -> Result<Outcome, Error> {
    let inputs = || arguments.task.files();
    let output = match &arguments.output {
        Some(path) => Some(Destination::new(path, inputs())?),
        None => None,
    };
    let others = || inputs().chain(arguments.output.as_deref());
    let json = Json::new(arguments.json.as_deref(), others())?;
    let resume = match &arguments.resume {
        Some(path) => Some(Destination::new(
            path,
            others().chain(arguments.json.as_deref()),
        )?),
        None => None,
    };
    let page = Page::new(
        arguments.report.as_deref(),
        others()
            .chain(json.file())
            .chain(arguments.resume.as_deref()),
    )?;
    let case = Case::open(&arguments.task)?;
    if let Some(path) = &arguments.output {
        keeps_external_data(path, &case.task.model)?;
    }
    if case.bundled {
        print(&json, example::COMPARISON);
    }
    let options = options(arguments);
    let plan = Plan::new(&case.task, &options)?;
    let kept = match resume {
        Some(destination) => Some((destination, plan.setting()?)),
        None => None,
    };
    let mut trials = match &kept {
        Some((destination, setting)) => resume::read(destination.path(), setting)?,
        None => Vec::new(),
    };
    let stop = stop_on_ctrl_c().unwrap_or_default();
    let mut bars = Bars::default();
    let compared = plan.run(&mut trials, &stop, &mut bars, |trials| match &kept {
        Some((destination, setting)) => Ok(resume::write(destination, setting, trials)?),
        None => Ok(()),
    });
    drop(bars);
    let comparison = match compared {
        Err(CompareError::Run(RunError::Stopped(_))) if !trials.is_empty() => {
            return Err(interrupted(&plan, kept, &options, &trials)?);
        }
        compared => compared?,
    };
    print(&json, &comparison_table(&comparison, colour()));
    print(&json, &comparison.verdict);
    json.write(&comparison)?;
    let provenance = || case.provenance().seeds(arguments.seeds);
    let drawn = page.if_wanted(|| Ok(report::comparison(&comparison, &provenance())?))?;
    page.write(drawn.as_deref())?;
    if let Some(destination) = &output {
        let (trial, model) = plan.train(best_place(&comparison), &stop)?;
        let network = Network::new(&model, &device())?;
        let (data, size) = (&case.task.data, options.batch_size);
        let written = write(&model, &network, destination, data, size)?;
        print(
            &json,
            &format!(
                "Wrote {}: {} of seed {}, {} {}.",
                written.output,
                trial.rectifier,
                trial.seed,
                comparison.metric.name(),
                score(trial.score)
            ),
        );
    }
    Ok(Outcome::Done)
}

fn options(arguments: &Compare) -> CompareOptions {
    CompareOptions {
        rectifiers: without_repeats(&arguments.rectifiers),
        rates: without_repeats(&arguments.lr),
        seeds: arguments.seeds as u64,
        from_scratch: !arguments.from_weights,
        loss: arguments.loss,
        epochs: arguments.epochs,
        batch_size: arguments.batch_size,
        optimizer: arguments.optimizer,
        jobs: arguments.jobs.unwrap_or_else(cores),
    }
}

/// Keeps what is done, if it is not kept already, and says how to go on.
fn interrupted(
    plan: &Plan,
    kept: Option<(Destination, resume::Setting)>,
    options: &CompareOptions,
    trials: &[Trial],
) -> Result<Error, Error> {
    let destination = match kept {
        Some((destination, _)) => destination,
        None => {
            let setting = plan.setting()?;
            let path = resume::new_path(Path::new(""), &setting, options);
            let destination = Destination::new(&path, [])?;
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

fn without_repeats<T: Copy + PartialEq>(items: &[T]) -> Vec<T> {
    let mut kept = Vec::new();
    for &item in items {
        if !kept.contains(&item) {
            kept.push(item);
        }
    }
    kept
}
