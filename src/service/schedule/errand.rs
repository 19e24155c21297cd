//! What a schedule asks for, and what came of it.
//!
//! Knows nothing of when that is asked, nor of how it is done.

use crate::{
    base::{money::Total, time::Timestamp},
    event::StopCause,
    pipeline::Schedule,
    store::OccasionId,
};
use std::{future::Future, path::PathBuf, time::Duration};
use tokio::sync::mpsc;

/// Requests to stop, in order: the first asks to admit nothing more, [`StopCause::Abandoned`] to leave at once.
pub type StopRequests = mpsc::UnboundedReceiver<StopCause>;

/// One occasion of a schedule, to be run now. It is claimed: nobody else runs it.
#[derive(Clone, Debug)]
pub struct Errand {
    /// The pipeline's file, as it was given to the keeper.
    pub file: PathBuf,
    /// What to run, as the file says it now.
    pub schedule: Schedule,
    /// When it was due: with the schedule's name, what tells this occasion from all others. It stays the same if the
    /// occasion is taken up again.
    pub due: Timestamp,
    /// How long ago that was.
    pub late: Duration,
    /// It was begun before, by a process that ended or was told to stop.
    pub again: bool,
    /// The occasion, as the store knows it: a run for it is noted as such.
    pub occasion: OccasionId,
    /// What it spent before it was taken up again, or may have. That counts towards its budget.
    pub spent: Total,
    /// How many of the schedule's runs failed in a row before this one.
    pub failures: u32,
}

/// What came of an errand.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The run, if one began.
    pub run: Option<String>,
    /// How it ended.
    pub ending: Ending,
    /// What it spent.
    pub spent: Total,
    /// The run's JSON, if one began.
    pub document: Option<String>,
}

/// How an errand ended, which is the exit code of such a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Everything asked for is there.
    Done,
    /// Something failed.
    Failed,
    /// Calls are unsure: a person must look.
    Unsure,
    /// The budget was reached, or would have been.
    Budget,
    /// Key or credits were refused.
    Refused,
    /// The pipeline has errors, or nothing was selected.
    Rejected,
    /// This machine failed.
    Machine,
    /// Another run holds the pipeline: nothing was done.
    Busy,
    /// It was told to stop.
    Stopped,
}

impl Ending {
    /// One word, for records: `done`, `failed`, `unsure`, …
    pub const fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Unsure => "unsure",
            Self::Budget => "budget",
            Self::Refused => "refused",
            Self::Rejected => "rejected",
            Self::Machine => "machine",
            Self::Busy => "busy",
            Self::Stopped => "stopped",
        }
    }

    /// Whether it counts towards `stop_after`. A budget that is reached does not: it stops the spending by itself, and
    /// the next day begins anew.
    pub const fn is_failure(self) -> bool {
        matches!(
            self,
            Self::Failed | Self::Unsure | Self::Refused | Self::Rejected | Self::Machine
        )
    }
}

/// Does errands.
pub trait Runner: Send + Sync + 'static {
    /// Runs it to its end. What comes through `stop` asks it to admit nothing more; calls under way land. A panic is taken
    /// for [`Ending::Machine`].
    fn run(&self, errand: Errand, stop: StopRequests) -> impl Future<Output = Outcome> + Send;
}
