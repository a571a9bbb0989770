//! `leaky cure`: dead units brought back, let leak, and trained on; the result verified and written.

mod case;
mod drawn;
mod screen;

use std::path::PathBuf;
use std::time::Instant;

use leaky_onnx::{Model, Network};

use super::output::{Json, Page, print};
use crate::arguments::Cure;
use crate::cure::{Cured, Patient, Treatment, Written, cure, look};
use crate::data::Dataset;
use crate::error::{Error, Outcome};
use crate::files::Destination;
use crate::report;
use crate::revive::spread;
use crate::session::{Difference, device, use_threads};
use crate::train::{End, Settings};
use crate::{Interrupt, example};
use case::Case;
use drawn::{gradients, provenance};
use screen::{Screen, show};

/// How many samples at most the network to be written is compared on. They test the file, not the
/// network: a wrong number in it shows on any of them.
const VERIFIED_ON: usize = 1024;

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
        given.into_iter().flatten().map(PathBuf::as_path)
    };
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
    let case = Case::open(arguments)?;
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
        },
    };
    let interrupt = Interrupt::on_ctrl_c().unwrap_or_default();
    let mut screen = Screen::new(&json, arguments.epochs);
    let cured = cure(&patient, &treatment, &interrupt, &mut screen)?;
    let written = write(&cured, &destination, &case.data, arguments.batch_size)?;
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
    if let Some(gradients) = gradients {
        let provenance = provenance(&case, arguments.seed);
        page.write(&report::cure(&report, end, gradients, &provenance)?)?;
    }
    match end {
        End::Done => Ok(Outcome::Done),
        End::Interrupted => Ok(Outcome::Interrupted),
        End::Diverged(epoch) => Err(Error::Diverged {
            epoch,
            kept: format!("{} holds the best network before it", report.output),
        }),
    }
}

/// Reads the network from the bytes of its file, compares, and writes the file if all is well.
fn write(
    cured: &Cured,
    destination: &Destination,
    data: &Dataset,
    batch_size: usize,
) -> Result<Written, Error> {
    let bytes = cured.model.to_bytes()?;
    let read = Network::new(&Model::from_bytes(&bytes)?, &device())?;
    let all: Vec<usize> = (0..data.samples()).collect();
    let samples = spread(&all, VERIFIED_ON);
    let networks = [&cured.network, &read];
    let verified = Difference::between(networks, data, &samples, batch_size, || Ok(()))?;
    if !verified.is_rounding() {
        return Err(Error::NotVerified {
            maximum: verified.maximum,
            magnitude: verified.magnitude,
        });
    }
    destination.write(|file| std::io::Write::write_all(file, &bytes))?;
    Ok(Written {
        output: destination.path().display().to_string(),
        verified,
    })
}
