//! Events of the file system, weighed where they arrive: what nobody follows wakes nobody.
//!
//! The watcher is armed before anything is looked at, so that whatever changes after a look is an event. Knows nothing
//! of contents.

use super::{
    followed::Followed,
    ground::{Ground, Weight},
};
use notify::{ErrorKind, RecommendedWatcher, RecursiveMode, Watcher};
use std::{io, path::PathBuf, time::Duration};
use tokio::sync::watch;

/// Quiet after the last event.
const QUIET: Duration = Duration::from_millis(50);
/// At most so long after the first one.
const PATIENCE: Duration = Duration::from_millis(500);
/// How often the ground is tried again while it cannot be watched.
const RETRY: Duration = Duration::from_secs(1);
/// A ground that moves under one's feet so often is taken as it is: the events that it moved are waiting.
const TRIES: usize = 4;

/// Why files cannot be followed.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// There is no watching here at all.
    #[error("this system does not report changes of files: {0}")]
    Nothing(String),
    /// The system's limit of watched folders.
    #[error("cannot watch another folder: the limit of this system is reached")]
    TooMany,
    /// One folder cannot be watched.
    #[error("cannot watch the folder {}: {why}", folder.display())]
    Folder {
        /// Which.
        folder: PathBuf,
        /// What the system said.
        why: String,
    },
}

/// How often something that matters happened.
#[derive(Clone, Copy, Debug, Default)]
struct Pulse {
    beats: u64,
    shakes: u64,
}

/// The events of what is followed.
#[derive(Debug)]
pub(super) struct Events {
    watcher: RecommendedWatcher,
    ground: watch::Sender<Ground>,
    pulse: watch::Receiver<Pulse>,
    /// Shakes up to here are made good.
    steady: u64,
    /// Whether everything that is needed is watched.
    is_armed: bool,
}

impl Events {
    /// Nothing is watched yet.
    pub(super) fn start() -> Result<Self, FollowError> {
        let (ground, weighing) = watch::channel(Ground::default());
        let (beat, pulse) = watch::channel(Pulse::default());
        let hear = move |event: notify::Result<notify::Event>| {
            // Of an error nobody knows what was lost.
            let weight = event.map_or(Weight::Shakes, |event| weighing.borrow().weigh(&event));
            if weight > Weight::None {
                beat.send_modify(|pulse| {
                    pulse.beats += 1;
                    pulse.shakes += u64::from(weight == Weight::Shakes);
                });
            }
        };
        let watcher = notify::recommended_watcher(hear).map_err(|error| FollowError::Nothing(said(&error)))?;
        Ok(Self {
            watcher,
            ground,
            pulse,
            steady: 0,
            is_armed: true,
        })
    }

    /// Watches the ground of these paths. Whatever changes afterwards is an event; what changed before is not.
    pub(super) fn arm(&mut self, followed: &Followed) -> Result<(), FollowError> {
        let shakes = self.pulse.borrow().shakes;
        let mut anew = shakes != self.steady || !self.is_armed;
        self.is_armed = false;
        let mut tries = 0;
        loop {
            let ground = Ground::of(followed);
            if !anew && *self.ground.borrow() == ground {
                break;
            }
            let before = self.ground.send_replace(ground.clone());
            self.watch(&before, &ground, anew)?;
            (anew, tries) = (false, tries + 1);
            if tries == TRIES {
                break;
            }
        }
        self.steady = shakes;
        self.is_armed = true;
        Ok(())
    }

    fn watch(&mut self, before: &Ground, ground: &Ground, anew: bool) -> Result<(), FollowError> {
        let is_kept = |folder: &PathBuf, other: &Ground| !anew && other.folders.contains_key(folder);
        let mut paths = self.watcher.paths_mut();
        for folder in before.folders.keys().filter(|folder| !is_kept(folder, ground)) {
            // It may be gone, and its watch with it.
            drop(paths.remove(folder));
        }
        let mut failed = None;
        for (folder, is_needed) in ground.folders.iter().filter(|(folder, _)| !is_kept(folder, before)) {
            // A folder that has just gone leaves an event in the one above, which was watched before it.
            if let Err(error) = paths.add(folder, RecursiveMode::NonRecursive)
                && *is_needed
                && !is_gone(&error)
            {
                failed = failed.or(Some(refused(folder, &error)));
            }
        }
        let committed = paths.commit().map_err(|error| FollowError::Nothing(said(&error)));
        failed.map_or(committed, Err)
    }

    /// Until something that matters happens.
    pub(super) async fn wait(&mut self) {
        let is_deaf = !self.is_armed || self.pulse.has_changed().is_err();
        if is_deaf {
            tokio::time::sleep(RETRY).await;
        } else {
            // An error is a watcher that ended; next time is known to be deaf.
            drop(self.pulse.changed().await);
        }
    }

    /// Until nothing more happens for a moment, or it has taken long enough.
    pub(super) async fn settle(&mut self) {
        let quiet = async {
            while let Ok(Ok(())) = tokio::time::timeout(QUIET, self.pulse.changed()).await {}
        };
        drop(tokio::time::timeout(PATIENCE, quiet).await);
    }
}

fn is_gone(error: &notify::Error) -> bool {
    match &error.kind {
        ErrorKind::PathNotFound => true,
        ErrorKind::Io(error) => matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory),
        _ => false,
    }
}

fn refused(folder: &std::path::Path, error: &notify::Error) -> FollowError {
    if matches!(error.kind, ErrorKind::MaxFilesWatch) {
        return FollowError::TooMany;
    }
    FollowError::Folder {
        folder: folder.to_owned(),
        why: said(error),
    }
}

/// What the system said, without the paths.
fn said(error: &notify::Error) -> String {
    match &error.kind {
        ErrorKind::Io(error) => error.to_string(),
        ErrorKind::Generic(said) => said.clone(),
        ErrorKind::MaxFilesWatch => "the limit of this system is reached".to_owned(),
        other => format!("{other:?}"),
    }
}
