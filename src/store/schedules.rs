//! What schedules were seen, and what was made of each moment at which one was due.
//!
//! Knows nothing of cron lines or what is due: it keeps what was decided. Its invariants:
//!
//! * A decision is written only if nothing was written about the schedule since the [`ScheduleRecord`] that it was made of
//!   was read. So two processes that see the same moment come due fire it once.
//! * A schedule has at most one open occasion, which is *running*, or *waiting* to be taken up again; the index on open
//!   ones makes a second impossible. One whose process ended is taken up again, or given up, by whoever sees it.
//! * An occasion that ended is never fired again.
//!
//! All of this lasts beyond a crash. A power failure may undo the end of it, unless something was bought since, which syncs
//! the same file: then an occasion is fired again that bought nothing. A person's word is synced.

mod row;
mod write;

pub use row::{By, Occasion, OccasionState, OpenOccasion, ScheduleRecord};

use super::{
    Store, StoreError,
    open::{Durability, to_nanos},
};
use crate::base::{crash, money::Total, time::Timestamp};
use rusqlite::params;
use std::num::NonZeroU32;

/// A schedule as its pipeline says it now.
#[derive(Clone, Copy, Debug)]
pub struct NewSchedule<'a> {
    /// The pipeline's file, from the project's root.
    pub file: &'a str,
    /// Its key in the YAML.
    pub name: &'a str,
    /// The cron line as written.
    pub cron: &'a str,
    /// The zone as written.
    pub zone: &'a str,
}

/// One occasion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OccasionId(pub(super) i64);

/// An occasion that is this process's to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClaimedOccasion {
    /// Which.
    pub id: OccasionId,
    /// What it spent before, or may have: by the ledger's word on the runs that processes before this one began for it.
    pub spent: Total,
}

/// Moments that came and were not fired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passed {
    /// The first of them.
    pub first: Timestamp,
    /// The last of them.
    pub last: Timestamp,
    /// How many they are.
    pub count: u32,
    /// They were skipped on purpose, and not missed.
    pub is_skipped: bool,
    /// Why, in one word.
    pub reason: &'static str,
}

/// What was decided about a schedule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Decided {
    /// The open occasion is given up for this reason.
    pub given_up: Option<GivenUp>,
    /// What is left out, in order.
    pub passed: Vec<Passed>,
    /// This moment is fired, or taken up again.
    pub fire: Option<Timestamp>,
}

/// Why an open occasion that nobody works on is not taken up again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GivenUp {
    /// One word, unless it says already why it waits.
    pub reason: Option<&'static str>,
    /// Whether it counts as a failure.
    pub is_failure: bool,
    /// So many failures in a row stop the schedule.
    pub stop_after: Option<NonZeroU32>,
}

/// What came of writing a decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noted {
    /// Somebody wrote about the schedule in between: nothing was written. Read the record, and decide anew.
    Moved,
    /// It is written.
    Done {
        /// The occasion to run now, of this process.
        occasion: Option<ClaimedOccasion>,
        /// The schedule is stopped because of what was given up.
        tripped: bool,
    },
}

/// How an occasion ended.
#[derive(Clone, Copy, Debug)]
pub struct OccasionEnd<'a> {
    /// What it is from now on.
    pub to: EndState,
    /// More about it, in one word.
    pub reason: Option<&'a str>,
    /// The run, if one began.
    pub run: Option<&'a str>,
    /// What it spent; added to what it spent before it was taken up again.
    pub spent: Total,
    /// So many failures in a row stop the schedule.
    pub stop_after: Option<NonZeroU32>,
}

/// What an occasion may become.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndState {
    /// All is there: the failures in a row are over.
    Done,
    /// It failed, and counts as a failure or not.
    Failed {
        /// Whether it counts.
        counts: bool,
    },
    /// It was left out after all.
    Skipped,
    /// It is to be taken up again.
    Waiting,
}

impl EndState {
    const fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed { .. } => "failed",
            Self::Skipped => "skipped",
            Self::Waiting => "waiting",
        }
    }
}

impl Store {
    /// What is known of a schedule; nothing if it was never seen. Changes nothing.
    pub fn schedule_record(
        &self,
        file: &str,
        name: &str,
        now: Timestamp,
    ) -> Result<Option<ScheduleRecord>, StoreError> {
        let found = self.query(|connection| row::record(connection, (file, name), now))?;
        Ok(found.map(|(record, open)| self.judged(record, open)))
    }

    /// What is known of a schedule, which is noted if it is new, if its line or zone changed, or if it was first seen at a
    /// time that has not come yet, because the clock was set back. Nothing before this minute is due then.
    pub fn see_schedule(&self, seen: &NewSchedule<'_>, now: Timestamp) -> Result<ScheduleRecord, StoreError> {
        let known = self.query(|connection| row::record(connection, (seen.file, seen.name), now))?;
        if let Some((record, open)) = known
            && record.cron == seen.cron
            && record.zone == seen.zone
            && record.baseline <= now
        {
            return Ok(self.judged(record, open));
        }
        crash::point("schedule.see.before");
        let (record, open) = self.change(Durability::Ordered, |transaction| {
            write::see(transaction, seen, now)
                .and_then(|()| row::record(transaction, (seen.file, seen.name), now))
                .and_then(|found| found.ok_or(rusqlite::Error::QueryReturnedNoRows))
                .inspect(|_| crash::point("schedule.see.inside"))
                .map_err(|error| self.failed(error))
        })?;
        crash::point("schedule.see.after");
        Ok(self.judged(record, open))
    }

    /// Writes what was decided about a schedule, all of it or nothing.
    pub fn note_decision(
        &self,
        record: &ScheduleRecord,
        decided: &Decided,
        now: Timestamp,
    ) -> Result<Noted, StoreError> {
        let owner = self.owner()?;
        crash::point("schedule.decide.before");
        let noted = self.change(Durability::Ordered, |transaction| {
            write::note(transaction, record, decided, (&owner.name, now))
                .inspect(|_| crash::point("schedule.decide.inside"))
                .map_err(|error| self.failed(error))
        })?;
        crash::point("schedule.decide.after");
        Ok(noted)
    }

    /// Writes how an occasion of this process ended; says whether that stops its schedule.
    pub fn end_occasion(
        &self,
        occasion: OccasionId,
        end: &OccasionEnd<'_>,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let owner = self.owner()?;
        crash::point("schedule.end.before");
        let tripped = self.change(Durability::Ordered, |transaction| {
            write::finish(transaction, (occasion, &owner.name), end, now)
                .inspect(|_| crash::point("schedule.end.inside"))
                .map_err(|error| self.failed(error))
        })?;
        crash::point("schedule.end.after");
        Ok(tripped)
    }

    /// Lets a schedule that was stopped go on; says whether it was. What came due until now stays left out.
    pub fn resume_schedule(&self, file: &str, name: &str, now: Timestamp) -> Result<bool, StoreError> {
        crash::point("schedule.resume.before");
        let resumed = self.change(Durability::Synced, |transaction| {
            transaction
                .execute(
                    "UPDATE schedules SET tripped = NULL, resumed = ?3, failures = 0, version = version + 1
                     WHERE file = ?1 AND name = ?2 AND tripped IS NOT NULL",
                    params![file, name, to_nanos(now)],
                )
                .inspect(|_| crash::point("schedule.resume.inside"))
                .map_err(|error| self.failed(error))
        })?;
        crash::point("schedule.resume.after");
        Ok(resumed > 0)
    }

    /// The latest occasions of a schedule, newest first.
    pub fn occasions(&self, file: &str, name: &str, limit: usize) -> Result<Vec<Occasion>, StoreError> {
        self.query(|connection| row::occasions(connection, (file, name), limit))
    }

    /// The record with the word on who works on what is open.
    fn judged(&self, mut record: ScheduleRecord, open: Option<row::Open>) -> ScheduleRecord {
        record.open = open.map(|open| self.judge(&open));
        record
    }

    fn judge(&self, open: &row::Open) -> OpenOccasion {
        let by = if !open.is_running {
            By::Nobody
        } else if self.owner().is_ok_and(|me| me.name == open.owner) {
            By::Me
        } else if self.is_alive(&open.owner) {
            By::Other { pid: open.pid }
        } else {
            By::Gone
        };
        OpenOccasion {
            due: open.due,
            since: open.since,
            deaths: open.deaths,
            by,
        }
    }
}
