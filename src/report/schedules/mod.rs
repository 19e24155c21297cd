//! Schedules: when each is due next, and what came of it last.
//!
//! Pure. Knows nothing of what is due or who fires it.

mod document;
mod log;
mod text;
mod told;

pub use document::ScheduleListDocument;
pub use log::{Happened, failed, happened, line, typed, unread};
pub use text::list;
pub use told::HookDocument;

use crate::base::{
    money::Total,
    time::{TimeZone, Timestamp},
};
use serde::Serialize;

/// One schedule as it stands.
#[derive(Clone, Debug)]
pub struct ScheduleView {
    /// The pipeline's file as the user named it.
    pub file: String,
    /// The schedule's name.
    pub name: String,
    /// Its cron line, a nickname spelt out.
    pub cron: String,
    /// The same as it is written.
    pub written: String,
    /// Its zone, by name.
    pub zone: String,
    /// Its zone.
    pub rules: TimeZone,
    /// When it is due next.
    pub next: Vec<Timestamp>,
    /// What it runs: a selection, a profile; empty for everything.
    pub select: Vec<String>,
    /// With which profile.
    pub profile: Option<String>,
    /// The last run that began.
    pub last: Option<LastRun>,
    /// What was left out since then.
    pub left_out: Option<LeftOut>,
    /// Since when it is stopped, and after how many failures in a row.
    pub stopped: Option<(Timestamp, u32)>,
}

/// The last run of a schedule.
#[derive(Clone, Debug, Serialize)]
pub struct LastRun {
    /// When it was due.
    pub due: Timestamp,
    /// When it was begun.
    pub began: Timestamp,
    /// When it was over.
    pub ended: Option<Timestamp>,
    /// In a word: `done`, `failed`, `running`, `waiting`.
    pub outcome: String,
    /// More about it, in a word.
    pub reason: Option<String>,
    /// What it cost.
    pub spent: Total,
    /// Its id, if one began.
    pub run: Option<String>,
}

/// Moments that came and were not run.
#[derive(Clone, Debug, Serialize)]
pub struct LeftOut {
    /// The last of them.
    pub due: Timestamp,
    /// How many.
    pub count: u32,
    /// `missed` or `skipped`.
    pub how: String,
    /// Why, in a word.
    pub reason: Option<String>,
}
