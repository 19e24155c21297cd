//! What can be seen of a file without reading it: enough to tell two versions of it apart.
//!
//! Knows nothing of what the files are for. What the system does not say is zero.

use std::{fs, io, path::Path};

/// What tells two versions of a file apart without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::store) struct Stamp {
    /// Bytes.
    pub(in crate::store) size: u64,
    /// Nanoseconds since 1970; zero where the system keeps no such time.
    pub(in crate::store) modified: i64,
    /// Which file it is, where the system says so; else zero.
    pub(in crate::store) inode: u64,
}

/// Looks at a file; a folder is an error.
pub(in crate::store) fn stamp(path: &Path) -> io::Result<Stamp> {
    let metadata = fs::metadata(path)?;
    if metadata.is_dir() {
        return Err(io::Error::new(io::ErrorKind::IsADirectory, "it is a folder"));
    }
    Ok(Stamp {
        size: metadata.len(),
        modified: modified(&metadata),
        inode: inode(&metadata),
    })
}

/// Everything that can be seen of a file or folder without reading it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// Bytes.
    pub size: u64,
    /// Of its content, in nanoseconds since 1970; zero where the system keeps no such time.
    pub modified: i64,
    /// Of anything about it, likewise. No program can set it back.
    pub changed: i64,
    /// Which file it is, where the system says so; else zero.
    pub inode: u64,
}

/// Looks at a file or folder; what is not there or cannot be looked at has no outline.
pub fn outline(path: &Path) -> Option<Outline> {
    let metadata = fs::metadata(path).ok()?;
    Some(Outline {
        size: metadata.len(),
        modified: modified(&metadata),
        changed: changed(&metadata),
        inode: inode(&metadata),
    })
}

fn modified(metadata: &fs::Metadata) -> i64 {
    let modified = metadata.modified().ok().and_then(|time| {
        let since = time.duration_since(std::time::UNIX_EPOCH).ok()?;
        i64::try_from(since.as_nanos()).ok()
    });
    modified.unwrap_or(0)
}

#[cfg(unix)]
fn changed(metadata: &fs::Metadata) -> i64 {
    use std::os::unix::fs::MetadataExt;
    metadata
        .ctime()
        .saturating_mul(1_000_000_000)
        .saturating_add(metadata.ctime_nsec())
}

#[cfg(not(unix))]
fn changed(_: &fs::Metadata) -> i64 {
    0
}

#[cfg(unix)]
fn inode(metadata: &fs::Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(not(unix))]
fn inode(_: &fs::Metadata) -> u64 {
    0
}
