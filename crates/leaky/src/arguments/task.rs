//! The network that a command works on, and its data.

use std::path::PathBuf;

use clap::Args;
use leaky_cure::data::Normalize;

use super::values::{MEASURED, NORMALIZE, normalize};
use crate::settings;

/// What a command that trains works on.
#[derive(Debug, Args)]
pub(super) struct Task {
    /// The network: an ONNX file [default: the bundled example, with its data]
    #[arg(value_name = "NETWORK.onnx", requires = "data")]
    network: Option<PathBuf>,
    /// The samples to diagnose and train with: a .npz or .safetensors file that holds `x` (samples
    /// on the first axis) and `y`, a .npy file of samples, a .csv or .tsv table with a column `y`, or
    /// a folder with a folder of PNG or JPEG images for each class
    #[arg(long, value_name = "FILE", requires = "network", help_heading = "Data")]
    data: Option<PathBuf>,
    /// A .npy file of labels, where they are not in the data file
    #[arg(
        long,
        value_name = "FILE.npy",
        requires = "data",
        help_heading = "Data"
    )]
    labels: Option<PathBuf>,
    /// The samples to validate with [default: a fifth of the data, which is not trained on]
    #[arg(long, value_name = "FILE", requires = "data", help_heading = "Data")]
    val: Option<PathBuf>,
    /// A .npy file of labels for --val, where they are not in that file
    #[arg(long, value_name = "FILE.npy", requires = "val", help_heading = "Data")]
    val_labels: Option<PathBuf>,
    /// How the samples are scaled.
    #[command(flatten)]
    scaling: Scaling,
}

impl Task {
    /// The network with its data; none for the bundled example.
    pub(super) fn settings(self) -> Option<settings::Case> {
        let data = |samples, labels| settings::Data { samples, labels };
        Some(settings::Case {
            network: self.network?,
            data: data(self.data?, self.labels),
            validation: self.val.map(|val| data(val, self.val_labels)),
            test: None,
            normalize: self.scaling.normalize,
        })
    }
}

/// How samples are scaled.
#[derive(Debug, Args)]
pub(super) struct Scaling {
    /// Give the network (x - mean) / deviation, channel by channel (axis 1); without numbers those of
    /// --data, for --val and --test alike. The network then expects data that are scaled so
    #[arg(long, value_name = NORMALIZE, num_args = 0..=1, require_equals = true, default_missing_value = MEASURED, value_parser = normalize, requires = "data", help_heading = "Data")]
    pub(super) normalize: Option<Normalize>,
}

/// Data that nothing is chosen by.
#[derive(Debug, Args)]
pub(super) struct Test {
    /// Samples to score the result on, once, at the end; nothing is chosen by them
    #[arg(long, value_name = "FILE", requires = "data", help_heading = "Data")]
    test: Option<PathBuf>,
    /// A .npy file of labels for --test, where they are not in that file
    #[arg(
        long,
        value_name = "FILE.npy",
        requires = "test",
        help_heading = "Data"
    )]
    test_labels: Option<PathBuf>,
}

impl Test {
    pub(super) fn settings(self) -> Option<settings::Data> {
        Some(settings::Data {
            samples: self.test?,
            labels: self.test_labels,
        })
    }
}

/// The data of a command that needs them.
#[derive(Debug, Args)]
pub(super) struct Data {
    /// The samples: a .npz or .safetensors file that holds `x` (samples on the first axis), a .npy
    /// file, a .csv or .tsv table, or a folder of PNG or JPEG images; arrays named as the network's
    /// inputs where it has several
    #[arg(long, value_name = "FILE")]
    data: PathBuf,
    /// A .npy file of labels, where they are not in the data file
    #[arg(long, value_name = "FILE.npy")]
    labels: Option<PathBuf>,
}

impl Data {
    pub(super) fn settings(self) -> settings::Data {
        settings::Data {
            samples: self.data,
            labels: self.labels,
        }
    }
}
