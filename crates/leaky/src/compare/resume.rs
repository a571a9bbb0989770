//! Trials kept in a file, so that an interrupted comparison goes on where it stopped.

use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Request, Trial};
use crate::data::printable;
use crate::error::Error;
use crate::files::{Destination, FileError};
use crate::train::Samples;

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
    pub fn of(request: &Request, parts: [Samples; 2]) -> Result<Self, Error> {
        let mut data = crc32fast::Hasher::new();
        for Samples {
            data: arrays,
            target,
            chosen,
        } in parts
        {
            for chosen in chosen.chunks(request.batch_size) {
                let answers = target.batch(chosen)?;
                for array in arrays.batch(chosen)?.iter().chain([&answers]) {
                    data.update(array.as_bytes());
                }
            }
        }
        Ok(Self {
            network: crc32fast::hash(&request.model.to_bytes()?),
            data: data.finalize(),
            from_scratch: request.from_scratch,
            loss: format!("{:?}", request.loss),
            optimizer: format!("{:?}", request.optimizer),
            epochs: request.epochs,
            batch_size: request.batch_size,
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
pub fn read(path: &Path, setting: &Setting) -> Result<Vec<Trial>, Error> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let shown = printable(&path.display().to_string());
    let text = std::fs::read(path).map_err(|source| FileError::Read {
        path: shown.clone(),
        source,
    })?;
    let kept: Kept<Vec<Trial>> =
        serde_json::from_slice(&text).map_err(|error| Error::NotTrials {
            path: shown.clone(),
            reason: error.to_string(),
        })?;
    if kept.setting != *setting {
        return Err(Error::OtherComparison {
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
        (one.loss != other.loss, "--loss"),
        (one.optimizer != other.optimizer, "--optimizer"),
        (one.epochs != other.epochs, "--epochs"),
        (one.batch_size != other.batch_size, "--batch-size"),
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
pub fn write(destination: &Destination, setting: &Setting, trials: &[Trial]) -> Result<(), Error> {
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
    use crate::train::Epoch;

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
