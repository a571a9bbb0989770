//! What a command is asked to do, in the engine's own types: what the command line says, without the
//! command line.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use leaky_cure::compare::CompareOptions;
use leaky_cure::convert::ConvertOptions;
use leaky_cure::cure::CureOptions;
use leaky_cure::data::Normalize;
use leaky_cure::diagnose::BornDeadOptions;

use crate::apply::Rectifier;

/// What to do. A new command is a line here, its settings below, its words in `arguments` and its
/// work in `commands`.
#[derive(Debug)]
pub enum Command {
    /// `leaky diagnose`.
    Diagnose(Diagnose),
    /// `leaky convert`.
    Convert(Convert),
    /// `leaky cure`.
    Cure(Cure),
    /// `leaky compare`.
    Compare(Compare),
    /// `leaky apply`.
    Apply(Apply),
    /// `leaky plot`.
    Plot(Plot),
    /// What stands on standard output as it is: completions, a manual page.
    Print(Vec<u8>),
}

/// How to talk to the person.
#[derive(Debug, Clone, Copy, Default)]
pub struct Display {
    /// Nothing but errors, and what was asked for on standard output by name.
    pub quiet: bool,
    /// Whether to colour; where it is not said, as the terminal and `NO_COLOR` suggest.
    pub color: Option<bool>,
}

/// Find the dead units of a network.
#[derive(Debug)]
pub struct Diagnose {
    /// The network and its data.
    pub case: Case,
    /// How many samples to run at a time.
    pub batch_size: usize,
    /// What dormant units are found by, where not by how often they fire.
    pub tau: Option<f64>,
    /// How many threads to compute with; as many as there are cores where it is not said.
    pub threads: Option<usize>,
    /// The fraction of dead units above which the command ends with exit code 1.
    pub fail_above: Option<f64>,
    /// To draw the weights afresh instead, and how.
    pub at_init: Option<BornDeadOptions>,
    /// Where the figures go.
    pub figures: Figures,
}

/// Replace ReLUs by Leaky ReLUs.
#[derive(Debug)]
pub struct Convert {
    /// The network's file.
    pub network: PathBuf,
    /// The file to write.
    pub output: PathBuf,
    /// What to convert, and to what.
    pub options: ConvertOptions,
}

/// Cure a network.
#[derive(Debug)]
pub struct Cure {
    /// The network and its data; the bundled example where there is none.
    pub case: Option<Case>,
    /// The file to write.
    pub output: PathBuf,
    /// How to cure.
    pub options: CureOptions,
    /// The folder that keeps the training.
    pub checkpoint: Option<PathBuf>,
    /// How many threads to compute with; as many as there are cores where it is not said.
    pub threads: Option<usize>,
    /// Where the figures go.
    pub figures: Figures,
}

/// Compare rectifiers.
#[derive(Debug)]
pub struct Compare {
    /// The network and its data; the bundled example where there is none.
    pub case: Option<Case>,
    /// The file to write the best network to.
    pub output: Option<PathBuf>,
    /// What to compare, and how.
    pub options: CompareOptions,
    /// The file that keeps each training.
    pub resume: Option<PathBuf>,
    /// Where the figures go.
    pub figures: Figures,
}

/// Apply a rectifier to an array.
#[derive(Debug)]
pub struct Apply {
    /// The array's file.
    pub input: PathBuf,
    /// The file to write.
    pub output: PathBuf,
    /// What to apply.
    pub rectifier: Rectifier,
    /// Its slopes; its own default where there are none.
    pub alpha: Vec<f64>,
    /// The gradient of the output, to compute that of the input instead.
    pub grad: Option<PathBuf>,
}

/// Draw a rectifier.
#[derive(Debug)]
pub struct Plot {
    /// Which.
    pub rectifier: Rectifier,
    /// The slopes of its curves; its own defaults where there are none.
    pub alpha: Vec<f64>,
    /// The file to write; the terminal where there is none.
    pub output: Option<PathBuf>,
}

/// A network and its data, as files.
#[derive(Debug)]
pub struct Case {
    /// The network.
    pub network: PathBuf,
    /// The samples to diagnose and train with.
    pub data: Data,
    /// The samples to validate with.
    pub validation: Option<Data>,
    /// The samples to test the result with.
    pub test: Option<Data>,
    /// How the samples are scaled.
    pub normalize: Option<Normalize>,
}

/// Samples, as files.
#[derive(Debug)]
pub struct Data {
    /// The samples, and their answers where these do not stand apart.
    pub samples: PathBuf,
    /// Their answers.
    pub labels: Option<PathBuf>,
}

/// Where figures go beside the table.
#[derive(Debug)]
pub struct Figures {
    /// As JSON.
    pub json: Option<Json>,
    /// Drawn, on a page.
    pub report: Option<PathBuf>,
    /// The command line, which the page tells.
    pub command_line: Vec<OsString>,
}

/// Where figures go as JSON.
#[derive(Debug, PartialEq)]
pub enum Json {
    /// To standard output, where then nothing else stands.
    StandardOutput,
    /// To a file.
    File(PathBuf),
}

impl Command {
    /// Whether standard output belongs to JSON alone.
    pub fn takes_standard_output(&self) -> bool {
        let figures = match self {
            Self::Diagnose(diagnose) => &diagnose.figures,
            Self::Cure(cure) => &cure.figures,
            Self::Compare(compare) => &compare.figures,
            Self::Convert(_) | Self::Apply(_) | Self::Plot(_) | Self::Print(_) => return false,
        };
        figures.json == Some(Json::StandardOutput)
    }
}

impl Case {
    /// The files that are named in it.
    pub fn files(&self) -> impl Iterator<Item = &Path> {
        let (validation, test) = (self.validation.as_ref(), self.test.as_ref());
        let data = [Some(&self.data), validation, test];
        let data = data.into_iter().flatten().flat_map(|data| {
            let labels = data.labels.as_deref();
            [Some(data.samples.as_path()), labels].into_iter().flatten()
        });
        [self.network.as_path()].into_iter().chain(data)
    }
}
