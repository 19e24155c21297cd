//! Who made a claim: a process proves that it lives by holding the lock on a file of its own.
//!
//! The operating system releases the lock when the process ends, however it ends; so there is nothing to clean up
//! and nothing that could be stale. Names are random and never used again. A file that somebody deletes is made anew by
//! its process, which is taken for dead until then.

use super::StoreError;
use super::fs::{self, Act};
use crate::base::crash;
use std::{
    fs::File,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

/// This process instance. Alive until dropped.
#[derive(Debug)]
pub(super) struct Owner {
    /// Its name in the ledger.
    pub(super) name: String,
    path: PathBuf,
    lock: Mutex<Lock>,
}

/// What proves that it lives.
#[derive(Debug)]
struct Lock {
    _file: File,
    /// Which file it is, where the system tells; else zero.
    inode: u64,
}

impl Lock {
    /// A locked file that stands under that name.
    fn at(path: &Path, file: File) -> Self {
        let inode = fs::stamp(path).map_or(0, |stamp| stamp.inode);
        Self { _file: file, inode }
    }
}

impl Owner {
    /// Takes a new name and holds its lock.
    pub(super) fn enter(folder: &Path) -> Result<Self, StoreError> {
        let owners = owners(folder);
        fs::create_dir_all(&owners)?;
        loop {
            let name = fs::unique();
            let path = lock_path(folder, &name);
            let lock = fs::create_temp(&path).map_err(Act::Write.failed(&path))?;
            crash::point("owner.made");
            match lock.try_lock() {
                // Another process that tidied up may have removed the file just before it was locked.
                Ok(()) if fs::exists(&path) => {
                    crash::point("owner.locked");
                    let lock = Mutex::new(Lock::at(&path, lock));
                    return Ok(Self { name, path, lock });
                }
                Ok(()) | Err(std::fs::TryLockError::WouldBlock) => {}
                Err(std::fs::TryLockError::Error(error)) => return Err(Act::Lock.failed(&path)(error)),
            }
        }
    }

    /// Sees to it that the lock stands under its name, for others to find; says whether it had gone.
    pub(super) fn hold(&self) -> Result<bool, StoreError> {
        let mut lock = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        if fs::stamp(&self.path).is_ok_and(|stamp| stamp.inode == lock.inode) {
            return Ok(false);
        }
        let file = fs::create_locked(&self.path).map_err(Act::Write.failed(&self.path))?;
        *lock = Lock::at(&self.path, file);
        Ok(true)
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        // Whoever asks from now on finds no file, which means the same as a file without its lock.
        let _ = fs::remove(&self.path);
    }
}

/// Holds the locks of other processes whose files are gone, until they do so themselves or what this gives is dropped.
pub(super) fn vouch(folder: &Path, names: &[String]) -> Result<Vec<File>, StoreError> {
    let paths = names.iter().map(|name| lock_path(folder, name));
    paths
        .filter(|path| !fs::exists(path))
        .map(|path| fs::create_locked(&path).map_err(Act::Write.failed(&path)))
        .collect()
}

/// Whether the process of that name lives. In doubt it does: a claim is rather held too long than bought twice.
pub(super) fn is_alive(folder: &Path, name: &str) -> bool {
    match fs::open_for_lock(&lock_path(folder, name)) {
        Ok(file) => file.try_lock().is_err(),
        Err(error) => error.kind() != std::io::ErrorKind::NotFound,
    }
}

/// Tidies up after those who were killed. `salvage` sets aside what they had that is worth something, tidies up elsewhere,
/// and names those whose files must stay; it is asked only if somebody is gone, and before anything of theirs is removed:
/// who dies in the middle leaves the next one the same to do.
pub(super) fn tidy_up(
    folder: &Path,
    salvage: impl FnOnce() -> Result<Vec<String>, StoreError>,
) -> Result<(), StoreError> {
    let names = fs::names(&owners(folder)).into_iter();
    let names = names.filter_map(|name| name.strip_suffix(".lock").map(str::to_owned));
    let mut gone: Vec<_> = names.filter(|name| !is_alive(folder, name)).collect();
    if !gone.is_empty() {
        let stay = salvage()?;
        gone.retain(|name| !stay.contains(name));
    }
    gone.iter().for_each(|name| tidy(folder, name));
    Ok(())
}

/// Whether any process works with the store now.
pub(super) fn is_any_alive(folder: &Path) -> bool {
    let names = fs::names(&owners(folder));
    let mut owners = names.iter().filter_map(|name| name.strip_suffix(".lock"));
    owners.any(|name| is_alive(folder, name))
}

/// The locks and unfinished blobs of processes that are gone.
pub(super) fn left_behind(folder: &Path) -> Vec<PathBuf> {
    let names = fs::names(&owners(folder));
    let locks = names.iter().filter_map(|name| name.strip_suffix(".lock"));
    let mut left: Vec<_> = locks
        .filter(|name| !is_alive(folder, name))
        .map(|name| lock_path(folder, name))
        .collect();
    let temps = super::blobs::temps(folder);
    let of_the_dead = |name: &String| {
        // Only what was whole and could not be put in its place has a name of another kind.
        name.split_once('-')
            .is_some_and(|(owner, _)| owner != "kept" && !is_alive(folder, owner))
    };
    left.extend(
        fs::names(&temps)
            .into_iter()
            .filter(of_the_dead)
            .map(|name| temps.join(name)),
    );
    left
}

/// Removes the lock file and the unfinished blobs of a process that is gone.
fn tidy(folder: &Path, name: &str) {
    let path = lock_path(folder, name);
    let Ok(file) = fs::open_for_lock(&path) else { return };
    if file.try_lock().is_err() {
        return;
    }
    let temps = super::blobs::temps(folder);
    for temp in fs::names(&temps) {
        if temp.starts_with(name) {
            let _ = fs::remove(&temps.join(temp));
        }
    }
    let _ = fs::remove(&path);
    crash::point("owner.tidied");
}

/// Where the locks of processes lie; there once anybody owned something.
pub(super) fn owners(folder: &Path) -> PathBuf {
    folder.join("owners")
}

fn lock_path(folder: &Path, name: &str) -> PathBuf {
    owners(folder).join(format!("{name}.lock"))
}
