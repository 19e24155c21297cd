//! The two narrow doors that lower floors use without knowing who stands behind them: reading the user's files, and
//! taking in audio bytes as they arrive.
//!
//! `store::fs` implements both. Tests implement [`Files`] with a map.

use std::{
    io,
    path::{Path, PathBuf},
};

/// Reads the files a pipeline names. The implementation notes what was asked for, present or not.
pub trait Files {
    /// The whole file, or an error; a file larger than `limit` bytes is an error of kind
    /// [`io::ErrorKind::FileTooLarge`], found out without reading it.
    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>>;

    /// The regular files directly inside a folder that end in `extension` (without the dot), sorted by name; an
    /// absent folder is empty.
    fn list(&self, folder: &Path, extension: &str) -> io::Result<Vec<PathBuf>>;
}

/// Takes in a file's bytes in order, in pieces of any size.
pub trait Sink: Send {
    /// The next bytes.
    fn write(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Forgets all bytes so far, to start anew.
    fn restart(&mut self) -> io::Result<()>;
}

impl Sink for Vec<u8> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.extend_from_slice(bytes);
        Ok(())
    }

    fn restart(&mut self) -> io::Result<()> {
        self.clear();
        Ok(())
    }
}
