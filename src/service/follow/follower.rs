//! The one who follows: waits for events or looks by itself, lets a save settle, and tells what changed.
//!
//! Whatever it is doing, it may be dropped at any wait and asked again: what it has not told, it still knows.

use super::{
    change::Changes,
    events::{Events, FollowError},
    followed::Followed,
    sight::{Glance, Sights},
};
use std::time::Duration;

/// Between two looks at files that are being written, where no events tell when they were.
const PAUSE: Duration = Duration::from_millis(50);
/// After so many pauses it has taken long enough.
const PAUSES: usize = 10;

/// How changes are noticed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// The system tells.
    Events,
    /// By looking at everything now and then: for file systems whose events do not arrive.
    Poll(Duration),
}

/// Follows files.
#[derive(Debug)]
pub struct Follower {
    source: Source,
    followed: Followed,
    sights: Sights,
    stage: Stage,
}

#[derive(Debug)]
enum Source {
    Events(Events),
    Poll(Duration),
}

/// How far it is between two things to tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Nothing happened since the last look.
    Calm,
    /// Something may have changed unnoticed.
    Doubtful,
    /// Something happened.
    Stirred,
}

impl Follower {
    /// Nothing is followed yet.
    pub fn start(how: How) -> Result<Self, FollowError> {
        let source = match how {
            How::Events => Source::Events(Events::start()?),
            How::Poll(interval) => Source::Poll(interval),
        };
        Ok(Self {
            source,
            followed: Followed::default(),
            sights: Sights::new(),
            stage: Stage::Calm,
        })
    }

    /// Follows these paths, and no others, from what the planner saw of them. After an error they are followed all
    /// the same, as well as can be: by looking every second.
    pub fn follow(&mut self, followed: Followed) -> Result<(), FollowError> {
        self.sights.follow(&followed);
        self.followed = followed;
        self.stage = self.stage.max_doubt();
        self.arm()
    }

    /// What changed since it was told last, or since the planner saw it: as soon as that has been quiet for 50 ms, or
    /// 500 ms after it began. Waits as long as nothing does. May be dropped and called again; nothing is lost.
    pub async fn changes(&mut self) -> Changes {
        loop {
            match self.stage {
                Stage::Calm => self.wait().await,
                Stage::Doubtful => {
                    let glances = self.look().await;
                    let is_stirred = self.sights.differ(glances);
                    self.stage = if is_stirred { Stage::Stirred } else { Stage::Calm };
                }
                Stage::Stirred => {
                    self.settle().await;
                    if let Err(error) = self.arm() {
                        tracing::warn!(%error, "looking every second instead");
                    }
                    let glances = self.look().await;
                    self.stage = Stage::Calm;
                    if let Some(changes) = Changes::of(self.sights.tell(glances)) {
                        return changes;
                    }
                }
            }
        }
    }

    fn arm(&mut self) -> Result<(), FollowError> {
        match &mut self.source {
            Source::Events(events) => events.arm(&self.followed),
            Source::Poll(_) => Ok(()),
        }
    }

    async fn wait(&mut self) {
        match &mut self.source {
            Source::Events(events) => {
                events.wait().await;
                self.stage = Stage::Stirred;
            }
            Source::Poll(interval) => {
                tokio::time::sleep(*interval).await;
                self.stage = Stage::Doubtful;
            }
        }
    }

    async fn settle(&mut self) {
        if let Source::Events(events) = &mut self.source {
            return events.settle().await;
        }
        let mut before = self.sights.outlines();
        for _ in 0..PAUSES {
            tokio::time::sleep(PAUSE).await;
            let now = self.sights.outlines();
            if now == before {
                break;
            }
            before = now;
        }
    }

    /// Files may be large, and disks slow.
    async fn look(&self) -> Vec<Glance> {
        let round = self.sights.round();
        tokio::task::spawn_blocking(|| round.look()).await.unwrap_or_default()
    }
}

impl Stage {
    const fn max_doubt(self) -> Self {
        match self {
            Self::Calm | Self::Doubtful => Self::Doubtful,
            Self::Stirred => Self::Stirred,
        }
    }
}
