//! Bytes that are read by position: a file, or memory.
//!
//! Positioned reads bound memory as mapping a file would, need no unsafe code, and report a file
//! that shrinks while it is read as an error where a mapping would end the process.

use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use super::error::DataError;
use crate::text::printable;

/// Bytes of a known length that stay where they are.
#[derive(Debug)]
pub(super) struct Storage {
    /// What messages call it: the path as the user gave it.
    name: String,
    length: u64,
    backing: Backing,
}

enum Backing {
    File(Mutex<File>),
    Memory(Bytes),
}

/// Bytes in memory, shared with whoever made them.
pub type Bytes = Arc<dyn AsRef<[u8]> + Send + Sync>;

impl fmt::Debug for Backing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::File(_) => "File",
            Self::Memory(_) => "Memory",
        })
    }
}

impl Storage {
    /// Opens a regular file for reading.
    pub fn open(path: &Path) -> Result<Self, DataError> {
        let name = printable(&path.display().to_string());
        let refuse = |source| DataError::Read {
            file: name.clone(),
            source,
        };
        let metadata = std::fs::metadata(path).map_err(refuse)?;
        if !metadata.is_file() {
            return Err(refuse(io::Error::other(
                "not a regular file (data is read by position, so a folder or a pipe will not do)",
            )));
        }
        let file = File::open(path).map_err(refuse)?;
        Ok(Self::file(name.clone(), file, metadata.len()))
    }

    /// Bytes in memory under a name for messages.
    pub fn memory(name: &str, bytes: impl AsRef<[u8]> + Send + Sync + 'static) -> Self {
        Self::shared(name, Arc::new(bytes))
    }

    /// Shared bytes in memory under a name for messages.
    pub fn shared(name: &str, bytes: Bytes) -> Self {
        Self {
            name: name.to_owned(),
            length: (*bytes).as_ref().len() as u64,
            backing: Backing::Memory(bytes),
        }
    }

    fn file(name: String, file: File, length: u64) -> Self {
        Self {
            name,
            length,
            backing: Backing::File(Mutex::new(file)),
        }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn len(&self) -> u64 {
        self.length
    }

    /// Fills `buffer` with the bytes from `position` on.
    pub fn read_at(&self, position: u64, buffer: &mut [u8]) -> Result<(), DataError> {
        self.try_read_at(position, buffer)
            .map_err(|source| match source.kind() {
                io::ErrorKind::UnexpectedEof => self.damaged("it ends before its last array does"),
                _ => DataError::Read {
                    file: self.name.clone(),
                    source,
                },
            })
    }

    fn try_read_at(&self, position: u64, buffer: &mut [u8]) -> io::Result<()> {
        match &self.backing {
            Backing::File(file) => {
                // A reader that panicked leaves only the file's position behind, which is set anew.
                let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
                file.seek(SeekFrom::Start(position))?;
                file.read_exact(buffer)
            }
            Backing::Memory(bytes) => {
                let bytes = (**bytes).as_ref();
                let wanted = usize::try_from(position)
                    .ok()
                    .and_then(|start| bytes.get(start..start.checked_add(buffer.len())?));
                buffer.copy_from_slice(wanted.ok_or(io::ErrorKind::UnexpectedEof)?);
                Ok(())
            }
        }
    }

    /// The error for a file that does not hold together.
    pub fn damaged(&self, reason: impl Into<String>) -> DataError {
        DataError::Damaged {
            file: self.name.clone(),
            reason: printable(&reason.into()),
        }
    }
}

/// A storage read from front to back, for readers that want a stream.
#[derive(Debug)]
pub(super) struct Stream {
    storage: Arc<Storage>,
    position: u64,
}

impl Stream {
    pub fn new(storage: Arc<Storage>) -> Self {
        Self {
            storage,
            position: 0,
        }
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.storage.len().saturating_sub(self.position);
        let count = buffer
            .len()
            .min(usize::try_from(left).unwrap_or(usize::MAX));
        self.storage
            .try_read_at(self.position, &mut buffer[..count])?;
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for Stream {
    fn seek(&mut self, target: SeekFrom) -> io::Result<u64> {
        let moved = match target {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::Current(offset) => self.position.checked_add_signed(offset),
            SeekFrom::End(offset) => self.storage.len().checked_add_signed(offset),
        };
        self.position = moved.ok_or_else(|| {
            io::Error::new(io::ErrorKind::InvalidInput, "position before the start")
        })?;
        Ok(self.position)
    }
}

/// Room for an array that has to be written out before it can be read by position: memory while
/// it is small, a nameless temporary file otherwise.
#[derive(Debug)]
pub(super) enum Scratch {
    Memory(Vec<u8>),
    File(File, u64),
}

/// Up to this many bytes an unpacked array stays in memory: without end where there are no files.
pub(super) const SCRATCH_IN_MEMORY: u64 = match cfg!(target_family = "wasm") {
    true => u64::MAX,
    false => 64 << 20,
};

impl Scratch {
    /// Room for `bytes` bytes; memory is taken as they arrive, not on the word of a header.
    pub fn for_bytes(bytes: u64, in_memory: u64) -> io::Result<Self> {
        if bytes <= in_memory {
            Ok(Self::Memory(Vec::new()))
        } else {
            Ok(Self::File(tempfile::tempfile()?, 0))
        }
    }

    /// What was written, to be read by position under the name of the file it came from.
    pub fn into_storage(self, name: &str) -> Storage {
        match self {
            Self::Memory(bytes) => Storage::memory(name, bytes),
            Self::File(file, length) => Storage::file(name.to_owned(), file, length),
        }
    }
}

impl Write for Scratch {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Memory(memory) => memory.write(bytes),
            Self::File(file, length) => {
                let written = file.write(bytes)?;
                *length += written as u64;
                Ok(written)
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Memory(_) => Ok(()),
            Self::File(file, _) => file.flush(),
        }
    }
}
