//! The door through which a pipeline's files are read.

use super::read_limited;
use crate::base::door::Files;
use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

/// The user's files, as the pipeline reads them. Notes every path that was asked for, present or not.
#[derive(Debug, Default)]
pub struct Disk {
    asked: Mutex<Vec<PathBuf>>,
}

impl Disk {
    /// Nothing asked for yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Every path that was asked for, in order, each once: what a watch must follow.
    pub fn asked(&self) -> Vec<PathBuf> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, path: &Path) {
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        if !asked.iter().any(|known| known == path) {
            asked.push(path.to_owned());
        }
    }
}

impl Files for Disk {
    fn read(&self, path: &Path, limit: u64) -> io::Result<Vec<u8>> {
        self.note(path);
        read_limited(path, limit)
    }

    fn list(&self, folder: &Path, extension: &str) -> io::Result<Vec<PathBuf>> {
        self.note(folder);
        // An empty path is the working folder to everything but the system.
        let here = if folder.as_os_str().is_empty() {
            Path::new(".")
        } else {
            folder
        };
        let entries = match fs::read_dir(here) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut found = Vec::new();
        for entry in entries {
            let path = folder.join(entry?.file_name());
            if path.extension().is_some_and(|own| own == extension) && path.is_file() {
                found.push(path);
            }
        }
        found.sort();
        Ok(found)
    }
}
