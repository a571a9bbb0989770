//! `leaky plot`: a rectifier and its gradient, drawn.

use std::io::Write;

use leaky_cure::text::printable;
use leaky_report::curve::Curve;
use leaky_report::plot::{png, svg};

use super::files::Files;
use crate::apply::{Function, Rectifier};
use crate::error::{Error, Outcome};
use crate::plot::text;
use crate::settings::Plot;
use crate::terminal::Screen;

pub(super) fn run(settings: &Plot, screen: &Screen) -> Result<Outcome, Error> {
    let rectifier = settings.rectifier;
    let given: Vec<&[f64]> = match (rectifier, settings.alpha.is_empty()) {
        (_, false) => settings.alpha.chunks(1).collect(),
        (Rectifier::LeakyRelu, true) => vec![&[0.01], &[0.1]],
        (Rectifier::Elu, true) => vec![&[1.0]],
        (Rectifier::PRelu, true) => vec![&[0.25]],
        (Rectifier::Relu, true) => vec![&[]],
    };
    let curves: Vec<Curve> = given
        .into_iter()
        .map(|alpha| curve(rectifier, alpha))
        .collect::<Result<_, _>>()?;
    let title = rectifier.name();

    let Some(path) = &settings.output else {
        let columns = screen.look().columns.unwrap_or(80);
        screen.tell(text(title, &curves, columns).trim_end());
        return Ok(Outcome::Done);
    };
    let destination = Files::read([]).output(path)?;
    let bytes = match path.extension().and_then(|extension| extension.to_str()) {
        Some("svg") => svg(title, &curves)?.into_bytes(),
        Some("png") => png(title, &curves)?,
        _ => return Err(Error::PlotFormat(printable(&path.display().to_string()))),
    };
    destination.write(|file| file.write_all(&bytes))?;
    let path = printable(&destination.path().display().to_string());
    screen.tell(&format!("Wrote {path}."));
    Ok(Outcome::Done)
}

fn curve(rectifier: Rectifier, alpha: &[f64]) -> Result<Curve, Error> {
    let name = match alpha {
        // Written out, a number far from one would be all zeros.
        [alpha] if *alpha != 0.0 && !(1e-4..1e6).contains(&alpha.abs()) => {
            format!("alpha {alpha:e}")
        }
        [alpha] => format!("alpha {alpha}"),
        _ => "no slope".to_owned(),
    };
    let function = Function::new(rectifier, alpha)?;
    Ok(Curve::new(name, |x| function.curve(x))?)
}
