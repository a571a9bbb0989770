//! A new file beside others, without a name where the operating system has such files: then nothing
//! is left of it when the process is killed.

use std::fs::{File, Permissions};
use std::io;
use std::path::Path;

use tempfile::{Builder, NamedTempFile};

#[cfg(target_os = "linux")]
use super::unnamed;

/// A file in a folder, not yet in its place. Dropped before it is, it is gone.
pub(super) struct Beside {
    #[cfg(target_os = "linux")]
    folder: std::path::PathBuf,
    file: Kind,
}

enum Kind {
    /// In the folder's file system, without a name.
    #[cfg(target_os = "linux")]
    Unnamed(File),
    /// Under a name that nothing else has.
    Named(NamedTempFile),
}

impl Beside {
    /// A new file in `folder`, with the permissions that it is to have; by default those that any
    /// new file gets.
    pub(super) fn new(folder: &Path, permissions: Option<&Permissions>) -> io::Result<Self> {
        let file = Kind::new(folder)?;
        if let Some(permissions) = permissions {
            file.get().set_permissions(permissions.clone())?;
        }
        Ok(Self {
            #[cfg(target_os = "linux")]
            folder: folder.to_owned(),
            file,
        })
    }

    /// The file, to write to.
    pub(super) fn file(&mut self) -> &mut File {
        match &mut self.file {
            #[cfg(target_os = "linux")]
            Kind::Unnamed(file) => file,
            Kind::Named(file) => file.as_file_mut(),
        }
    }

    /// Puts the file in its place, and in that of a file which stands there.
    pub(super) fn persist(self, place: &Path) -> io::Result<()> {
        match self.file {
            #[cfg(target_os = "linux")]
            Kind::Unnamed(file) => unnamed::persist(file, &named(), &self.folder, place),
            Kind::Named(file) => file.persist(place).map(drop).map_err(|error| error.error),
        }
    }
}

impl Kind {
    fn new(folder: &Path) -> io::Result<Self> {
        #[cfg(target_os = "linux")]
        if let Some(file) = unnamed::create(folder)? {
            return Ok(Self::Unnamed(file));
        }
        named().tempfile_in(folder).map(Self::Named)
    }

    fn get(&self) -> &File {
        match self {
            #[cfg(target_os = "linux")]
            Self::Unnamed(file) => file,
            Self::Named(file) => file.as_file(),
        }
    }
}

/// How a file with a name of its own is made.
fn named() -> Builder<'static, 'static> {
    let mut builder = Builder::new();
    builder.prefix(".leaky-").suffix(".part");
    // What `File::create` would ask for; the process's mask is applied to it.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder
}
