//! The files themselves: every access to the disk outside the database goes through here.
//!
//! Knows nothing of takes or ledgers. A file that is written here is either there as a whole or not at all: it is
//! written beside its place under a temporary name, synced, and renamed.

#![expect(
    clippy::disallowed_methods,
    reason = "this is the one place that touches files; everything else goes through it"
)]

mod disk;
mod links;
mod outline;
mod reading;
mod seen;
mod temp;

pub use disk::Disk;
pub(super) use links::{is_link, links_in, stay_inside};
pub use outline::{Outline, outline};
pub(super) use outline::{Stamp, stamp};
use reading::too_large;
pub use seen::{Look, LookAt, Seen, Standing, standing};
pub(super) use reading::{LARGEST, digest, digest_of, open, read_limited};
use temp::Temp;
pub use temp::sweep;
pub(super) use temp::{MARK, create_locked};

use super::StoreError;
use crate::base::crash;
use std::{
    fs::{self, File, OpenOptions},
    hash::{BuildHasher, RandomState},
    io::{self, Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

/// What was tried with a file, as its error says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// Reading.
    Read,
    /// Writing or renaming into place.
    Write,
    /// Making a folder.
    MakeFolder,
    /// Removing.
    Remove,
    /// Locking.
    Lock,
}

impl std::fmt::Display for Act {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::MakeFolder => "make the folder",
            Self::Remove => "remove",
            Self::Lock => "lock",
        })
    }
}

impl Act {
    /// Turns an operating system's error into the store's.
    pub(super) fn failed(self, path: &Path) -> impl FnOnce(io::Error) -> StoreError {
        move |source| StoreError::Io {
            act: self,
            path: path.to_owned(),
            source,
        }
    }
}

/// Whether something is there; what cannot be looked at counts as absent.
pub fn exists(path: &Path) -> bool {
    fs::exists(path).unwrap_or(false)
}

/// Where a path really leads, without links and `..`; nothing if it cannot be found out.
pub fn real(path: &Path) -> Option<PathBuf> {
    fs::canonicalize(path).ok()
}

/// Makes a folder and those above it; one that is there is fine.
pub fn create_dir_all(path: &Path) -> Result<(), StoreError> {
    fs::create_dir_all(path).map_err(Act::MakeFolder.failed(path))
}

/// Many times the take sheet of the largest pipeline.
const LARGEST_TEXT: u64 = 64 << 20;

/// The whole file, of at most 512 MB.
pub fn read(path: &Path) -> Result<Vec<u8>, StoreError> {
    read_limited(path, LARGEST).map_err(Act::Read.failed(path))
}

/// The whole file as text, of bounded size; nothing if there is no such file. A pipe will do: secrets come that way.
pub fn read_text(path: &Path) -> Result<Option<String>, StoreError> {
    let mut text = String::new();
    let read = File::open(path).and_then(|file| file.take(LARGEST_TEXT + 1).read_to_string(&mut text));
    match read {
        Ok(length) if length as u64 > LARGEST_TEXT => Err(Act::Read.failed(path)(too_large(LARGEST_TEXT))),
        Ok(_) => Ok(Some(text)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(Act::Read.failed(path)(error)),
    }
}

/// Writes a file that must not be there yet, and the folders above it. Returns whether it was written; a file that is
/// there is left alone.
pub fn write_new(path: &Path, bytes: &[u8]) -> Result<bool, StoreError> {
    if let Some(folder) = path.parent() {
        create_dir_all(folder)?;
        sweep(folder);
    }
    if exists(path) {
        return Ok(false);
    }
    let put = |temp: &Path| {
        let delivered = deliver_by(|from, to| fs::hard_link(from, to), temp, path);
        crash::point("file.new");
        delivered
    };
    let written = Temp::beside(path).and_then(|mut temp| {
        temp.fill(bytes)?;
        put(&temp.path)
    });
    match written {
        Ok(delivery) => Ok(delivery == Delivery::Done),
        Err(error) => Err(Act::Write.failed(path)(error)),
    }
}

/// Writes a file in its place. A process that ends meanwhile leaves a part of it: only for what its reader checks.
pub fn write_loosely(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    fs::write(path, bytes).map_err(Act::Write.failed(path))
}

/// Replaces a file as a whole, durably. A symbolic link keeps pointing where it points.
pub fn atomic_write(path: &Path, bytes: &[u8]) -> Result<(), StoreError> {
    path.parent().into_iter().for_each(sweep);
    replace(path, bytes, rename_durably)
}

fn replace(path: &Path, bytes: &[u8], rename: impl FnOnce(&Path, &Path) -> io::Result<()>) -> Result<(), StoreError> {
    let linked = is_link(path).then(|| fs::canonicalize(path).ok()).flatten();
    let target = linked.as_deref().unwrap_or(path);
    let written = Temp::beside(target).and_then(|mut temp| {
        temp.fill(bytes)?;
        rename(&temp.path, target)
    });
    written.map_err(Act::Write.failed(path))
}

/// Replaces a file unless it holds these bytes already; an unchanged file is not touched. Returns whether it changed.
/// Its bytes are on disk when this returns; its name is at the latest when a later one in the same folder is.
pub fn write_changed(path: &Path, bytes: &[u8]) -> Result<bool, StoreError> {
    if read_limited(path, bytes.len() as u64).is_ok_and(|old| old == bytes) {
        return Ok(false);
    }
    replace(path, bytes, rename)?;
    Ok(true)
}

/// Refuses a folder in which no file can be made; makes it if need be. Leaves nothing behind in it.
pub fn check_writable(folder: &Path) -> Result<(), StoreError> {
    create_dir_all(folder)?;
    let probe = Temp::beside(&folder.join("probe"));
    probe.map(drop).map_err(Act::Write.failed(folder))
}

/// A name no other process uses.
pub(super) fn unique() -> String {
    let random = || RandomState::new().hash_one(std::process::id());
    format!("{:016x}{:016x}", random(), random())
}

/// Makes the names in a folder durable.
#[cfg(unix)]
fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = if path.as_os_str().is_empty() {
        Path::new(".")
    } else {
        path
    };
    match File::open(folder)?.sync_all() {
        // Some network file systems refuse to sync a folder; they keep renames in order by themselves.
        Err(error) if matches!(error.kind(), io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported) => Ok(()),
        synced => synced,
    }
}

/// Folders cannot be synced here; the file system keeps renames in order by itself.
#[cfg(not(unix))]
fn sync_folder(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Moves a file into place.
fn rename(from: &Path, to: &Path) -> io::Result<()> {
    crash::point("file.rename.before");
    fs::rename(from, to)?;
    crash::point("file.renamed");
    Ok(())
}

/// Moves a synced file into place and makes its name durable.
pub(super) fn rename_durably(from: &Path, to: &Path) -> io::Result<()> {
    rename(from, to)?;
    to.parent().map_or(Ok(()), sync_folder)?;
    crash::point("file.folder-synced");
    Ok(())
}

/// Makes one folder inside another, durably; one that is there is fine.
pub(super) fn create_dir_durably(folder: &Path) -> io::Result<()> {
    match fs::create_dir(folder) {
        Ok(()) => folder.parent().map_or(Ok(()), sync_folder),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

/// A new, empty file to write to and read from; its folder is made if need be.
pub(super) fn create_temp(path: &Path) -> io::Result<File> {
    let create = || OpenOptions::new().read(true).write(true).create_new(true).open(path);
    match create() {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            path.parent().map_or(Ok(()), fs::create_dir_all)?;
            create()
        }
        other => other,
    }
}

/// Writes what an open file holds to a new one: the open one's name may be gone.
pub(super) fn copy_open(mut open: &File, to: &Path) -> io::Result<()> {
    let mut copy = create_temp(to)?;
    open.seek(SeekFrom::Start(0))?;
    io::copy(&mut open, &mut copy)?;
    protect(&copy)?;
    copy.sync_all()
}

/// Removes a file; one that is not there is fine.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Moves a file without replacing another: false if the new name is taken.
pub(super) fn move_aside(from: &Path, to: &Path) -> io::Result<bool> {
    if exists(to) || is_link(to) {
        return Ok(false);
    }
    fs::rename(from, to).map(|()| true)
}

/// The names in a folder; none if it cannot be read.
pub(super) fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect()
}

/// Bytes that this user may still write to the disk that holds a path, where the system tells.
#[cfg(unix)]
pub fn free_space(path: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(path).ok()?;
    // Some network and special file systems count nothing.
    (disk.f_blocks > 0).then(|| disk.f_bavail.saturating_mul(disk.f_frsize))
}

/// Bytes that this user may still write to the disk that holds a path, where the system tells.
#[cfg(not(unix))]
pub fn free_space(_: &Path) -> Option<u64> {
    None
}

/// Whether this user may write into a folder, where the system tells without trying.
#[cfg(unix)]
pub fn is_writable(folder: &Path) -> Option<bool> {
    use rustix::fs::{Access, access};
    Some(access(folder, Access::WRITE_OK | Access::EXEC_OK).is_ok())
}

/// Whether this user may write into a folder, where the system tells without trying.
#[cfg(not(unix))]
pub fn is_writable(_: &Path) -> Option<bool> {
    None
}

/// Whether there is a file that this user may run.
#[cfg(unix)]
pub fn is_program(path: &Path) -> bool {
    use rustix::fs::{Access, access};
    is_file(path) && access(path, Access::EXEC_OK).is_ok()
}

/// Whether there is a file that this user may run.
#[cfg(not(unix))]
pub fn is_program(path: &Path) -> bool {
    is_file(path)
}

/// What lies in a folder.
pub(super) fn entries(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let failed = || Act::Read.failed(folder);
    let entries = fs::read_dir(folder).map_err(failed())?;
    entries
        .map(|entry| entry.map(|entry| entry.path()).map_err(failed()))
        .collect()
}

/// Whether a path is a folder, or a link to one.
pub(super) fn is_folder(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.is_dir())
}

/// Whether a path is a folder, and not a link to one.
pub(super) fn is_plain_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_dir())
}

/// An existing file, opened for locking; where it may not be written, for looking whether it is locked.
pub(super) fn open_for_lock(path: &Path) -> io::Result<File> {
    match OpenOptions::new().read(true).write(true).open(path) {
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem
            ) =>
        {
            OpenOptions::new().read(true).open(path)
        }
        other => other,
    }
}

/// How a finished file got its further name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Delivery {
    /// By a hard link or a copy.
    Done,
    /// Not at all: something has that name.
    Taken,
}

/// Gives a file a further name: a hard link, or a copy where the file system knows no links. Never replaces anything.
pub(super) fn deliver(from: &Path, to: &Path) -> io::Result<Delivery> {
    crash::point("file.link.before");
    let delivered = deliver_by(|from, to| fs::hard_link(from, to), from, to);
    crash::point("file.linked");
    delivered
}

fn deliver_by(link: impl Fn(&Path, &Path) -> io::Result<()>, from: &Path, to: &Path) -> io::Result<Delivery> {
    match link(from, to) {
        Ok(()) => return Ok(Delivery::Done),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(Delivery::Taken),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(error),
        Err(_) => {}
    }
    let mut temp = Temp::beside(to)?;
    temp.copy(from)?;
    if exists(to) {
        return Ok(Delivery::Taken);
    }
    rename_durably(&temp.path, to).map(|()| Delivery::Done)
}

/// Takes away the right to write into a file, so that no program changes paid audio in place through one of its names.
/// Moving and removing it stay allowed.
#[cfg(unix)]
pub(super) fn protect(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o444))
}

/// Elsewhere a protected file could not be removed either, so it is left as it is.
#[cfg(not(unix))]
pub(super) fn protect(_: &File) -> io::Result<()> {
    Ok(())
}

/// Takes away the right to write into a file, by its path.
pub(super) fn protect_path(path: &Path) -> io::Result<()> {
    protect(&File::open(path)?)
}

/// Whether there is a file of the ordinary kind behind a path: no folder, no device, no pipe.
pub(super) fn is_file(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.is_file())
}

#[cfg(test)]
mod tests;
