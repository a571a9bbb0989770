//! `leaky cure`: dead units brought back, let leak, and trained on; the result verified and written.

mod drawn;
mod screen;

use std::time::Instant;

use super::case::Case;
use super::output::{Json, Page, print};
use super::verified::write;
use crate::arguments::Cure;
use crate::cure::{Patient, Treatment, cure, look};
use crate::error::{Error, Outcome};
use crate::files::Destination;
use crate::report;
use crate::session::use_threads;
use crate::train::{End, Settings};
use crate::{Interrupt, example};
use drawn::gradients;
use screen::{Screen, show};

pub(super) fn run(arguments: &Cure) -> Result<Outcome, Error> {
    let start = Instant::now();
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
    super::keeps_external_data(&arguments.output, &case.model)?;
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
            random_slopes: None,
        },
    };
    let interrupt = Interrupt::on_ctrl_c().unwrap_or_default();
    let mut screen = Screen::new(&json, arguments.epochs);
    let cured = cure(&patient, &treatment, &interrupt, &mut screen)?;
    let written = write(
        (&cured.model, &cured.network),
        &destination,
        &case.data,
        arguments.batch_size,
    )?;
    // The file is there: from here on nothing is lost by ending at once, as a second Ctrl-C does.
    let after = look(
        &cured.network,
        &patient,
        arguments.batch_size,
        &Interrupt::default(),
        &mut screen,
    )?;
    drop(screen);
    let gradients = page.if_wanted(|| gradients(&case, &cured.network, arguments))?;
    let (end, seconds) = (cured.end, start.elapsed().as_secs_f64());
    let verified = written.verified;
    let report = cured.report(after, written, seconds);
    show(&json, &report, verified, end);
    json.write(&report)?;
    let drawn = gradients.map(|gradients| {
        let provenance = case.provenance().seed(arguments.seed);
        report::cure(&report, end, gradients, &provenance)
    });
    page.write(drawn.transpose()?.as_deref())?;
    match end {
        End::Done => Ok(Outcome::Done),
        End::Interrupted => Ok(Outcome::Interrupted),
        End::Diverged(epoch) => Err(Error::Diverged {
            epoch,
            kept: format!("{} holds the best network before it", report.output),
        }),
    }
}
