//! One run at a time of a pipeline, for the sake of whoever started it: a second one would wait for the first one's calls
//! and come to the same. The ledger keeps the money safe with or without it.
//!
//! The lock is the operating system's, on a file of its own that is never removed: it ends with the process, however
//! that ends, so there is nothing to clean up and nothing that could be stale. Who holds it is written into a second
//! file beside it, since where a lock forbids reading nobody else could read the first; that one may be out of date, and
//! means nothing while the lock is free.

use super::{
    Store, StoreError,
    fs::{self, Act},
};
use crate::base::{digest::Digest, time::Timestamp};
use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
};

/// The right to run a pipeline; given back when it is dropped, or the process ends.
#[derive(Debug)]
pub struct PipelineLock {
    holder: PathBuf,
    _file: File,
}

/// Who holds the lock of a pipeline, as far as it says so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Holder {
    /// Its process.
    pub pid: Option<u32>,
    /// Since when it holds it.
    pub since: Option<Timestamp>,
    /// The schedule that runs it; none if a person does.
    pub schedule: Option<String>,
}

/// What came of asking for the lock.
#[derive(Debug)]
pub enum Locked {
    /// It is ours.
    Taken(PipelineLock),
    /// Another run has it.
    Held(Holder),
}

impl Store {
    /// Takes the lock of a pipeline, by what its file is called in the project, unless another run holds it.
    /// `schedule` runs it, if no person does.
    pub fn lock_pipeline(&self, name: &str, schedule: Option<&str>) -> Result<Locked, StoreError> {
        let lock = self.lock_path(name);
        let holder = lock.with_extension("holder");
        loop {
            let opened = open(&lock).map_err(Act::Lock.failed(&lock))?;
            match opened.try_lock() {
                // Who deletes the store may have removed the file just before it was locked.
                Ok(()) if !fs::exists(&lock) => {}
                Ok(()) => {
                    let (pid, now) = (std::process::id(), self.clock.now());
                    let text = format!("{pid} {now} {}\n", schedule.unwrap_or_default());
                    // Only for the words of whoever finds it held, who knows a part of it by its missing end.
                    let _ = fs::write_loosely(&holder, text.as_bytes());
                    return Ok(Locked::Taken(PipelineLock { holder, _file: opened }));
                }
                Err(TryLockError::WouldBlock) => return Ok(Locked::Held(Holder::read(&holder))),
                Err(TryLockError::Error(error)) => return Err(Act::Lock.failed(&lock)(error)),
            }
        }
    }

    /// `.takesheet/locks/rainy-1f3a9c02.lock`.
    fn lock_path(&self, name: &str) -> PathBuf {
        let stem = Path::new(name).file_stem().unwrap_or_default().to_string_lossy();
        let is_plain = |one: &char| one.is_ascii_alphanumeric() || *one == '-';
        let stem: String = stem.chars().filter(is_plain).take(40).collect();
        let digest = Digest::of(name.as_bytes()).short();
        self.folder.join("locks").join(format!("{stem}-{digest}.lock"))
    }
}

/// The file to lock, made if need be.
fn open(path: &Path) -> std::io::Result<File> {
    loop {
        match fs::open_for_lock(path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            opened => return opened,
        }
        match fs::create_temp(path) {
            // Another process was faster.
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            made => return made,
        }
    }
}

impl Holder {
    fn read(path: &Path) -> Self {
        let text = fs::read_text(path).ok().flatten().unwrap_or_default();
        let Some(text) = text.strip_suffix('\n') else {
            return Self::default();
        };
        let mut words = text.splitn(3, ' ');
        Self {
            pid: words.next().and_then(|word| word.parse().ok()),
            since: words.next().and_then(|word| word.parse().ok()),
            schedule: words.next().filter(|name| !name.is_empty()).map(str::to_owned),
        }
    }
}

impl Drop for PipelineLock {
    fn drop(&mut self) {
        // Before the lock goes, so that it is not the next holder's that is removed.
        let _ = fs::remove(&self.holder);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::time::SystemClock;
    use std::sync::Arc;

    fn open_store(root: &Path) -> Store {
        Store::open(root, Arc::new(SystemClock::start())).unwrap()
    }

    fn taken(locked: Locked) -> PipelineLock {
        match locked {
            Locked::Taken(lock) => lock,
            Locked::Held(holder) => panic!("held by {holder:?}"),
        }
    }

    #[test]
    fn a_pipeline_is_locked_once_and_free_again_when_its_run_is_over() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        let (one, other) = (open_store(root), open_store(root));
        let lock = taken(one.lock_pipeline("songs/night.yaml", Some("at night")).unwrap());
        let Locked::Held(holder) = other.lock_pipeline("songs/night.yaml", None).unwrap() else {
            panic!("two runs of one pipeline")
        };
        assert_eq!(holder.pid, Some(std::process::id()));
        assert_eq!(holder.schedule.as_deref(), Some("at night"));
        assert!(holder.since.is_some_and(|since| since <= one.clock.now()));
        taken(other.lock_pipeline("night.yaml", None).unwrap());
        drop(lock);
        taken(other.lock_pipeline("songs/night.yaml", None).unwrap());
        let left: Vec<_> = fs::names(&root.join(".takesheet/locks"));
        assert!(!left.iter().any(|name| name.contains("holder")), "{left:?}");
    }

    #[test]
    fn a_holder_that_says_nothing_or_half_of_it_is_a_holder() {
        let folder = tempfile::tempdir().unwrap();
        let (one, other) = (open_store(folder.path()), open_store(folder.path()));
        let lock = taken(one.lock_pipeline("song.yaml", None).unwrap());
        for says in [None, Some(""), Some("47"), Some("4711 2026-11-24T03:00:12Z nigh")] {
            fs::remove(&lock.holder).unwrap();
            says.iter()
                .for_each(|says| fs::write_loosely(&lock.holder, says.as_bytes()).unwrap());
            let Locked::Held(holder) = other.lock_pipeline("song.yaml", None).unwrap() else {
                panic!("two runs of one pipeline")
            };
            assert_eq!(holder, Holder::default(), "{says:?}");
        }
    }

    #[test]
    fn runs_that_ask_at_the_same_time_get_it_one_at_a_time() {
        use std::sync::atomic::{AtomicUsize, Ordering};
        let folder = tempfile::tempdir().unwrap();
        let (inside, rounds) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let one_round = |store: &Store| match store.lock_pipeline("song.yaml", None).unwrap() {
            Locked::Taken(_lock) => {
                assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                rounds.fetch_add(1, Ordering::SeqCst);
                inside.fetch_sub(1, Ordering::SeqCst);
            }
            Locked::Held(_) => std::thread::yield_now(),
        };
        let work = || {
            let store = open_store(folder.path());
            while rounds.load(Ordering::SeqCst) < 100 {
                one_round(&store);
            }
        };
        std::thread::scope(|scope| (0..4).for_each(|_| drop(scope.spawn(work))));
    }
}
