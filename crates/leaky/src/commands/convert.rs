//! `leaky convert`: hidden ReLUs become Leaky ReLUs, nothing else changes.

use std::io::Write;
use std::path::Path;

use leaky_cure::convert::{Done, convert};
use leaky_cure::text::printable;
use leaky_onnx::Model;

use super::files::Files;
use crate::error::{Error, Outcome};
use crate::settings::Convert;
use crate::terminal::{Screen, evidence};

pub(super) fn run(settings: &Convert, screen: &Screen) -> Result<Outcome, Error> {
    let mut files = Files::read([settings.network.as_path()]);
    let destination = files.output(&settings.output)?;
    let mut model = Model::read(&settings.network)?;
    files.read_too(model.external_files())?;
    let name = settings.network.display().to_string();
    let conversion = convert(&mut model, &name, &settings.options)?;
    let folder = settings.output.parent().unwrap_or(Path::new(""));
    let bytes = model.to_bytes_in(folder)?;
    destination.write(|file| file.write_all(&bytes))?;
    for rectifier in &conversion.rectifiers {
        let what = match rectifier.done {
            Done::Converted => format!("{} -> LeakyRelu, alpha {}", rectifier.op, conversion.alpha),
            Done::NotRelu => format!("left: it is {}", rectifier.op),
            Done::NotAsked => "left, as asked".into(),
            Done::Output => "left: it makes the network's output".into(),
        };
        screen.tell(&format!("{}: {what}", printable(&rectifier.name)));
    }
    screen.tell(&format!("Wrote {}.", destination.path().display()));
    screen.tell(evidence::OF_A_SWAP);
    Ok(Outcome::Done)
}
