//! Files in the making: written beside their place, and renamed into it when they are whole.
//!
//! Knows nothing of what they become. Whoever makes one holds its lock until it has its last name, so one that nobody
//! holds was left by a process that is gone: [`sweep`] removes it. Nothing is told apart by its age.

use super::{exists, names, open_for_lock, unique};
use crate::base::crash;
use std::{
    fs::{self, File, TryLockError},
    io::{self, Write},
    path::{Path, PathBuf},
};

/// How the name of such a file ends; it begins with a dot. Its place's own name is not in it: that may be as long as a
/// name can be.
pub(in crate::store) const MARK: &str = ".takesheet-tmp";

/// How often another name is tried. Only who sweeps at that very moment takes one away.
const TRIES: usize = 8;

/// One file in the making. Dropped before it is renamed, it is removed.
#[derive(Debug)]
pub(super) struct Temp {
    pub(super) path: PathBuf,
    /// Holds the lock.
    file: File,
}

impl Temp {
    /// An empty one in the folder of that path, and so on its file system.
    pub(super) fn beside(path: &Path) -> io::Result<Self> {
        for _ in 0..TRIES {
            let path = path.with_file_name(format!(".{}{MARK}", &unique()[..16]));
            let file = File::create_new(&path)?;
            crash::point("file.temp.made");
            match file.try_lock() {
                // Who sweeps may have been faster than the lock. Where there are no locks, nothing is swept.
                Ok(()) | Err(TryLockError::Error(_)) if exists(&path) => return Ok(Self { path, file }),
                _ => {}
            }
        }
        Err(io::Error::other("another program keeps removing what is written"))
    }

    /// Puts all of its bytes into it, synced.
    pub(super) fn fill(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.sync()
    }

    /// Copies the bytes of another file but not its protection: a copy is the user's.
    pub(super) fn copy(&mut self, from: &Path) -> io::Result<()> {
        io::copy(&mut File::open(from)?, &mut self.file)?;
        self.sync()
    }

    fn sync(&self) -> io::Result<()> {
        crash::point("file.temp.written");
        self.file.sync_all()?;
        crash::point("file.temp.synced");
        Ok(())
    }
}

/// A new file under that name, in place of whatever has it: whoever sees it there finds its lock held.
pub(in crate::store) fn create_locked(path: &Path) -> io::Result<File> {
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    let temp = Temp::beside(path)?;
    fs::rename(&temp.path, path)?;
    temp.file.try_clone()
}

impl Drop for Temp {
    fn drop(&mut self) {
        // Once it was renamed there is nothing under this name.
        let _ = fs::remove_file(&self.path);
    }
}

/// Removes the files in the making that dead processes left in a folder.
pub fn sweep(folder: &Path) {
    // An empty path is the working folder to everything but the system.
    let folder = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    for name in names(folder) {
        if !(name.starts_with('.') && name.ends_with(MARK)) {
            continue;
        }
        let path = folder.join(name);
        let Ok(file) = open_for_lock(&path) else {
            continue;
        };
        // The lock is held until the file is gone: else whoever has just made it could take it in between, and lose it.
        if file.try_lock().is_ok() {
            let _ = fs::remove_file(&path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_dead_process_was_writing_is_swept_and_what_is_being_written_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let dead = folder.path().join(format!(".0123456789abcdef{MARK}"));
        File::create_new(&dead).unwrap();
        let others = folder.path().join(".notes.tmp");
        File::create_new(&others).unwrap();
        let mut alive = Temp::beside(&folder.path().join("take.json")).unwrap();
        sweep(folder.path());
        assert_eq!(
            (exists(&dead), exists(&others), exists(&alive.path)),
            (false, true, true)
        );
        alive.fill(b"whole").unwrap();
        let to = folder.path().join("take.json");
        fs::rename(&alive.path, &to).unwrap();
        drop(alive);
        assert_eq!(fs::read(&to).unwrap(), b"whole");
        sweep(folder.path());
        assert!(exists(&to));
    }

    #[test]
    fn sweeping_takes_nothing_from_who_writes_at_the_same_time() {
        let folder = tempfile::tempdir().unwrap();
        let write = |writer: usize| {
            for n in 0..100 {
                let path = folder.path().join(format!("{writer}-{n}"));
                super::super::atomic_write(&path, b"whole").unwrap();
            }
        };
        std::thread::scope(|scope| (0..8).for_each(|writer| drop(scope.spawn(move || write(writer)))));
        assert_eq!(names(folder.path()).len(), 800);
    }

    #[test]
    fn a_name_as_long_as_names_can_be_leaves_room_for_writing_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("n".repeat(255));
        super::super::atomic_write(&path, b"whole").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"whole");
        assert_eq!(names(folder.path()).len(), 1);
    }
}
