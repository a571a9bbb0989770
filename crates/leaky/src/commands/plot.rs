//! `leaky plot`: a rectifier and its gradient, drawn.

use std::io::Write;

use leaky_report::curve::Curve;

use super::output::{Json, print};
use crate::apply::{Function, Rectifier};
use crate::arguments::Plot;
use crate::error::{Error, Outcome};
use crate::plot::{png, svg, text};
use leaky_cure::files::Destination;
use leaky_cure::text::printable;

pub(super) fn run(arguments: &Plot) -> Result<Outcome, Error> {
    let rectifier = arguments.rectifier;
    let given: Vec<&[f64]> = match (rectifier, arguments.alpha.is_empty()) {
        (_, false) => arguments.alpha.chunks(1).collect(),
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

    let Some(path) = &arguments.output else {
        let columns = console::Term::stdout().size().1.into();
        print(&Json::Nowhere, text(title, &curves, columns).trim_end());
        return Ok(Outcome::Done);
    };
    let destination = Destination::new(path, [])?;
    let bytes = match path.extension().and_then(|extension| extension.to_str()) {
        Some("svg") => svg(title, &curves)?.into_bytes(),
        Some("png") => png(title, &curves)?,
        _ => return Err(Error::PlotFormat(printable(&path.display().to_string()))),
    };
    destination.write(|file| file.write_all(&bytes))?;
    let path = printable(&destination.path().display().to_string());
    print(&Json::Nowhere, &format!("Wrote {path}."));
    Ok(Outcome::Done)
}

fn curve(rectifier: Rectifier, alpha: &[f64]) -> Result<Curve, Error> {
    let name = match alpha {
        [alpha] => format!("alpha {alpha}"),
        _ => "no slope".to_owned(),
    };
    let function = Function::new(rectifier, alpha)?;
    Ok(Curve::new(name, |x| function.curve(x))?)
}
