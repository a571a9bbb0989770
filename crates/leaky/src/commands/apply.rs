//! `leaky apply`: a rectifier, or its gradient, over an array file.

use super::output::{Json, print};
use crate::apply::{Function, apply};
use crate::arguments::Apply;
use crate::error::{Error, Outcome};
use leaky_cure::data::PlainArray;
use leaky_cure::files::Destination;
use leaky_cure::text::printable;

pub(super) fn run(arguments: &Apply) -> Result<Outcome, Error> {
    let inputs = [Some(&arguments.input), arguments.grad.as_ref()];
    let inputs = inputs.into_iter().flatten().map(|path| path.as_path());
    let destination = Destination::new(&arguments.output, inputs)?;
    let function = Function::new(arguments.rectifier, &arguments.alpha)?;
    let x = PlainArray::open(&arguments.input)?;
    let dy = arguments
        .grad
        .as_deref()
        .map(PlainArray::open)
        .transpose()?;

    // What stops the writing is told from what stops the reading.
    let mut reading = None;
    let written = destination.write(|file| {
        apply(&function, &x, dy.as_ref(), file).map_err(|error| match error {
            crate::apply::Stopped::Writing(error) => error,
            crate::apply::Stopped::Reading(error) => {
                reading = Some(error);
                std::io::Error::other("the input cannot be read")
            }
        })
    });
    if let Some(error) = reading {
        return Err(error.into());
    }
    written?;
    let path = printable(&destination.path().display().to_string());
    print(&Json::Nowhere, &format!("Wrote {path}."));
    Ok(Outcome::Done)
}
