//! What made a report: enough to make it again.

use std::ffi::OsString;
use std::path::Path;

use maud::{Markup, html};

use super::page::section;
use leaky_cure::text::printable;

/// The engine, as `Cargo.lock` has it.
const ENGINE: &str = "Burn 0.22.1";

/// What made a report: the command, the versions, the files. Neither date nor time of day are among
/// it, so that the same command gives the same page.
#[derive(Debug, Clone)]
pub struct Provenance {
    command: Option<String>,
    facts: Vec<(&'static str, String)>,
}

impl Provenance {
    /// With a command line as the operating system gives it, the program first. Of the program only
    /// the file's name is told.
    pub fn new(command_line: impl IntoIterator<Item = OsString>) -> Self {
        let mut words = command_line.into_iter();
        let program = words.next().unwrap_or_default();
        let program = Path::new(&program).file_name().unwrap_or_default();
        let arguments = words.map(|word| quoted(&word.to_string_lossy()));
        let command: Vec<String> = std::iter::once(quoted(&program.to_string_lossy()))
            .chain(arguments)
            .collect();
        Self {
            command: Some(command.join(" ")),
            facts: Vec::new(),
        }
    }

    /// Without a command line: by a program of the user's.
    pub fn of_program() -> Self {
        Self {
            command: None,
            facts: Vec::new(),
        }
    }

    /// And the network's file.
    #[must_use]
    pub fn network(self, name: &str) -> Self {
        self.fact("Network", name.to_owned())
    }

    /// And a file of samples, and what they were for.
    #[must_use]
    pub fn data(self, purpose: &'static str, name: &str, samples: usize) -> Self {
        self.fact(purpose, format!("{name}, {samples} samples"))
    }

    /// And that the samples to validate with are a part of the data.
    #[must_use]
    pub fn validation_kept_apart(self) -> Self {
        self.fact(
            "Validation",
            "a part of the data, not trained on".to_owned(),
        )
    }

    /// And what is to be known of how the network was looked at.
    pub(super) fn noted(&self, notes: &[String]) -> Self {
        let notes = notes.iter().cloned();
        notes.fold(self.clone(), |made, note| made.fact("Note", note))
    }

    /// And where the random numbers started.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        self.fact("Seed", seed.to_string())
    }

    /// And that each was done with so many seeds.
    #[must_use]
    pub fn seeds(self, count: usize) -> Self {
        match count {
            1 => self.seed(0),
            _ => self.fact("Seeds", format!("0 to {}", count.saturating_sub(1))),
        }
    }

    fn fact(mut self, name: &'static str, value: String) -> Self {
        self.facts.push((name, value));
        self
    }

    /// The end of a page.
    pub(super) fn markup(&self) -> Markup {
        let version = format!("leaky {}, {ENGINE}", env!("CARGO_PKG_VERSION"));
        section(
            "How this page was made",
            &html! {
                dl {
                    @if let Some(command) = &self.command {
                        dt { "Command" }
                        dd { code { (printable(command)) } }
                    }
                    @for (name, value) in &self.facts {
                        dt { (name) }
                        dd { (printable(value)) }
                    }
                    dt { "Versions" }
                    dd { (version) }
                }
            },
        )
    }
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./,:=+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &[&str]) -> Vec<OsString> {
        line.iter().map(Into::into).collect()
    }

    #[test]
    fn the_command_can_be_given_again_and_tells_no_folder_of_the_program() {
        let line = words(&["/opt/bin/leaky", "diagnose", "my net.onnx", "it's", ""]);
        assert_eq!(
            Provenance::new(line).command.as_deref(),
            Some(r"leaky diagnose 'my net.onnx' 'it'\''s' ''")
        );
    }

    #[test]
    fn the_engine_is_the_one_that_is_locked() {
        let lock = concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock");
        let lock = std::fs::read_to_string(lock).expect("the lock file is in the repository");
        let (name, version) = ENGINE.split_once(' ').expect("a name and a version");
        let entry = format!(
            "name = \"{}\"\nversion = \"{version}\"\n",
            name.to_lowercase()
        );
        assert!(lock.contains(&entry), "{entry}");
    }
}
