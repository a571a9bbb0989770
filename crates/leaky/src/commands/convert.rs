//! `leaky convert`: hidden ReLUs become Leaky ReLUs, nothing else changes.

use std::path::Path;

use globset::{Glob, GlobMatcher};
use leaky_onnx::Rectifier;

use super::output::{Json, print};
use super::{keeps_external_data, open};
use crate::arguments::Convert;
use crate::cure::hidden_relus;
use crate::error::{Error, Outcome};
use crate::files::Destination;

pub(super) fn run(arguments: &Convert) -> Result<Outcome, Error> {
    let destination = Destination::new(&arguments.output, [arguments.network.as_path()])?;
    let only = patterns("only", &arguments.only)?;
    let skip = patterns("skip", &arguments.skip)?;
    let (mut model, network) = open(&arguments.network)?;
    keeps_external_data(&arguments.output, &model)?;
    let rectifiers = network.rectifiers()?;
    if rectifiers.is_empty() {
        return Err(Error::NoRectifier {
            model: arguments.network.display().to_string(),
        });
    }
    let wanted = |rectifier: &&Rectifier| {
        let fits = |patterns: &[GlobMatcher]| {
            patterns
                .iter()
                .any(|pattern| pattern.is_match(&rectifier.name))
        };
        (only.is_empty() || fits(&only)) && !fits(&skip)
    };
    let chosen: Vec<&Rectifier> = hidden_relus(&rectifiers)
        .into_iter()
        .filter(wanted)
        .collect();
    if chosen.is_empty() {
        let names: Vec<String> = rectifiers
            .iter()
            .map(|rectifier| format!("{} ({})", rectifier.name, rectifier.operator))
            .collect();
        return Err(Error::NothingToConvert(format!(
            "none of the rectifiers is a hidden ReLU that was asked for: {}",
            names.join(", ")
        )));
    }
    model.leak(&network, &chosen, arguments.alpha)?;
    let folder = arguments.output.parent().unwrap_or(Path::new(""));
    let bytes = model.to_bytes_in(folder)?;
    destination.write(|file| std::io::Write::write_all(file, &bytes))?;
    for rectifier in &rectifiers {
        let what = if chosen.iter().any(|other| other.node == rectifier.node) {
            format!("Relu -> LeakyRelu, alpha {}", arguments.alpha)
        } else if rectifier.operator != "Relu" {
            format!("left: it is {}", rectifier.operator)
        } else if rectifier.hidden {
            "left, as asked".into()
        } else {
            "left: it makes the network's output".into()
        };
        print(
            &Json::Nowhere,
            &format!("{}: {what}", crate::data::printable(&rectifier.name)),
        );
    }
    print(
        &Json::Nowhere,
        &format!("Wrote {}.", destination.path().display()),
    );
    Ok(Outcome::Done)
}

fn patterns(option: &'static str, given: &[String]) -> Result<Vec<GlobMatcher>, Error> {
    given
        .iter()
        .map(|pattern| {
            Glob::new(pattern)
                .map(|glob| glob.compile_matcher())
                .map_err(|error| Error::Pattern {
                    option,
                    pattern: pattern.clone(),
                    reason: error.kind().to_string(),
                })
        })
        .collect()
}
