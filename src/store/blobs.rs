//! Audio by content: a file is named by the digest of its bytes.
//!
//! Knows nothing of takes. A blob under its name is complete; what is not finished lies in `blobs/tmp` under the name
//! of the process that writes it, and goes when that process does. Only what was whole and could not be put in its place
//! stays there, under a name of its own.

use super::{
    Store, StoreError,
    fs::{self, Act},
    owner::Owner,
};
use crate::{
    base::{
        crash,
        digest::{Digest, Hasher},
        door::Sink,
    },
    plan::StoredTake,
};
use std::{
    fs::File,
    io::{self, BufWriter, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

/// What must be free on the disk before anything is bought: a few answers of the largest kind, and the ledger's growth.
/// Audio that arrives on a full disk is paid for and lost.
pub const ROOM: u64 = 64 << 20;

/// A finished blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blob {
    /// Of its bytes.
    pub digest: Digest,
    /// Its length.
    pub bytes: u64,
}

impl Blob {
    /// A take's audio.
    pub(super) const fn of(take: &StoredTake) -> Self {
        Self {
            digest: take.digest,
            bytes: take.bytes,
        }
    }
}

/// A blob in the making: takes in bytes, and names itself by them. Dropped unfinished, it leaves nothing behind.
#[derive(Debug)]
pub struct BlobWriter {
    folder: PathBuf,
    temp: PathBuf,
    file: BufWriter<File>,
    hasher: Hasher,
    bytes: u64,
    /// Keeps others from tidying up the file.
    _owner: Arc<Owner>,
}

impl Sink for BlobWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        crash::point("blob.write.before");
        self.file.write_all(bytes)?;
        crash::point("blob.write.after");
        self.hasher.update(bytes);
        self.bytes += bytes.len() as u64;
        Ok(())
    }

    fn restart(&mut self) -> io::Result<()> {
        self.file.flush()?;
        let file = self.file.get_mut();
        file.set_len(0)?;
        file.seek(SeekFrom::Start(0))?;
        self.hasher = Hasher::new();
        self.bytes = 0;
        Ok(())
    }
}

impl BlobWriter {
    /// Length of what came so far.
    pub fn len(&self) -> u64 {
        self.bytes
    }

    /// Whether nothing came so far.
    pub fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// What the bytes so far would be.
    pub fn blob(&self) -> Blob {
        Blob {
            digest: self.hasher.finish(),
            bytes: self.bytes,
        }
    }

    /// Puts the bytes under their digest, durably. If that fails, they stay beside it for `Store::restore`: they may
    /// have been paid for.
    pub fn finish(mut self) -> Result<Blob, StoreError> {
        let blob = self.blob();
        self.put(blob.digest)
            .inspect_err(|_| drop(fs::rename_durably(&self.temp, &kept_path(&self.folder, blob.digest))))
            .map(|()| blob)
    }

    fn put(&mut self, digest: Digest) -> Result<(), StoreError> {
        let path = blob_path(&self.folder, digest);
        self.file
            .flush()
            .inspect(|()| crash::point("blob.flushed"))
            .and_then(|()| fs::protect(self.file.get_ref()))
            .inspect(|()| crash::point("blob.protected"))
            .and_then(|()| self.file.get_ref().sync_all())
            .inspect(|()| crash::point("blob.synced"))
            .map_err(Act::Write.failed(&self.temp))?;
        let folder = path.parent().expect("a blob's path has a folder");
        let put = fs::create_dir_durably(folder)
            .inspect(|()| crash::point("blob.folder"))
            .and_then(|()| fs::rename_durably(&self.temp, &path));
        match put {
            // Somebody deleted the folder meanwhile, but not what this process has open.
            Err(error) if error.kind() == io::ErrorKind::NotFound => fs::create_dir_all(folder).and_then(|()| {
                fs::copy_open(self.file.get_ref(), &self.temp)
                    .and_then(|()| fs::rename_durably(&self.temp, &path))
                    .map_err(Act::Write.failed(&path))
            }),
            put => put.map_err(Act::Write.failed(&path)),
        }
    }
}

impl Drop for BlobWriter {
    fn drop(&mut self) {
        // After `finish` the temporary name is gone, and there is nothing to remove.
        let _ = fs::remove(&self.temp);
    }
}

impl Store {
    /// A new blob. If this succeeds, the folder can be written, and there is room for what is to come.
    pub fn blob_writer(&self) -> Result<BlobWriter, StoreError> {
        check_room(fs::free_space(&self.folder)).map_err(Act::Write.failed(&self.folder))?;
        let owner = self.owner()?;
        let temp = temps(&self.folder).join(format!("{}-{}", owner.name, &fs::unique()[..16]));
        crash::point("blob.place");
        let file = fs::create_temp(&temp).map_err(Act::Write.failed(&temp))?;
        crash::point("blob.made");
        Ok(BlobWriter {
            folder: self.folder.clone(),
            temp,
            file: BufWriter::with_capacity(1 << 16, file),
            hasher: Hasher::new(),
            bytes: 0,
            _owner: owner,
        })
    }

    /// A blob's file at its beginning; its bytes are surely those it is named by.
    pub(super) fn open_blob(&self, digest: Digest) -> Result<File, StoreError> {
        let path = self.blob_path(digest);
        let opened = fs::open(&path, fs::LARGEST).and_then(|mut file| {
            let (found, _) = fs::digest_of(&mut file, fs::LARGEST)?;
            Ok((file, found))
        });
        match opened {
            Ok((file, found)) if found == digest => Ok(file),
            Ok(_) => Err(StoreError::Blob { path, what: "damaged" }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(StoreError::Blob { path, what: "missing" }),
            Err(error) => Err(Act::Read.failed(&path)(error)),
        }
    }

    /// A blob's bytes, surely those it is named by.
    pub fn read_blob(&self, digest: Digest) -> Result<Vec<u8>, StoreError> {
        let path = self.blob_path(digest);
        match fs::read(&path) {
            Ok(bytes) if Digest::of(&bytes) == digest => Ok(bytes),
            Ok(_) => Err(StoreError::Blob { path, what: "damaged" }),
            Err(StoreError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                Err(StoreError::Blob { path, what: "missing" })
            }
            Err(error) => Err(error),
        }
    }

    /// Whether a blob of that length is there. Does not read it.
    pub fn has_blob(&self, digest: Digest, bytes: u64) -> bool {
        fs::stamp(&self.blob_path(digest)).is_ok_and(|stamp| stamp.size == bytes)
    }

    /// Puts bytes under their digest without an owner: to bring back what was there.
    pub(super) fn put_blob(&self, digest: Digest, bytes: &[u8]) -> Result<(), StoreError> {
        let path = self.blob_path(digest);
        fs::stay_inside(&self.root, &path)?;
        fs::create_dir_all(path.parent().expect("a blob's path has a folder"))?;
        fs::atomic_write(&path, bytes)?;
        fs::protect_path(&path).map_err(Act::Write.failed(&path))
    }

    /// Removes what killed processes were writing beside blobs.
    pub(super) fn sweep_blobs(&self) {
        let blobs = self.folder.join("blobs");
        let folders = fs::names(&blobs).into_iter().map(|name| blobs.join(name));
        folders.for_each(|folder| fs::sweep(&folder));
    }

    /// Where audio is left that could not be put in its place.
    pub fn kept_path(&self, digest: Digest) -> PathBuf {
        kept_path(&self.folder, digest)
    }

    /// Where a blob lies.
    pub fn blob_path(&self, digest: Digest) -> PathBuf {
        blob_path(&self.folder, digest)
    }
}

/// Refuses to begin on a disk that is almost full. A disk that does not tell is tried.
fn check_room(free: Option<u64>) -> io::Result<()> {
    match free {
        Some(free) if free < ROOM => {
            let (free, room) = (free >> 20, ROOM >> 20);
            let message =
                format!("only {free} MiB are free on the disk, and {room} MiB must be before audio is asked for");
            Err(io::Error::new(io::ErrorKind::StorageFull, message))
        }
        _ => Ok(()),
    }
}

pub(super) fn blob_path(folder: &Path, digest: Digest) -> PathBuf {
    let hex = digest.hex();
    folder.join("blobs").join(&hex[..2]).join(&hex[2..])
}

pub(super) fn kept_path(folder: &Path, digest: Digest) -> PathBuf {
    temps(folder).join(format!("kept-{}", digest.hex()))
}

/// Where unfinished blobs lie.
pub(super) fn temps(folder: &Path) -> PathBuf {
    folder.join("blobs").join("tmp")
}

#[cfg(test)]
mod tests;
