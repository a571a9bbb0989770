//! Trials kept in a file, so that an interrupted comparison goes on where it stopped.

use std::io::Write;
use std::path::Path;

use leaky_onnx::Model;
use serde::{Deserialize, Serialize};

use super::figures::Trial;
use super::options::CompareOptions;
use crate::data::samples::Samples;
use crate::files::{Destination, FileError};
use crate::run::RunError;
use crate::text::printable;

/// Why trials cannot be read or kept.
#[derive(Debug, thiserror::Error)]
pub enum ResumeError {
    /// A file does not hold trials to go on from.
    #[error(
        "{path} does not hold the trials of a comparison ({reason}): name another file, or remove it to begin anew"
    )]
    NotTrials {
        /// The file.
        path: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A file holds the trials of a comparison on other terms.
    #[error(
        "{path} holds trials of another comparison: {differs} differ(s); ask for the same comparison again, or name another file"
    )]
    OtherComparison {
        /// The file.
        path: String,
        /// In what the two differ.
        differs: String,
    },
    /// The operating system refuses.
    #[error(transparent)]
    File(#[from] FileError),
}

/// What must be the same for a trial to stand for one of another comparison.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Setting {
    /// A checksum of the network's file.
    network: u32,
    /// A checksum of the samples and answers, those to validate with among them.
    data: u32,
    from_scratch: bool,
    loss: String,
    optimizer: String,
    epochs: usize,
    batch_size: usize,
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
        parts: [Samples; 2],
    ) -> Result<Self, RunError> {
        let mut data = crc32fast::Hasher::new();
        for Samples {
            data: arrays,
            target,
            chosen,
        } in parts
        {
            for chosen in chosen.chunks(options.batch_size) {
                let answers = target.batch(chosen)?;
                for array in arrays.batch(chosen)?.iter().chain([&answers]) {
                    data.update(array.as_bytes());
                }
            }
        }
        Ok(Self {
            network: crc32fast::hash(&model.to_bytes()?),
            data: data.finalize(),
            from_scratch: options.from_scratch,
            loss: format!("{:?}", options.loss),
            optimizer: format!("{:?}", options.optimizer),
            epochs: options.epochs,
            batch_size: options.batch_size,
        })
    }

    /// What a file of its trials is called where the user named none.
    pub fn file_name(&self) -> String {
        let text = format!("{self:?}");
        format!(
            "compare-{:08x}.resume.json",
            crc32fast::hash(text.as_bytes())
        )
    }
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
            differs: differences(&kept.setting, setting).join(", "),
        });
    }
    Ok(kept.trials)
}

/// In what two settings differ, for a message.
fn differences(one: &Setting, other: &Setting) -> Vec<&'static str> {
    [
        (one.network != other.network, "the network"),
        (one.data != other.data, "the data"),
        (
            one.from_scratch != other.from_scratch,
            "the weights to start from",
        ),
        (one.loss != other.loss, "the loss"),
        (one.optimizer != other.optimizer, "the optimizer"),
        (one.epochs != other.epochs, "the epochs"),
        (one.batch_size != other.batch_size, "the batch size"),
    ]
    .into_iter()
    .filter_map(|(differs, what)| differs.then_some(what))
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

    #[test]
    fn trials_are_read_as_they_were_written_also_without_numbers() {
        let setting = Setting {
            network: 1,
            data: 2,
            from_scratch: true,
            loss: "None".into(),
            optimizer: "Adam".into(),
            epochs: 1,
            batch_size: 8,
        };
        let trial = Trial {
            rectifier: "leaky-relu:0.1".parse().unwrap(),
            lr: 0.1,
            seed: 3,
            score: f64::NAN,
            dead_fraction: None,
            epochs: vec![Epoch {
                train_loss: 0.1 + 0.2,
                validation_loss: f64::NAN,
                score: f64::NAN,
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
