//! What the keeper tells of what it does. Knows nothing of how that is shown.

use crate::{
    base::time::Timestamp,
    pipeline::Schedule,
    service::schedule::{Errand, NotATimetable, Outcome},
    store::{GivenUp, Passed, StoreError},
};
use std::path::PathBuf;

/// One thing that happened. `T` is what is wrong with a pipeline that cannot be read.
#[derive(Debug)]
pub enum Note<T> {
    /// A pipeline was read, for the first time or after a change: its schedules are these, and next due then.
    Read {
        /// Its file.
        file: PathBuf,
        /// Each schedule and its next moment.
        next: Vec<(Schedule, Option<Timestamp>)>,
    },
    /// A pipeline cannot be read. What it said last stands, and this is told once.
    Unread {
        /// Its file.
        file: PathBuf,
        /// What is wrong.
        trouble: T,
    },
    /// A schedule of a pipeline that could be read cannot be reckoned.
    Unreckoned {
        /// The pipeline's file.
        file: PathBuf,
        /// What is wrong.
        why: NotATimetable,
    },
    /// A run begins.
    Fired {
        /// What is to be done.
        errand: Errand,
    },
    /// A run ended, and that is written down.
    Ended {
        /// What was to be done.
        errand: Errand,
        /// What came of it.
        outcome: Outcome,
        /// It was one failure too many: nothing more of this schedule runs.
        tripped: bool,
    },
    /// Moments were left out.
    Passed {
        /// The pipeline's file.
        file: PathBuf,
        /// The schedule.
        schedule: String,
        /// Which, and why.
        passed: Passed,
    },
    /// An occasion that nobody works on any more is not taken up again.
    GivenUp {
        /// The pipeline's file.
        file: PathBuf,
        /// The schedule.
        schedule: String,
        /// When it was due.
        due: Option<Timestamp>,
        /// Why.
        given_up: GivenUp,
        /// It was one failure too many: nothing more of this schedule runs.
        tripped: bool,
    },
    /// A schedule is stopped: nothing of it runs. Told once.
    Tripped {
        /// The pipeline's file.
        file: PathBuf,
        /// The schedule.
        schedule: String,
        /// Since when.
        since: Timestamp,
    },
    /// The record cannot be read or written: nothing is fired meanwhile, and it is tried again. Told once.
    Unrecorded {
        /// The pipeline's file.
        file: PathBuf,
        /// What is wrong.
        error: StoreError,
    },
    /// Asked to stop: nothing more is fired, and so many runs are waited for.
    Draining {
        /// How many.
        runs: usize,
    },
}
