//! Output files: whole or not at all, and never in the place of an input.

mod beside;
#[cfg(target_os = "linux")]
mod unnamed;

use std::fs::{self, File, Permissions};
use std::io::{self, BufWriter, Seek, Write};
use std::path::{Path, PathBuf};

use crate::text::printable;
use beside::Beside;

/// Why a file cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The file cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file, as the user named it.
        path: String,
        /// What the operating system answered.
        source: io::Error,
    },
    /// The output would take the place of an input or of another output.
    #[error("{output} is the same file as {other}: name another file to write to")]
    Same {
        /// The output, as the user named it.
        output: String,
        /// The file it would overwrite, as the user named it.
        other: String,
    },
    /// There is no such folder to write to.
    #[error("cannot write {path}: its folder {folder} does not exist")]
    NoFolder {
        /// The output, as the user named it.
        path: String,
        /// The folder that is missing.
        folder: String,
    },
    /// Something stands in the output's place that a file must not replace.
    #[error("cannot write {path}: {reason}")]
    InTheWay {
        /// The output, as the user named it.
        path: String,
        /// What stands there.
        reason: &'static str,
    },
    /// The operating system refused to write.
    #[error("cannot write {path}: {source}")]
    Write {
        /// The output, as the user named it.
        path: String,
        /// What the operating system answered.
        source: io::Error,
    },
}

/// A path as messages show it.
fn shown(path: &Path) -> String {
    printable(&path.display().to_string())
}

/// A place for an output file, found fit to be written before any work starts.
///
/// Nothing is left there until [`Destination::write`], and then the whole file at once: it is
/// written in the same folder, without a name where the system has such files, and then put in its
/// place.
#[derive(Debug, Clone)]
pub struct Destination {
    /// As the user named it.
    given: PathBuf,
    /// The file itself, behind any links.
    file: PathBuf,
    /// Those of the file that is to be replaced.
    permissions: Option<Permissions>,
}

impl Destination {
    /// Checks that a file can be written at `path`, and that it is none of `others`: the inputs
    /// of the command and its other outputs, by whatever path they are reached.
    ///
    /// A link is followed: the file it leads to is replaced, not the link.
    ///
    /// # Errors
    ///
    /// Where the path is one of `others`, its folder does not exist or cannot be written, or what
    /// stands there is not a plain file that may be written.
    pub fn new<'a>(
        path: &Path,
        others: impl IntoIterator<Item = &'a Path>,
    ) -> Result<Self, FileError> {
        let mut destination = Self {
            given: path.to_owned(),
            file: resolve(path)?,
            permissions: None,
        };
        destination.keeps(others)?;
        destination.permissions = existing(path, &destination.file)?;
        // Made and removed again: the one sure way to know that the folder takes files.
        destination.beside().map_err(|e| destination.refuse(e))?;
        Ok(destination)
    }

    /// Checks that the file is none of `others`, by whatever path they are reached.
    ///
    /// # Errors
    ///
    /// Where it is.
    pub fn keeps<'a>(&self, others: impl IntoIterator<Item = &'a Path>) -> Result<(), FileError> {
        for other in others {
            // An input that does not exist is reported by whoever reads it.
            let same = resolve(other).is_ok_and(|other| other == self.file)
                || same_file::is_same_file(&self.file, other).unwrap_or(false);
            if same {
                return Err(FileError::Same {
                    output: shown(&self.given),
                    other: shown(other),
                });
            }
        }
        Ok(())
    }

    /// The path as the user named it.
    pub fn path(&self) -> &Path {
        &self.given
    }

    /// Writes the file through `write`, then puts it in its place. Where anything fails, what
    /// stood there before still stands. May be called again to replace what it wrote.
    ///
    /// # Errors
    ///
    /// Where `write` fails or the operating system refuses.
    pub fn write(
        &self,
        write: impl FnOnce(&mut BufWriter<&mut File>) -> io::Result<()>,
    ) -> Result<(), FileError> {
        self.write_checked(write, |_| Ok(()))
    }

    /// Writes the file through `write`, reads it again through `check`, from its first byte, and puts
    /// it in its place only where that finds nothing wrong. Where anything fails, what stood there
    /// before still stands.
    ///
    /// # Errors
    ///
    /// Where `write` fails or the operating system refuses; those of `check`.
    pub fn write_checked<E: From<FileError>>(
        &self,
        write: impl FnOnce(&mut BufWriter<&mut File>) -> io::Result<()>,
        check: impl FnOnce(&mut File) -> Result<(), E>,
    ) -> Result<(), E> {
        let refuse = |source| self.refuse(source);
        let mut file = self.beside().map_err(refuse)?;
        let written = || -> io::Result<()> {
            let mut buffer = BufWriter::new(file.file());
            write(&mut buffer)?;
            buffer.flush()?;
            drop(buffer);
            // On the disk before it gets its name, lest a crash leave an empty file there.
            file.file().sync_all()?;
            file.file().rewind()
        };
        written().map_err(refuse)?;
        check(file.file())?;
        file.persist(&self.file).map_err(refuse)?;
        Ok(())
    }

    /// A new file in the same folder, with the permissions the output is to have. It is gone unless it
    /// is put in place.
    fn beside(&self) -> io::Result<Beside> {
        let folder = self.file.parent().unwrap_or(Path::new("."));
        Beside::new(folder, self.permissions.as_ref())
    }

    /// The error for a file that was written and cannot be read again.
    pub(crate) fn cannot_read(&self, source: io::Error) -> FileError {
        FileError::Read {
            path: shown(&self.given),
            source,
        }
    }

    fn refuse(&self, source: io::Error) -> FileError {
        // The name of the file beside is in the message of the library, and of no use to a person.
        let source = match source.raw_os_error() {
            Some(code) => io::Error::from_raw_os_error(code),
            None => io::Error::from(source.kind()),
        };
        FileError::Write {
            path: shown(&self.given),
            source,
        }
    }
}

/// Makes a folder, unless it is there.
///
/// # Errors
///
/// If the operating system refuses, or something else stands there.
pub fn make_folder(path: &Path) -> Result<(), FileError> {
    match path.is_dir() {
        true => Ok(()),
        false => fs::create_dir(path).map_err(|source| FileError::Write {
            path: shown(path),
            source,
        }),
    }
}

/// The path behind all links, for a file that may not exist yet.
fn resolve(path: &Path) -> Result<PathBuf, FileError> {
    if let Ok(file) = fs::canonicalize(path) {
        return Ok(file);
    }
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let name = path.file_name().ok_or_else(|| FileError::InTheWay {
        path: shown(path),
        reason: "it names no file",
    })?;
    if path.is_symlink() {
        return Err(FileError::InTheWay {
            path: shown(path),
            reason: "it is a link that leads nowhere",
        });
    }
    let folder = fs::canonicalize(folder).map_err(|_| FileError::NoFolder {
        path: shown(path),
        folder: shown(folder),
    })?;
    Ok(folder.join(name))
}

/// The permissions of the file that is to be replaced, if there is one.
fn existing(path: &Path, file: &Path) -> Result<Option<Permissions>, FileError> {
    let Ok(metadata) = fs::metadata(file) else {
        return Ok(None);
    };
    let reason = if metadata.is_dir() {
        "it is a folder"
    } else if !metadata.is_file() {
        "it is not a plain file"
    } else if metadata.permissions().readonly() {
        "it is write-protected"
    } else {
        return Ok(Some(metadata.permissions()));
    };
    Err(FileError::InTheWay {
        path: shown(path),
        reason,
    })
}

#[cfg(test)]
mod tests;
