//! `leaky apply`: a rectifier, or its gradient, over an array file.

use leaky_cure::data::PlainArray;
use leaky_cure::text::printable;

use super::files::Files;
use crate::apply::{Function, apply};
use crate::error::{Error, Outcome};
use crate::settings::Apply;
use crate::terminal::Screen;

pub(super) fn run(settings: &Apply, screen: &Screen) -> Result<Outcome, Error> {
    let inputs = [Some(&settings.input), settings.grad.as_ref()];
    let mut files = Files::read(inputs.into_iter().flatten().map(|path| path.as_path()));
    let destination = files.output(&settings.output)?;
    let function = Function::new(settings.rectifier, &settings.alpha)?;
    let x = PlainArray::open(&settings.input)?;
    let dy = settings.grad.as_deref().map(PlainArray::open).transpose()?;

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
    screen.tell(&format!("Wrote {path}."));
    Ok(Outcome::Done)
}
