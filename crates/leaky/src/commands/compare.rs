//! `leaky compare`: which rectifier suits a network and its data.

use std::path::Path;

use leaky_onnx::Network;

use super::case::Case;
use super::output::{Json, Page, print};
use super::verified::write;
use crate::arguments::Compare;
use crate::compare::{Comparison, Place, Plan, Request, Setting, Trial, resume};
use crate::error::{Error, Outcome};
use crate::files::Destination;
use crate::report;
use crate::session::{cores, device};
use crate::terminal::{Progress, colour, comparison_table, score};
use crate::{Interrupt, example};

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
        super::keeps_external_data(path, &case.model)?;
    }
    if case.bundled {
        print(&json, example::COMPARISON);
    }
    let request = request(arguments, &case);
    let plan = Plan::new(&request)?;
    let kept = match resume {
        Some(destination) => Some((destination, plan.setting()?)),
        None => None,
    };
    let mut trials = match &kept {
        Some((destination, setting)) => resume::read(destination.path(), setting)?,
        None => Vec::new(),
    };
    let interrupt = Interrupt::on_ctrl_c().unwrap_or_default();
    let batches = plan.missing(&trials).len() * plan.batches();
    let progress = Progress::new(batches as u64, "Comparing");
    let compared = plan.run(
        arguments.jobs.unwrap_or_else(cores),
        &mut trials,
        &interrupt,
        &|| progress.step(),
        |trials| match &kept {
            Some((destination, setting)) => resume::write(destination, setting, trials),
            None => Ok(()),
        },
    );
    drop(progress);
    let comparison = match compared {
        Err(Error::Interrupted) if !trials.is_empty() => {
            return Err(interrupted(&plan, kept, &request, &trials)?);
        }
        compared => compared?,
    };
    print(&json, &comparison_table(&comparison, colour()));
    print(&json, &comparison.verdict);
    json.write(&comparison)?;
    let provenance = || case.provenance().seeds(arguments.seeds);
    let drawn = page.if_wanted(|| report::comparison(&comparison, &provenance()))?;
    page.write(drawn.as_deref())?;
    if let Some(destination) = &output {
        let (trial, model) = plan.train(best_place(&comparison), &interrupt)?;
        let network = Network::new(&model, &device())?;
        let written = write(
            (&model, &network),
            destination,
            &case.data,
            request.batch_size,
        )?;
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

fn request<'a>(arguments: &Compare, case: &'a Case) -> Request<'a> {
    Request {
        model: &case.model,
        name: &case.name,
        data: &case.data,
        validation: case.validation.as_ref(),
        rectifiers: without_repeats(&arguments.rectifiers),
        rates: without_repeats(&arguments.lr),
        seeds: arguments.seeds as u64,
        from_scratch: !arguments.from_weights,
        loss: arguments.loss,
        epochs: arguments.epochs,
        batch_size: arguments.batch_size,
        optimizer: arguments.optimizer,
    }
}

/// Keeps what is done, if it is not kept already, and says how to go on.
fn interrupted(
    plan: &Plan,
    kept: Option<(Destination, Setting)>,
    request: &Request,
    trials: &[Trial],
) -> Result<Error, Error> {
    let destination = match kept {
        Some((destination, _)) => destination,
        None => {
            let setting = plan.setting()?;
            let name = setting.file_name();
            let destination = Destination::new(Path::new(&name), [])?;
            resume::write(&destination, &setting, trials)?;
            destination
        }
    };
    Ok(Error::ComparisonInterrupted {
        done: request.trainings() - plan.missing(trials).len(),
        all: request.trainings(),
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
