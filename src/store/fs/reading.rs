//! Reading files of bounded size, whole or a piece at a time.
//!
//! Knows nothing of what is in them. A folder, a device or a pipe is refused before anything is read of it.

use crate::base::digest::{Digest, Hasher};
use std::{
    fs::{self, File},
    io::{self, Read, Seek},
    path::Path,
};

/// References are at most ten minutes long; the largest sensible wav of that length is smaller than this, and so is
/// every take.
pub(in crate::store) const LARGEST: u64 = 512_000_000;

/// Bytes read at a time.
const PIECE: usize = 1 << 16;

/// The digest of a file of any size, read a piece at a time.
pub(in crate::store) fn digest(path: &Path) -> io::Result<Digest> {
    digest_of(&mut File::open(path)?, u64::MAX).map(|(digest, _)| digest)
}

/// Digest and length of an open file, read from its beginning a piece at a time; it is left there. Refused if more
/// comes than the limit.
pub(in crate::store) fn digest_of(file: &mut File, limit: u64) -> io::Result<(Digest, u64)> {
    let mut hasher = Hasher::new();
    let (mut piece, mut bytes) = (vec![0; PIECE], 0);
    file.rewind()?;
    loop {
        let length = match file.read(&mut piece) {
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        bytes += length as u64;
        if bytes > limit {
            return Err(too_large(limit));
        }
        if length == 0 {
            file.rewind()?;
            return Ok((hasher.finish(), bytes));
        }
        hasher.update(&piece[..length]);
    }
}

/// A file to read from, refused by its kind and size.
pub(in crate::store) fn open(path: &Path, limit: u64) -> io::Result<File> {
    // Before it is opened: opening a pipe would wait for somebody to write.
    let metadata = fs::metadata(path)?;
    if metadata.is_dir() {
        return Err(io::Error::new(
            io::ErrorKind::IsADirectory,
            "it is a folder, not a file",
        ));
    }
    if !metadata.is_file() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
    }
    if metadata.len() > limit {
        return Err(too_large(limit));
    }
    File::open(path)
}

/// The whole file, refused by its size before it is read, and by what really comes while it is.
pub(in crate::store) fn read_limited(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let file = open(path, limit)?;
    let length = file.metadata()?.len().min(limit);
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
    file.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(too_large(limit));
    }
    Ok(bytes)
}

/// The error of a file that is larger than it may be.
pub(super) fn too_large(limit: u64) -> io::Error {
    let message = format!("it is larger than {}", crate::base::words::size(limit));
    io::Error::new(io::ErrorKind::FileTooLarge, message)
}
