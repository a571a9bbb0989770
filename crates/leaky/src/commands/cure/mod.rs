//! `leaky cure`: dead units brought back, let leak, and trained on; the result verified and written.

mod drawn;
mod watch;

use std::path::Path;

use leaky_cure::cure::{CureOptions, cure_to_file};
use leaky_cure::files::{FileError, make_folder};
use leaky_cure::train::{self, Checkpoint, End};
use leaky_report as report;

use super::case::Case;
use super::figures::Figures;
use super::files::Files;
use super::threads::use_threads;
use crate::error::{Error, Outcome};
use crate::example;
use crate::settings::{self, Cure};
use crate::signals::Signals;
use crate::terminal::Screen;
use drawn::gradients;
use watch::{Watch, show};

pub(super) fn run(settings: &Cure, screen: &Screen) -> Result<Outcome, Error> {
    use_threads(settings.threads)?;
    let mut files = Files::read(settings.case.iter().flat_map(settings::Case::files));
    let destination = files.output(&settings.output)?;
    let figures = Figures::new(&settings.figures, &mut files)?;
    let case = match &settings.case {
        Some(asked) => Case::open(asked, &mut files)?,
        None => {
            screen.tell(example::DESCRIPTION);
            Case::bundled()?
        }
    };
    if let Some(told) = case.scaling() {
        screen.tell(&told);
    }
    let options = CureOptions {
        checkpoint: match &settings.checkpoint {
            Some(folder) => Some(checkpoint(folder, &mut files)?),
            None => None,
        },
        ..settings.options.clone()
    };
    let options = &options;
    let signals = Signals::heard();
    let mut watch = Watch::new(screen);
    let cured = cure_to_file(&case.task, options, &destination, &signals.stop, &mut watch)?;
    drop(watch);
    let (end, report) = (cured.end, cured.report);
    show(screen, &report, end);
    figures.write_json(&report, screen)?;
    if figures.wants_page() {
        let gradients = gradients(&case.task, &cured.network, options)?;
        let provenance = case.told_in(figures.provenance());
        let provenance = provenance.seed(options.training.seed);
        figures.write_page(|| report::cure(&report, end, gradients, &provenance))?;
    }
    match end {
        End::Done | End::NoBetter(_) => Ok(Outcome::Done),
        End::Stopped => Ok(Outcome::Interrupted),
        End::Diverged(epoch) => Err(Error::Diverged {
            epoch,
            kept: format!(
                "{} holds the best network before it",
                settings.output.display()
            ),
        }),
    }
}

/// The file in a folder that keeps the training; the folder is made where there is none.
fn checkpoint(folder: &Path, files: &mut Files) -> Result<Checkpoint, FileError> {
    make_folder(folder)?;
    Ok(Checkpoint::new(files.output(&folder.join(train::FILE))?))
}
