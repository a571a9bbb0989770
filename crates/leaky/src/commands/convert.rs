//! `leaky convert`: hidden ReLUs become Leaky ReLUs, nothing else changes.

use std::path::Path;

use leaky_cure::convert::{ConvertOptions, Done, convert};
use leaky_cure::files::Destination;
use leaky_cure::text::printable;
use leaky_onnx::Model;

use super::external::keeps_external_data;
use super::output::{Json, print};
use crate::arguments::Convert;
use crate::error::{Error, Outcome};

pub(super) fn run(arguments: &Convert) -> Result<Outcome, Error> {
    let destination = Destination::new(&arguments.output, [arguments.network.as_path()])?;
    let mut model = Model::read(&arguments.network)?;
    keeps_external_data(&arguments.output, &model)?;
    let options = ConvertOptions {
        alpha: arguments.alpha,
        only: arguments.only.clone(),
        skip: arguments.skip.clone(),
    };
    let name = arguments.network.display().to_string();
    let conversion = convert(&mut model, &name, &options)?;
    let folder = arguments.output.parent().unwrap_or(Path::new(""));
    let bytes = model.to_bytes_in(folder)?;
    destination.write(|file| std::io::Write::write_all(file, &bytes))?;
    for rectifier in &conversion.rectifiers {
        let what = match rectifier.done {
            Done::Converted => format!("Relu -> LeakyRelu, alpha {}", conversion.alpha),
            Done::NotRelu => format!("left: it is {}", rectifier.op),
            Done::NotAsked => "left, as asked".into(),
            Done::Output => "left: it makes the network's output".into(),
        };
        print(
            &Json::Nowhere,
            &format!("{}: {what}", printable(&rectifier.name)),
        );
    }
    print(
        &Json::Nowhere,
        &format!("Wrote {}.", destination.path().display()),
    );
    Ok(Outcome::Done)
}
