//! `leaky cure`: dead units brought back, let leak, and trained on; the result verified and written.

mod drawn;
mod screen;

use leaky_cure::cure::{CureOptions, cure_to_file};
use leaky_cure::files::Destination;
use leaky_cure::train::{End, TrainOptions};
use leaky_report as report;

use super::case::Case;
use super::external::keeps_external_data;
use super::output::{Json, Page, print};
use super::threads::use_threads;
use crate::arguments::Cure;
use crate::error::{Error, Outcome};
use crate::{example, stop_on_ctrl_c};
use drawn::gradients;
use screen::{Screen, show};

pub(super) fn run(arguments: &Cure) -> Result<Outcome, Error> {
    use_threads(arguments.threads)?;
    let inputs = || arguments.task.files();
    let destination = Destination::new(&arguments.output, inputs())?;
    let json = Json::new(
        arguments.json.as_deref(),
        inputs().chain([arguments.output.as_path()]),
    )?;
    let page = Page::new(
        arguments.report.as_deref(),
        inputs()
            .chain([arguments.output.as_path()])
            .chain(json.file()),
    )?;
    let case = Case::open(&arguments.task)?;
    keeps_external_data(&arguments.output, &case.task.model)?;
    if case.bundled {
        print(&json, example::DESCRIPTION);
    }
    let options = CureOptions {
        alpha: arguments.alpha,
        revive: !arguments.no_revive,
        revival_bound: arguments.revival_bound,
        loss: arguments.loss,
        training: TrainOptions {
            epochs: arguments.epochs,
            batch_size: arguments.batch_size,
            lr: arguments.lr,
            optimizer: arguments.optimizer,
            seed: arguments.seed,
            random_slopes: None,
        },
    };
    let stop = stop_on_ctrl_c().unwrap_or_default();
    let mut screen = Screen::new(&json);
    let cured = cure_to_file(&case.task, &options, &destination, &stop, &mut screen)?;
    drop(screen);
    let gradients = page.if_wanted(|| Ok(gradients(&case.task, &cured.network, arguments)?))?;
    let (end, report) = (cured.end, cured.report);
    show(&json, &report, end);
    json.write(&report)?;
    let drawn = gradients.map(|gradients| {
        let provenance = case.provenance().seed(arguments.seed);
        report::cure(&report, end, gradients, &provenance)
    });
    page.write(drawn.transpose()?.as_deref())?;
    match end {
        End::Done => Ok(Outcome::Done),
        End::Stopped => Ok(Outcome::Interrupted),
        End::Diverged(epoch) => Err(Error::Diverged {
            epoch,
            kept: format!(
                "{} holds the best network before it",
                arguments.output.display()
            ),
        }),
    }
}
