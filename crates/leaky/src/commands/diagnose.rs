//! `leaky diagnose`: which units are dead.

use leaky_cure::diagnose::{DiagnoseOptions, diagnose, gradient_norms_or_why_not};
use leaky_cure::stop::Stop;
use leaky_report as report;

use super::bars::Bars;
use super::born_dead;
use super::case::Case;
use super::figures::Figures;
use super::files::Files;
use super::threads::use_threads;
use crate::error::{Error, Outcome};
use crate::settings::Diagnose;
use crate::terminal::{Screen, causes_text, diagnosis_table};

pub(super) fn run(settings: &Diagnose, screen: &Screen) -> Result<Outcome, Error> {
    use_threads(settings.threads)?;
    let mut files = Files::read(settings.case.files());
    let figures = Figures::new(&settings.figures, &mut files)?;
    let case = Case::open(&settings.case, &mut files)?;
    if let Some(told) = case.scaling() {
        screen.tell(&told);
    }
    if let Some(options) = &settings.at_init {
        return born_dead::run(&case.task, options, &figures, screen);
    }
    let mut bars = Bars::new(screen.bars());
    let options = DiagnoseOptions {
        batch_size: settings.batch_size,
        tau: settings.tau,
    };
    let diagnosis = diagnose(&case.task, options, &Stop::new(), &mut bars)?;
    bars.clear();
    bars.notes().iter().for_each(|note| screen.warn(note));
    screen.tell(&diagnosis_table(&diagnosis, screen.look()));
    screen.tell(&diagnosis.verdict());
    if let Some(causes) = causes_text(&diagnosis) {
        screen.tell(&causes);
    }
    figures.write_json(&diagnosis, screen)?;
    if figures.wants_page() {
        let gradients = gradient_norms_or_why_not(&case.task, settings.batch_size)?;
        let provenance = case.diagnosis_told_in(figures.provenance());
        figures.write_page(|| report::diagnosis(&diagnosis, &gradients, &provenance))?;
    }
    let crossed = settings
        .fail_above
        .is_some_and(|limit| diagnosis.dead_fraction() > limit);
    Ok(match crossed {
        true => Outcome::ThresholdCrossed,
        false => Outcome::Done,
    })
}
