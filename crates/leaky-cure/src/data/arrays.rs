//! What the data files hold.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::entry::{Entry, Place};
use super::error::DataError;
use super::memory::{self, MemoryArray};
use super::npy::{self, Header};
use super::storage::Storage;
use super::{images, npz, safetensors, table};
use crate::text::printable;

/// The named arrays of the files that the user gave: listed and found to be whole, not yet read.
#[derive(Debug)]
pub struct Arrays {
    /// The data file's name, for messages.
    pub(super) file: String,
    pub(super) entries: Vec<Entry>,
    /// The array given apart from the data with `--labels`.
    pub(super) labels: Option<Entry>,
    /// The names of the classes, where the file tells them.
    pub(super) classes: Vec<String>,
    /// The files of a folder.
    files: Vec<PathBuf>,
}

impl Arrays {
    /// Opens a `.npz`, `.safetensors` or `.npy` file, told apart by how they begin, and a `.npy`
    /// file of labels where one is given. The array of a `.npy` data file is named `x`; labels
    /// given apart take the place of an array `y` of the data file.
    ///
    /// A file whose name ends in `.csv` or `.tsv` is a table: its columns are `x`, in their order, but for
    /// one named `y`, `label` or `target`, which is `y`. A folder holds images, PNG or JPEG: `x` has the shape
    /// `[N, channels, height, width]` and numbers from 0 to 1, and `y` is the class of each, where the
    /// images stand in folders within it: these, by name, are the classes 0, 1 and so on.
    ///
    /// # Errors
    ///
    /// Where a file cannot be read, is of another format, is damaged or cut off, describes more
    /// than it holds, or names two arrays alike.
    pub fn open(data: &Path, labels: Option<&Path>) -> Result<Self, DataError> {
        let mut arrays = match delimiter(data) {
            _ if data.is_dir() => Self::of_images(data)?,
            Some(delimiter) => {
                let storage = Arc::new(Storage::open(data)?);
                let entries = table::list(&storage, delimiter)?;
                Self::new(storage.name(), entries)
            }
            None => Self::from_storage(Storage::open(data)?)?,
        };
        let labels = labels.map(Storage::open).transpose()?;
        arrays.labels = labels.map(list_labels).transpose()?;
        Ok(arrays)
    }

    /// The arrays of a file that is already in memory; `name` stands for it in messages.
    ///
    /// # Errors
    ///
    /// As [`Arrays::open`].
    pub fn from_bytes(
        name: &str,
        bytes: impl AsRef<[u8]> + Send + Sync + 'static,
    ) -> Result<Self, DataError> {
        Self::from_storage(Storage::memory(&printable(name), bytes))
    }

    /// The same with labels from the bytes of a `.npy` file, in place of an array `y` of the data.
    ///
    /// # Errors
    ///
    /// Where they are of another format, damaged or cut off.
    pub fn with_labels(
        self,
        name: &str,
        bytes: impl AsRef<[u8]> + Send + Sync + 'static,
    ) -> Result<Self, DataError> {
        let labels = list_labels(Storage::memory(&printable(name), bytes))?;
        Ok(Self {
            labels: Some(labels),
            ..self
        })
    }

    /// Arrays that are in memory already.
    ///
    /// # Errors
    ///
    /// Where two have the same name.
    pub fn in_memory(arrays: impl IntoIterator<Item = MemoryArray>) -> Result<Self, DataError> {
        let entries: Vec<Entry> = arrays.into_iter().map(MemoryArray::into_entry).collect();
        let names: BTreeSet<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
        if names.len() < entries.len() {
            let names: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
            return Err(DataError::DuplicateName {
                file: memory::NAME.to_owned(),
                names: names.join(", "),
            });
        }
        Ok(Self::new(memory::NAME, entries))
    }

    /// The files of a folder that was opened; those that were named are not among them.
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    fn new(file: &str, entries: Vec<Entry>) -> Self {
        Self {
            file: file.to_owned(),
            entries,
            labels: None,
            classes: Vec::new(),
            files: Vec::new(),
        }
    }

    fn of_images(folder: &Path) -> Result<Self, DataError> {
        let images = images::list(folder)?;
        Ok(Self {
            classes: images.classes,
            files: images.files,
            ..Self::new(&printable(&folder.display().to_string()), images.entries)
        })
    }

    fn from_storage(storage: Storage) -> Result<Self, DataError> {
        let storage = Arc::new(storage);
        let entries = match format(&storage)? {
            Format::Npy => vec![list_npy(&storage, "x")?],
            Format::Npz => npz::list(&storage)?,
            Format::Safetensors => safetensors::list(&storage)?,
        };
        Ok(Self::new(storage.name(), entries))
    }

    /// The array of that name.
    pub(super) fn get(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.name == name)
    }

    /// Every array with its type and shape, for messages.
    pub(super) fn describe(&self) -> String {
        match self.entries.as_slice() {
            [] => "no array".into(),
            entries => {
                let all: Vec<String> = entries.iter().map(Entry::describe).collect();
                all.join(", ")
            }
        }
    }
}

enum Format {
    Npy,
    Npz,
    Safetensors,
}

fn format(storage: &Storage) -> Result<Format, DataError> {
    let mut start = [0; 4];
    let known = storage.len() >= 8 && storage.read_at(0, &mut start).is_ok();
    match &start {
        // A zip archive begins with its first member, or with its end where it has none.
        b"PK\x03\x04" | b"PK\x05\x06" if known => Ok(Format::Npz),
        start if known && npy::MAGIC.starts_with(start) => Ok(Format::Npy),
        _ if safetensors::begins(storage) => Ok(Format::Safetensors),
        _ => Err(DataError::UnknownFormat {
            file: storage.name().to_owned(),
        }),
    }
}

/// What stands between the numbers of a table, if the file's name says that it is one.
fn delimiter(path: &Path) -> Option<u8> {
    let ending = path.extension()?.to_str()?.to_ascii_lowercase();
    match ending.as_str() {
        "csv" => Some(b','),
        "tsv" => Some(b'\t'),
        _ => None,
    }
}

fn list_labels(storage: Storage) -> Result<Entry, DataError> {
    let storage = Arc::new(storage);
    match format(&storage) {
        Ok(Format::Npy) => list_npy(&storage, "y"),
        _ => Err(DataError::LabelsFormat {
            file: storage.name().to_owned(),
        }),
    }
}

/// The one array of a `.npy` file.
pub(super) fn list_npy(storage: &Arc<Storage>, name: &str) -> Result<Entry, DataError> {
    let mut start = vec![0; storage.len().min(1 << 14) as usize];
    storage.read_at(0, &mut start)?;
    let header = Header::read(start.as_slice()).map_err(|reason| storage.damaged(reason))?;
    let held = storage.len() - header.length;
    match header.data_length() {
        Some(described) if described == held => {}
        Some(described) => {
            return Err(storage.damaged(format!(
                "its header describes {described} bytes of elements, but it holds {held}"
            )));
        }
        None if header.dtype.is_ok() => {
            return Err(storage.damaged("its header describes more bytes than can be counted"));
        }
        // An element type that is not supported: refused by name where the array is used.
        None => {}
    }
    let place = Place::Plain {
        offset: header.length,
    };
    Ok(Entry::from_header(
        name.to_owned(),
        header,
        storage.clone(),
        place,
    ))
}
