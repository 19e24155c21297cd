//! The door through which a pipeline's files are read.

use super::{
    Act, LARGEST_TEXT, exists, is_file, read_limited, read_text,
    seen::{Look, Seen, list},
};
use crate::{
    base::door::Files,
    store::StoreError,
};
use std::{
    collections::{HashMap, HashSet},
    io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The user's files, as the pipeline reads them. Notes every look that was taken, and what it showed: a file, a folder's
/// names, or nothing.
#[derive(Debug, Default)]
pub struct Disk {
    notes: Mutex<Notes>,
}

#[derive(Debug, Default)]
struct Notes {
    looks: Vec<Look>,
    seen: HashMap<Look, Seen>,
}

impl Disk {
    /// Nothing asked for yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Every path that was asked for, in order, each once.
    pub fn asked(&self) -> Vec<PathBuf> {
        let notes = self.notes();
        let mut known = HashSet::new();
        let paths = notes.looks.iter().map(|look| &look.path);
        paths.filter(|path| known.insert(*path)).cloned().collect()
    }

    /// Every look that was taken, with what it showed at first: what was read is gone if it differs by now.
    pub fn seen(&self) -> HashMap<Look, Seen> {
        self.notes().seen.clone()
    }

    /// Notes a look that was taken another way.
    pub fn note(&self, look: Look, seen: Seen) {
        let mut notes = self.notes();
        if !notes.seen.contains_key(&look) {
            notes.looks.push(look.clone());
            notes.seen.insert(look, seen);
        }
    }

    /// The whole file as text; nothing if there is no such file. A pipe will do, but what came through one is not noted.
    pub fn text(&self, path: &Path) -> Result<Option<String>, StoreError> {
        if exists(path) && !is_file(path) {
            return read_text(path);
        }
        let text = self.read(path, LARGEST_TEXT).and_then(|bytes| {
            let text = String::from_utf8(bytes);
            text.map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
        });
        match text {
            Ok(text) => Ok(Some(text)),
            Err(error) if Seen::failed(&error) == Seen::Absent => Ok(None),
            Err(error) => Err(Act::Read.failed(path)(error)),
        }
    }

    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Files for Disk {
    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        let read = read_limited(path, limit);
        self.note(Look::content(path, limit), Seen::of_read(&read));
        read
    }

    fn list(&self, folder: &Path, extension: &str) -> io::Result<Vec<PathBuf>> {
        let listed = list(folder, extension);
        self.note(Look::names(folder, extension), Seen::of_names(&listed));
        listed
    }
}
