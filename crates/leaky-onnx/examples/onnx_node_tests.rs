//! Runs ONNX's own node tests against the interpreter and writes the page of supported operators.
//!
//! `tools/onnx-node-tests.sh` writes the tests into a folder and calls this.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use burn::backend::{DispatchDevice, FlexDevice};
use burn::tensor::TensorData;
use leaky_onnx::operators::{OPSETS, SUPPORTED};
use leaky_onnx::{Error, Model, Network, read_tensor};

/// Why tests fail, by a part of their names.
const REASONS: &[(&str, &str)] = &[
    (
        "castlike_FLOAT_to_BFLOAT16",
        "`bfloat16` is held as `float32`, so that a tensor to be alike does not say to round",
    ),
    ("bfloat16", HALF),
    ("bf16", HALF),
    ("fp16", HALF),
    (
        "training_dropout",
        "dropping at random is not supported; the mode is an input of this graph, so that it is \
         refused only when it runs",
    ),
];

const HALF: &str =
    "computed in `float32`; the expected numbers are rounded to half precision at every step";

/// What became of a test.
enum Outcome {
    Passed,
    Failed(String),
    /// It needs what is refused; the text is what.
    Unsupported(String),
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, package, page] = arguments.as_slice() else {
        eprintln!("usage: onnx_node_tests FOLDER PACKAGE PAGE");
        return ExitCode::from(2);
    };
    match run(Path::new(folder), package, Path::new(page)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::from(2)
        }
    }
}

/// Whether every failure has a reason, and every reason a failure.
fn run(folder: &Path, package: &str, page: &Path) -> Result<bool, String> {
    let mut tests: Vec<PathBuf> = folder
        .read_dir()
        .map_err(|e| format!("{}: {e}", folder.display()))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    tests.sort();
    // A panic is a failure of the test, not of this program; its message is the reason.
    std::panic::set_hook(Box::new(|_| {}));
    let device: DispatchDevice = FlexDevice.into();
    let mut passed = 0;
    let mut failed = BTreeMap::new();
    let mut unsupported: BTreeMap<String, usize> = BTreeMap::new();
    for path in &tests {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let outcome = std::panic::catch_unwind(|| outcome(path, &device)).unwrap_or_else(|panic| {
            let message = panic.downcast_ref::<String>().cloned();
            let message = message.or(panic.downcast_ref::<&str>().map(|m| (*m).to_owned()));
            Outcome::Failed(format!("panics: {}", message.unwrap_or_default()))
        });
        match outcome {
            Outcome::Passed => passed += 1,
            Outcome::Failed(reason) => drop(failed.insert(name.into_owned(), reason)),
            Outcome::Unsupported(what) => *unsupported.entry(what).or_default() += 1,
        }
    }
    let refused: usize = unsupported.values().sum();
    let other: usize = unsupported
        .iter()
        .filter(|(what, _)| what.starts_with("operator "))
        .map(|(_, count)| count)
        .sum();
    println!(
        "{} node tests of {package}: {passed} passed, {} failed, {refused} not supported, {other} of \
         these for an operator that is not",
        tests.len(),
        failed.len()
    );
    let reason = |test: &str| REASONS.iter().find(|(part, _)| test.contains(part));
    let mut sound = true;
    for (test, what) in &failed {
        println!("failed: {test}: {what}");
        if reason(test).is_none() {
            println!("  no reason is known for it");
            sound = false;
        }
    }
    for (part, _) in REASONS {
        if !failed.keys().any(|test| test.contains(part)) {
            println!("a reason is given for '{part}', and no such test fails");
            sound = false;
        }
    }

    let mut text = operators_page();
    let total = tests.len();
    writeln!(
        text,
        "\n## ONNX's node tests\n\n\
         `tools/onnx-node-tests.sh` runs every node test of the package `{package}`, with its \
         tolerances, and writes this page.\n\n\
         | | tests |\n|---|---|\n| in the package | {total} |\n| passed | {passed} |\n\
         | failed | {} |\n| refused for an operator that is not listed above | {other} |\n\
         | refused for something else | {} |\n",
        failed.len(),
        refused - other
    )
    .expect("a string grows");
    if !failed.is_empty() {
        text.push_str("| failed | why |\n|---|---|\n");
        for (test, what) in &failed {
            let why = reason(test).map_or(what.as_str(), |(_, why)| why);
            writeln!(text, "| `{test}` | {why} |").expect("a string grows");
        }
    }
    text.push_str("\nWhat the refused tests ask for:\n\n| not supported | tests |\n|---|---|\n");
    for (what, count) in &unsupported {
        writeln!(text, "| {what} | {count} |").expect("a string grows");
    }
    std::fs::write(page, text).map_err(|e| format!("{}: {e}", page.display()))?;
    Ok(sound)
}

/// The operators that run, as a table.
fn operators_page() -> String {
    let (oldest, newest) = OPSETS;
    let mut text = format!(
        "# Operators\n\n\
         What a network may be made of, for ONNX's operator sets {oldest} to {newest}. Every operator \
         has its gradient where its inputs are floats. Tensors are computed with in `float32` \
         (`float16` and `bfloat16` are widened when they are read) or in `float64` where the file has \
         that; every integer type is held as `int64`. Anything else is refused, with the names of the \
         nodes that ask for it, before any work starts.\n\n\
         | operator | what of it runs |\n|---|---|\n"
    );
    for operator in SUPPORTED {
        let dot = if operator.domain.is_empty() { "" } else { "." };
        let limits = if operator.limits.is_empty() {
            "all"
        } else {
            operator.limits
        };
        writeln!(
            text,
            "| {}{dot}{} | {limits} |",
            operator.domain, operator.name
        )
        .expect("a string grows");
    }
    text
}

fn outcome(path: &Path, device: &DispatchDevice) -> Outcome {
    let checked = || -> Result<Outcome, Error> {
        let model = Model::read(path.join("model.onnx"))?;
        let network = Network::new(&model, device)?;
        let tolerance = std::fs::read_to_string(path.join("tolerance.txt")).unwrap_or_default();
        let mut numbers = tolerance.split_whitespace().map(str::parse::<f64>);
        let (Some(Ok(relative)), Some(Ok(absolute))) = (numbers.next(), numbers.next()) else {
            return Ok(Outcome::Failed("its tolerance cannot be read".into()));
        };
        let mut sets = 0;
        while path.join(sets.to_string()).is_dir() {
            let set = path.join(sets.to_string());
            let arrays = |kind: &str, count: usize| -> Result<Vec<TensorData>, Error> {
                (0..count)
                    .map(|index| {
                        let file = set.join(format!("{kind}_{index}.pb"));
                        let bytes = std::fs::read(&file)
                            .map_err(|source| Error::Io { path: file, source })?;
                        Ok(read_tensor(&bytes)?.1)
                    })
                    .collect()
            };
            let outputs = network.run(arrays("input", network.inputs().len())?)?;
            let expected = arrays("output", outputs.len())?;
            for (number, (found, wanted)) in outputs.iter().zip(&expected).enumerate() {
                if let Some(what) = difference(found, wanted, relative, absolute) {
                    return Ok(Outcome::Failed(format!("output {number}: {what}")));
                }
            }
            sets += 1;
        }
        if sets == 0 {
            return Ok(Outcome::Failed("it has no data".into()));
        }
        Ok(Outcome::Passed)
    };
    match checked() {
        Ok(outcome) => outcome,
        Err(Error::Unsupported(list)) => Outcome::Unsupported(list[0].what.clone()),
        Err(Error::Input { reason, .. } | Error::Tensor { reason, .. })
            if reason.contains("not supported") =>
        {
            Outcome::Unsupported(reason)
        }
        Err(error) => Outcome::Failed(error.to_string()),
    }
}

/// What differs, if anything does.
fn difference(
    found: &TensorData,
    expected: &TensorData,
    relative: f64,
    absolute: f64,
) -> Option<String> {
    if found.shape() != expected.shape() {
        return Some(format!(
            "shape {:?}, expected {:?}",
            found.shape(),
            expected.shape()
        ));
    }
    if found.dtype() != expected.dtype() {
        return Some(format!(
            "{:?}, expected {:?}",
            found.dtype(),
            expected.dtype()
        ));
    }
    found
        .iter::<f64>()
        .zip(expected.iter::<f64>())
        .enumerate()
        .find_map(|(index, (found, wanted))| {
            let agrees = found == wanted
                || (found.is_nan() && wanted.is_nan())
                || (found - wanted).abs() <= relative * wanted.abs() + absolute;
            (!agrees).then(|| format!("element {index} is {found}, expected {wanted}"))
        })
}
