//! The rows of schedules and their occasions, as they are read.
//!
//! Knows nothing of who lives.

use crate::{
    base::{
        money::{Total, Usd},
        time::Timestamp,
    },
    store::open::{from_nanos, to_nanos},
};
use rusqlite::{Connection, OptionalExtension, Row, params};

/// What is known of a schedule at some moment. Decisions that are made of it can be written as long as nobody else wrote
/// about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScheduleRecord {
    pub(super) id: i64,
    pub(super) version: i64,
    /// Its cron line when it was seen last.
    pub cron: String,
    /// Its zone when it was seen last.
    pub zone: String,
    /// Nothing earlier is due: the beginning of the minute in which it was first seen as it is now.
    pub baseline: Timestamp,
    /// How many of its runs failed in a row.
    pub failures: u32,
    /// Since when it is stopped because of them.
    pub tripped: Option<Timestamp>,
    /// When a person last let it go on: what was due until then is left out.
    pub resumed: Option<Timestamp>,
    /// The last moment that something was made of, of those that have come. What was left out at a time that has not come
    /// yet, because the clock was set back, is as if it had not happened.
    pub handled: Option<Timestamp>,
    /// What has no end yet.
    pub open: Option<OpenOccasion>,
}

/// An occasion without an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenOccasion {
    /// When it was due.
    pub due: Timestamp,
    /// Since when it is as it is.
    pub since: Timestamp,
    /// How many processes ended in it before the present one.
    pub deaths: u32,
    /// Who works on it.
    pub by: By,
}

/// Who works on an open occasion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// This process.
    Me,
    /// Another process, which lives.
    Other {
        /// Its number.
        pid: u32,
    },
    /// A process that ended.
    Gone,
    /// It waits to be taken up again.
    Nobody,
}

/// What became of one moment at which a schedule was due, or of several in a row that were left out alike.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Occasion {
    /// The last of them.
    pub due: Timestamp,
    /// The first of them.
    pub first: Timestamp,
    /// How many they are.
    pub count: u32,
    /// What became of it.
    pub state: OccasionState,
    /// When it was begun, or left out.
    pub noted: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// How many processes ended in it.
    pub deaths: u32,
    /// Its run, if one began.
    pub run: Option<String>,
    /// What it spent.
    pub spent: Total,
    /// More about it, in one word.
    pub reason: Option<String>,
}

/// What becomes of an occasion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OccasionState {
    /// It was claimed and has no end yet.
    Running,
    /// It is to be taken up again.
    Waiting,
    /// Its run ended, and all is there.
    Done,
    /// Its run ended otherwise, or never did.
    Failed,
    /// Nobody was there, or it was too late, or a later one took its place.
    Missed,
    /// It was left out on purpose.
    Skipped,
}

impl OccasionState {
    fn of(word: &str) -> Option<Self> {
        match word {
            "running" => Some(Self::Running),
            "waiting" => Some(Self::Waiting),
            "done" => Some(Self::Done),
            "failed" => Some(Self::Failed),
            "missed" => Some(Self::Missed),
            "skipped" => Some(Self::Skipped),
            _ => None,
        }
    }
}

/// An open occasion as its row says it.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) due: Timestamp,
    pub(super) since: Timestamp,
    pub(super) deaths: u32,
    pub(super) is_running: bool,
    pub(super) owner: String,
    pub(super) pid: u32,
}

/// What is known of the schedule of that file and name, without its open occasion, and that.
pub(super) fn record(
    connection: &Connection,
    (file, name): (&str, &str),
    now: Timestamp,
) -> rusqlite::Result<Option<(ScheduleRecord, Option<Open>)>> {
    let found = connection
        .prepare_cached(
            "SELECT id, version, cron, zone, baseline, failures, tripped, resumed FROM schedules
             WHERE file = ?1 AND name = ?2",
        )?
        .query_row([file, name], schedule)
        .optional()?;
    let Some(mut record) = found else { return Ok(None) };
    record.handled = handled(connection, record.id, now)?;
    let open = connection
        .prepare_cached(
            "SELECT due, noted, deaths, state = 'running', owner, pid FROM occasions
             WHERE schedule = ?1 AND state IN ('running', 'waiting')",
        )?
        .query_row([record.id], open)
        .optional()?;
    Ok(Some((record, open)))
}

fn schedule(row: &Row<'_>) -> rusqlite::Result<ScheduleRecord> {
    Ok(ScheduleRecord {
        id: row.get(0)?,
        version: row.get(1)?,
        cron: row.get(2)?,
        zone: row.get(3)?,
        baseline: from_nanos(row.get(4)?),
        failures: row.get(5)?,
        tripped: row.get::<_, Option<i64>>(6)?.map(from_nanos),
        resumed: row.get::<_, Option<i64>>(7)?.map(from_nanos),
        handled: None,
        open: None,
    })
}

/// The open one is no business of this: whoever decides looks at it first.
fn handled(connection: &Connection, schedule: i64, now: Timestamp) -> rusqlite::Result<Option<Timestamp>> {
    let due: Option<i64> = connection
        .prepare_cached(
            "SELECT due FROM occasions
             WHERE schedule = ?1 AND due <= ?2
               AND (state IN ('done', 'failed') OR state IN ('missed', 'skipped') AND noted <= ?2)
             ORDER BY due DESC LIMIT 1",
        )?
        .query_row(params![schedule, to_nanos(now)], |row| row.get(0))
        .optional()?;
    Ok(due.map(from_nanos))
}

fn open(row: &Row<'_>) -> rusqlite::Result<Open> {
    Ok(Open {
        due: from_nanos(row.get(0)?),
        since: from_nanos(row.get(1)?),
        deaths: row.get(2)?,
        is_running: row.get(3)?,
        owner: row.get(4)?,
        pid: row.get(5)?,
    })
}

/// The latest occasions of a schedule, newest first.
pub(super) fn occasions(
    connection: &Connection,
    (file, name): (&str, &str),
    limit: usize,
) -> rusqlite::Result<Vec<Occasion>> {
    let mut statement = connection.prepare_cached(
        "SELECT due, first, count, state, noted, ended, deaths, run, spent, unknown, reason FROM occasions
         WHERE schedule = (SELECT id FROM schedules WHERE file = ?1 AND name = ?2)
         ORDER BY due DESC LIMIT ?3",
    )?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = statement.query_map(params![file, name, limit], |row| {
        let Some(state) = OccasionState::of(&row.get::<_, String>(3)?) else {
            return Ok(None);
        };
        Ok(Some(Occasion {
            due: from_nanos(row.get(0)?),
            first: from_nanos(row.get(1)?),
            count: row.get(2)?,
            state,
            noted: from_nanos(row.get(4)?),
            ended: row.get::<_, Option<i64>>(5)?.map(from_nanos),
            deaths: row.get(6)?,
            run: row.get(7)?,
            spent: Total {
                known: Usd::from_nanos(row.get(8)?),
                unknown: row.get(9)?,
            },
            reason: row.get(10)?,
        }))
    })?;
    rows.filter_map(Result::transpose).collect()
}

#[cfg(test)]
impl ScheduleRecord {
    /// A schedule that was first seen then, and of which nothing was made.
    pub(crate) fn first_seen(baseline: Timestamp) -> Self {
        Self {
            id: 1,
            version: 0,
            cron: String::new(),
            zone: String::new(),
            baseline,
            failures: 0,
            tripped: None,
            resumed: None,
            handled: None,
            open: None,
        }
    }
}
