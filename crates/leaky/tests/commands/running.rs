//! Running the tool, and finding the networks to run it on.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// The networks that are cured, a kind each.
pub const CURED: [&str; 7] = [
    "mlp",
    "conv",
    "conv-batch-norm",
    "conv-fused-batch-norm",
    "residual",
    "unet",
    "transformer",
];

/// A file of the repository's fixtures.
pub fn fixture(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fixtures")
        .join(path)
}

/// The names of all fixture networks.
pub fn networks() -> Vec<String> {
    let folders =
        std::fs::read_dir(fixture("networks")).expect("the fixtures are in the repository");
    let mut names: Vec<String> = folders
        .map(|entry| {
            entry
                .expect("a folder can be listed")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.sort();
    assert!(names.len() >= 16, "found only {names:?}");
    names
}

/// Runs `leaky` with these arguments, separated by spaces.
pub fn leaky<A: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = A>) -> Output {
    Command::new(env!("CARGO_BIN_EXE_leaky"))
        .args(arguments)
        .env("RUST_BACKTRACE", "0")
        .output()
        .expect("the tool starts")
}

/// Runs `leaky` and expects it to succeed; gives what it printed.
pub fn succeeds<A: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = A>) -> String {
    let output = leaky(arguments);
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{}\n{out}\n{err}", output.status);
    out
}

/// The figures of a diagnosis of a network on the data of a fixture network.
pub fn diagnosis(model: &Path, fixture: &Path) -> serde_json::Value {
    let printed = succeeds([
        "diagnose".as_ref(),
        model.as_os_str(),
        "--data".as_ref(),
        fixture.join("data.safetensors").as_os_str(),
        "--json".as_ref(),
        "-".as_ref(),
    ]);
    serde_json::from_str(&printed).expect("JSON")
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("the tool prints text")
}

/// A JSON file that the tool wrote.
pub fn json(path: &Path) -> serde_json::Value {
    let text = std::fs::read_to_string(path).expect("the figures were written");
    serde_json::from_str(&text).expect("the figures are JSON")
}

/// Whether two pieces of figures say the same. Counts agree exactly; what was computed from sums agrees to
/// rounding, since sums depend on the order.
pub fn agree(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| agree(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            let in_other = |(key, value): (&String, &Value)| {
                other.get(key).is_some_and(|found| agree(value, found))
            };
            one.len() == other.len() && one.iter().all(in_other)
        }
        (Value::Number(a), Value::Number(b)) if a.is_f64() && b.is_f64() => {
            let [a, b] = [a, b].map(|number| number.as_f64().unwrap_or(f64::NAN));
            (a - b).abs() <= 1e-6 * a.abs().max(b.abs())
        }
        _ => one == other,
    }
}
