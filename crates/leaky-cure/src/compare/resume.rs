//! Trials kept in a file, so that an interrupted comparison goes on where it stopped.

use std::io::Write;
use std::path::{Path, PathBuf};

use leaky_onnx::Model;
use serde::{Deserialize, Serialize};

use super::figures::Trial;
use super::options::CompareOptions;
use super::resume_error::{ResumeError, Term};
use crate::data::samples::{Samples, checksum};
use crate::files::{Destination, FileError};
use crate::run::RunError;
use crate::text::printable;
use crate::train::options::TrainOptions;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What must be the same for a trial to stand for one of another comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Setting {
    /// The version of the engine; none in files of versions that did not tell.
    #[serde(default)]
    version: String,
    /// A checksum of the network's file.
    network: u32,
    /// A checksum of the samples and answers, those to validate and to test with among them.
    data: u32,
    from_scratch: bool,
    loss: String,
    optimizer: String,
    epochs: usize,
    batch_size: usize,
    /// All else that is said of training.
    #[serde(default)]
    training: String,
}

impl Setting {
    /// That of a comparison on these samples, which are all read once.
    ///
    /// # Errors
    ///
    /// If the data cannot be read, or the network not be written.
    pub(super) fn of(
        model: &Model,
        options: &CompareOptions,
        parts: &[Samples],
    ) -> Result<Self, RunError> {
        let training = &options.training;
        Ok(Self {
            version: VERSION.to_owned(),
            network: crc32fast::hash(&model.to_bytes()?),
            data: checksum(parts, training.batch_size)?,
            from_scratch: options.from_scratch,
            loss: format!("{:?}", options.objective),
            optimizer: format!("{:?}", training.optimizer),
            epochs: training.epochs,
            batch_size: training.batch_size,
            training: others(training),
        })
    }
}

/// What a comparison says of training, other than what stands in a setting by itself or is each
/// trial's own.
fn others(training: &TrainOptions) -> String {
    let TrainOptions {
        schedule,
        warm_up,
        momentum,
        weight_decay,
        clip_norm,
        patience,
        train_statistics,
        pull,
        recycle,
        ..
    } = training;
    format!(
        "{schedule:?} {warm_up} {momentum} {weight_decay} {clip_norm:?} {patience:?} \
         {train_statistics} {pull} {recycle:?}"
    )
}

/// A path in a folder for the trials of an interrupted comparison for which no file was named: its
/// own for each setting, rectifiers, learning rates and seeds, and for nothing that is there already.
pub fn new_path(folder: &Path, setting: &Setting, options: &CompareOptions) -> PathBuf {
    let CompareOptions {
        rectifiers,
        rates,
        seeds,
        ..
    } = options;
    let text = format!("{setting:?} {rectifiers:?} {rates:?} {seeds}");
    let name = format!("compare-{:08x}", crc32fast::hash(text.as_bytes()));
    let numbered = (2..).map(|number| format!("{name}-{number}.resume.json"));
    std::iter::once(format!("{name}.resume.json"))
        .chain(numbered)
        .map(|name| folder.join(name))
        .find(|path| path.symlink_metadata().is_err())
        .unwrap_or_else(|| unreachable!("there are names without end"))
}

/// A file of trials.
#[derive(Debug, Serialize, Deserialize)]
struct Kept<T> {
    setting: Setting,
    trials: T,
}

/// The trials that a file holds; none where there is no such file yet.
///
/// # Errors
///
/// If the file cannot be read, is not one of trials, or holds those of another comparison.
pub fn read(path: &Path, setting: &Setting) -> Result<Vec<Trial>, ResumeError> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let shown = printable(&path.display().to_string());
    let text = std::fs::read(path).map_err(|source| FileError::Read {
        path: shown.clone(),
        source,
    })?;
    let kept: Kept<Vec<Trial>> =
        serde_json::from_slice(&text).map_err(|error| ResumeError::NotTrials {
            path: shown.clone(),
            reason: error.to_string(),
        })?;
    if kept.setting != *setting {
        return Err(ResumeError::OtherComparison {
            path: shown,
            differs: differences(&kept.setting, setting),
        });
    }
    Ok(kept.trials)
}

/// In what two settings differ.
fn differences(one: &Setting, other: &Setting) -> Vec<Term> {
    [
        (one.version != other.version, Term::Version),
        (one.network != other.network, Term::Network),
        (one.data != other.data, Term::Data),
        (one.from_scratch != other.from_scratch, Term::Weights),
        (one.loss != other.loss, Term::Loss),
        (one.optimizer != other.optimizer, Term::Optimizer),
        (one.epochs != other.epochs, Term::Epochs),
        (one.batch_size != other.batch_size, Term::BatchSize),
        (one.training != other.training, Term::Training),
    ]
    .into_iter()
    .filter_map(|(differs, term)| differs.then_some(term))
    .collect()
}

/// Writes trials into a file, in the place of what it holds.
///
/// # Errors
///
/// If the operating system refuses.
pub fn write(
    destination: &Destination,
    setting: &Setting,
    trials: &[Trial],
) -> Result<(), ResumeError> {
    let kept = Kept {
        setting: setting.clone(),
        trials,
    };
    destination.write(|file| {
        serde_json::to_writer(&mut *file, &kept)?;
        writeln!(file)
    })?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::train::epoch::Epoch;

    fn setting() -> Setting {
        Setting {
            version: VERSION.into(),
            network: 1,
            data: 2,
            from_scratch: true,
            loss: "None".into(),
            optimizer: "Adam".into(),
            epochs: 1,
            batch_size: 8,
            training: String::new(),
        }
    }

    #[test]
    fn comparisons_for_which_no_file_was_named_never_share_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = |setting: &Setting, options: &CompareOptions| {
            let path = new_path(folder.path(), setting, options);
            std::fs::write(&path, "kept").unwrap();
            path
        };
        let options = CompareOptions::default();
        let fewer = CompareOptions {
            rectifiers: options.rectifiers[..2].to_vec(),
            ..options.clone()
        };
        let faster = CompareOptions {
            rates: vec![0.1],
            ..options.clone()
        };
        let mut newer = setting();
        newer.version.push_str(".1");
        let paths = [
            path(&setting(), &options),
            path(&setting(), &options),
            path(&setting(), &options),
            path(&setting(), &fewer),
            path(&setting(), &faster),
            path(&newer, &options),
        ];
        for (number, path) in paths.iter().enumerate() {
            assert!(!paths[..number].contains(path), "{paths:?}");
        }
    }

    #[test]
    fn trials_of_another_version_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kept.json");
        let destination = Destination::new(&path, []).unwrap();
        let older = Setting {
            version: "0.0.1".into(),
            ..setting()
        };
        write(&destination, &older, &[]).unwrap();
        match read(&path, &setting()) {
            Err(ResumeError::OtherComparison { differs, .. }) => {
                assert_eq!(differs, [Term::Version]);
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn trials_are_read_as_they_were_written_also_without_numbers() {
        let setting = setting();
        let trial = Trial {
            rectifier: "leaky-relu:0.1".parse().unwrap(),
            lr: 0.1,
            seed: 3,
            score: f64::NAN,
            test: Some(0.5),
            dead_fraction: None,
            epochs: vec![Epoch {
                train_loss: 0.1 + 0.2,
                validation_loss: f64::NAN,
                score: f64::NAN,
                recycled: 3,
                seconds: 1e-3,
            }],
            diverged: Some(1),
            seconds: 0.1,
        };
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kept.json");
        let destination = Destination::new(&path, []).unwrap();
        write(&destination, &setting, std::slice::from_ref(&trial)).unwrap();
        let read = read(&path, &setting).unwrap();
        // NaN does not equal itself, its text does.
        assert_eq!(format!("{read:?}"), format!("{:?}", [trial]));
    }
}
