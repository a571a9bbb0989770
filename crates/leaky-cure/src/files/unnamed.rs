//! Linux's files without a name (`O_TMPFILE`), which most of its file systems have.

use std::fs::File;
use std::io::{self, Seek};
use std::os::fd::AsRawFd;
use std::path::Path;

use rustix::fs::{AtFlags, CWD, Mode, OFlags, linkat, open};
use rustix::io::Errno;
use tempfile::Builder;

/// A new file; none where the file system has no such files.
pub(super) fn create(folder: &Path) -> io::Result<Option<File>> {
    let flags = OFlags::TMPFILE | OFlags::RDWR | OFlags::CLOEXEC;
    match open(folder, flags, Mode::from_raw_mode(0o666)) {
        Ok(file) => Ok(Some(File::from(file))),
        // An old kernel takes the folder for a file, or knows not of the flag.
        Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::NOENT | Errno::INVAL) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Gives the file its name. A name that is taken cannot be given to a second file: then the file
/// gets another one, as `named` makes them, for the moment in which it is renamed.
pub(super) fn persist(
    mut file: File,
    named: &Builder<'_, '_>,
    folder: &Path,
    place: &Path,
) -> io::Result<()> {
    match link(&file, place) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let linked = named.make_in(folder, |name| link(&file, name))?;
            return linked.persist(place).map_err(|error| error.error);
        }
        // Without /proc a file without a name never gets one.
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        linked => return linked,
    }
    let mut copy = named.tempfile_in(folder)?;
    file.rewind()?;
    io::copy(&mut file, copy.as_file_mut())?;
    copy.as_file()
        .set_permissions(file.metadata()?.permissions())?;
    copy.as_file().sync_all()?;
    copy.persist(place).map(drop).map_err(|error| error.error)
}

fn link(file: &File, name: &Path) -> io::Result<()> {
    let opened = format!("/proc/self/fd/{}", file.as_raw_fd());
    Ok(linkat(CWD, opened, CWD, name, AtFlags::SYMLINK_FOLLOW)?)
}
