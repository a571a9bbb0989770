//! Where training stands, kept in a file after each epoch, so that it goes on from there when it was
//! interrupted or killed.

use std::collections::{BTreeMap, HashMap};
use std::io::Write;
use std::path::Path;

use burn::tensor::{DType, TensorData};
use leaky_onnx::Network;
use safetensors::tensor::{Dtype, TensorView};
use safetensors::{SafeTensors, serialize};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::checkpoint_error::CheckpointError;
use super::epoch::{Epoch, number};
use super::memory::Remembered;
use super::options::TrainOptions;
use super::snapshot::Snapshot;
use super::standing::{Best, Standing};
use super::step::Steps;
use super::validate::Validation;
use crate::files::{Destination, FileError};
use crate::text::printable;

/// The file's name in its folder.
pub const FILE: &str = "training.safetensors";

/// Under this name the file holds what is no array.
const HEAD: &str = "leaky";

/// A file that keeps where a training stands.
#[derive(Debug, Clone)]
pub struct Checkpoint(Destination);

/// What must be the same for a training to go on from a checkpoint: what it is of, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting(pub(crate) Vec<(String, String)>);

/// What a checkpoint holds beside its arrays. `W` is what the work around the training keeps.
#[derive(Debug, Serialize, Deserialize)]
struct Head<W> {
    setting: Setting,
    work: W,
    epochs: Vec<Epoch>,
    taken: u64,
    best_epoch: usize,
    #[serde(deserialize_with = "number")]
    best_score: f64,
    #[serde(deserialize_with = "number")]
    best_loss: f64,
    /// For each parameter that the optimiser remembers, on how many steps that rests.
    remembered: Vec<(usize, u64)>,
}

/// A checkpoint as it was read.
pub(crate) struct Kept<W> {
    pub work: W,
    epochs: Vec<Epoch>,
    taken: u64,
    best: Best,
    now: Snapshot,
    states: Vec<(usize, Remembered)>,
    start: Vec<(usize, TensorData)>,
}

impl Checkpoint {
    /// In a file that is fit to be written.
    pub fn new(destination: Destination) -> Self {
        Self(destination)
    }

    /// What the file holds; none where there is no such file yet.
    ///
    /// # Errors
    ///
    /// If it cannot be read, is no checkpoint, or one of another training.
    pub(crate) fn read<W: DeserializeOwned>(
        &self,
        setting: &Setting,
    ) -> Result<Option<Kept<W>>, CheckpointError> {
        let path = self.0.path();
        if !path.exists() {
            return Ok(None);
        }
        let bytes = std::fs::read(path).map_err(|source| FileError::Read {
            path: shown(path),
            source,
        })?;
        read(&bytes, setting)
            .map(Some)
            .map_err(|wrong| match wrong {
                Wrong::Damaged(reason) => CheckpointError::Damaged {
                    path: shown(path),
                    reason,
                },
                Wrong::Other(differs) => CheckpointError::OtherTraining {
                    path: shown(path),
                    differs,
                },
            })
    }

    /// Keeps where a training stands, in the place of what the file held.
    ///
    /// # Errors
    ///
    /// If the device fails, or the operating system refuses.
    pub(crate) fn write<W: Serialize>(
        &self,
        (setting, work): (&Setting, &W),
        network: &Network,
        standing: &Standing,
    ) -> Result<(), CheckpointError> {
        let mut arrays: Vec<(String, TensorData)> = Vec::new();
        for (group, snapshot) in [
            ("now", Snapshot::of(network)?),
            ("best", standing.best.parameters.clone()),
        ] {
            let named = snapshot.0.into_iter();
            arrays.extend(named.map(|(index, data)| (format!("{group}/{index}"), data)));
        }
        let mut remembered = Vec::new();
        for index in 0..network.parameters().len() {
            let Some(state) = standing.steps.recall(index) else {
                continue;
            };
            remembered.push((index, state.steps));
            let moments = state.moments.into_iter().enumerate();
            arrays.extend(
                moments.map(|(moment, data)| (format!("optimizer/{index}/{moment}"), data)),
            );
        }
        let start = standing.steps.start();
        arrays.extend(start.map(|(index, data)| (format!("start/{index}"), data.clone())));
        let head = Head {
            setting: setting.clone(),
            work,
            epochs: standing.epochs.clone(),
            taken: standing.steps.taken(),
            best_epoch: standing.best.epoch,
            best_score: standing.best.validation.score,
            best_loss: standing.best.validation.loss,
            remembered,
        };
        let head = serde_json::to_string(&head).map_err(std::io::Error::other);
        self.0.write(|file| {
            let views = arrays.iter().map(|(name, data)| {
                let dtype = match data.dtype() {
                    DType::F64 => Dtype::F64,
                    _ => Dtype::F32,
                };
                let view = TensorView::new(dtype, data.shape().to_vec(), data.as_bytes());
                Ok((name.as_str(), view.map_err(std::io::Error::other)?))
            });
            let views = views.collect::<std::io::Result<Vec<_>>>()?;
            let head = HashMap::from([(HEAD.to_owned(), head?)]);
            let bytes = serialize(views, Some(head)).map_err(std::io::Error::other)?;
            file.write_all(&bytes)
        })?;
        Ok(())
    }
}

impl<W> Kept<W> {
    /// The epochs that are done.
    pub(crate) fn epochs(&self) -> &[Epoch] {
        &self.epochs
    }

    /// Goes back to where the training stood: the network as it was then, and what else there was.
    pub(crate) fn restore(
        self,
        network: &mut Network,
        options: &TrainOptions,
        steps: usize,
    ) -> leaky_onnx::Result<Standing> {
        self.now.restore(network)?;
        let mut taken = Steps::new(options, network, steps)?;
        taken.go_on(self.taken, self.states, self.start);
        Ok(Standing {
            epochs: self.epochs,
            best: self.best,
            steps: taken,
        })
    }
}

/// What is wrong with a file.
enum Wrong {
    Damaged(String),
    Other(Vec<String>),
}

fn read<W: DeserializeOwned>(bytes: &[u8], setting: &Setting) -> Result<Kept<W>, Wrong> {
    let damaged = |reason: &dyn ToString| Wrong::Damaged(reason.to_string());
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(|error| damaged(&error))?;
    let heads = metadata.metadata().as_ref();
    let head = heads.and_then(|heads| heads.get(HEAD));
    let head = head.ok_or_else(|| damaged(&"it says not of which training"))?;
    // The setting first: what else another version keeps may be of another form.
    #[derive(Deserialize)]
    struct Of {
        setting: Setting,
    }
    let of: Of = serde_json::from_str(head).map_err(|error| damaged(&error))?;
    if of.setting != *setting {
        return Err(Wrong::Other(differences(&of.setting, setting)));
    }
    let head: Head<W> = serde_json::from_str(head).map_err(|error| damaged(&error))?;
    let tensors = SafeTensors::deserialize(bytes).map_err(|error| damaged(&error))?;
    let (mut now, mut best, mut start) = (Vec::new(), Vec::new(), Vec::new());
    let mut states: BTreeMap<usize, Remembered> = BTreeMap::new();
    for (index, steps) in head.remembered {
        states.entry(index).or_default().steps = steps;
    }
    let mut moments = BTreeMap::new();
    for (name, view) in tensors.iter() {
        let data = array(&view).ok_or_else(|| damaged(&format!("'{name}' holds no floats")))?;
        let mut words = name.splitn(3, '/');
        let group = words.next().unwrap_or_default();
        let index: Option<usize> = words.next().and_then(|index| index.parse().ok());
        match (group, index, words.next()) {
            ("now", Some(index), None) => now.push((index, data)),
            ("best", Some(index), None) => best.push((index, data)),
            ("start", Some(index), None) => start.push((index, data)),
            ("optimizer", Some(index), Some(part)) => {
                moments.insert((index, part.to_owned()), data);
            }
            _ => return Err(damaged(&format!("'{name}' is nothing of a training"))),
        }
    }
    // By their numbers, in order.
    for ((index, _), moment) in moments {
        states.entry(index).or_default().moments.push(moment);
    }
    Ok(Kept {
        work: head.work,
        epochs: head.epochs,
        taken: head.taken,
        best: Best {
            epoch: head.best_epoch,
            validation: Validation {
                score: head.best_score,
                loss: head.best_loss,
            },
            parameters: Snapshot(best),
        },
        now: Snapshot(now),
        states: states.into_iter().collect(),
        start,
    })
}

/// An array of floats of the file.
fn array(view: &TensorView) -> Option<TensorData> {
    let shape = view.shape().to_vec();
    match view.dtype() {
        Dtype::F32 => {
            let numbers = view.data().as_chunks().0.iter();
            let numbers: Vec<f32> = numbers.map(|bytes| f32::from_le_bytes(*bytes)).collect();
            Some(TensorData::new(numbers, shape))
        }
        Dtype::F64 => {
            let numbers = view.data().as_chunks().0.iter();
            let numbers: Vec<f64> = numbers.map(|bytes| f64::from_le_bytes(*bytes)).collect();
            Some(TensorData::new(numbers, shape))
        }
        _ => None,
    }
}

/// In what two settings differ, by name.
fn differences(one: &Setting, other: &Setting) -> Vec<String> {
    let found = |name: &str| one.0.iter().find(|(known, _)| known == name);
    let differ = other
        .0
        .iter()
        .filter(|(name, value)| found(name).is_none_or(|(_, before)| before != value));
    let names: Vec<String> = differ.map(|(name, _)| name.clone()).collect();
    match names.is_empty() {
        true => vec!["what it is of".to_owned()],
        false => names,
    }
}

fn shown(path: &Path) -> String {
    printable(&path.display().to_string())
}
