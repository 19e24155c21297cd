//! The rows of schedules and their occasions, as they are written: inside a transaction that somebody else opened.

use super::{
    ClaimedOccasion, Decided, EndState, GivenUp, NewSchedule, Noted, OccasionEnd, OccasionId, Passed, ScheduleRecord,
};
use crate::{
    base::{money::Total, time::Timestamp},
    store::{open::to_nanos, spending},
};
use rusqlite::{Connection, OptionalExtension, params};
use std::num::NonZeroU32;

/// Nanoseconds.
const MINUTE: i64 = 60_000_000_000;

/// Notes a new or changed schedule.
pub(super) fn see(connection: &Connection, seen: &NewSchedule<'_>, now: Timestamp) -> rusqlite::Result<()> {
    let now = to_nanos(now);
    let baseline = now.div_euclid(MINUTE) * MINUTE;
    // Another process may have noted the same in between: then the minute is that of whoever came first.
    connection
        .prepare_cached(
            "INSERT INTO schedules (file, name, cron, zone, baseline) VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (file, name) DO UPDATE
             SET cron = excluded.cron, zone = excluded.zone, baseline = excluded.baseline, version = version + 1
             WHERE cron <> excluded.cron OR zone <> excluded.zone OR baseline > ?6",
        )?
        .execute(params![seen.file, seen.name, seen.cron, seen.zone, baseline, now])
        .map(drop)
}

/// Writes a decision if nobody wrote about the schedule since it was read.
pub(super) fn note(
    connection: &Connection,
    record: &ScheduleRecord,
    decided: &Decided,
    (owner, now): (&str, Timestamp),
) -> rusqlite::Result<Noted> {
    let counted = connection
        .prepare_cached("UPDATE schedules SET version = version + 1 WHERE id = ?1 AND version = ?2")?
        .execute([record.id, record.version])?;
    if counted == 0 {
        return Ok(Noted::Moved);
    }
    let tripped = match &decided.given_up {
        Some(given_up) => give_up(connection, record.id, *given_up, now)?,
        None => false,
    };
    for passed in &decided.passed {
        pass(connection, record.id, passed, now)?;
    }
    let occasion = match decided.fire {
        Some(due) if !tripped => fire(connection, record.id, (due, now), owner)?,
        _ => None,
    };
    Ok(Noted::Done { occasion, tripped })
}

fn give_up(connection: &Connection, schedule: i64, given_up: GivenUp, now: Timestamp) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(
            "UPDATE occasions
             SET state = CASE WHEN state = 'waiting' AND reason = 'busy' THEN 'missed' ELSE 'failed' END,
                 ended = ?2, reason = coalesce(?3, reason)
             WHERE schedule = ?1 AND state IN ('running', 'waiting')",
        )?
        .execute(params![schedule, to_nanos(now), given_up.reason])?;
    if given_up.is_failure {
        return count_failure(connection, schedule, given_up.stop_after, now);
    }
    Ok(false)
}

/// One more failure in a row; says whether that stops the schedule.
fn count_failure(
    connection: &Connection,
    schedule: i64,
    stop_after: Option<NonZeroU32>,
    now: Timestamp,
) -> rusqlite::Result<bool> {
    let failures: u32 = connection
        .prepare_cached("UPDATE schedules SET failures = failures + 1 WHERE id = ?1 RETURNING failures")?
        .query_row([schedule], |row| row.get(0))?;
    if stop_after.is_none_or(|most| failures < most.get()) {
        return Ok(false);
    }
    let stopped = connection
        .prepare_cached("UPDATE schedules SET tripped = ?2 WHERE id = ?1 AND tripped IS NULL")?
        .execute([schedule, to_nanos(now)])?;
    Ok(stopped > 0)
}

/// Notes what is left out, in the row of what was left out before for the same reason if nothing lies between.
fn pass(connection: &Connection, schedule: i64, passed: &Passed, now: Timestamp) -> rusqlite::Result<()> {
    let state = if passed.is_skipped { "skipped" } else { "missed" };
    let before = connection
        .prepare_cached(
            "SELECT id, state = ?3 AND reason = ?4 FROM occasions
             WHERE schedule = ?1 AND due < ?2 ORDER BY due DESC LIMIT 1",
        )?
        .query_row(params![schedule, to_nanos(passed.first), state, passed.reason], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, Option<bool>>(1)?))
        })
        .optional()?;
    // A row of the same moment was written at a time that has not come yet, and does not count.
    match before {
        Some((id, Some(true))) => connection
            .prepare_cached(
                "UPDATE OR REPLACE occasions SET due = ?2, count = count + ?3, noted = ?4, ended = ?4 WHERE id = ?1",
            )?
            .execute(params![id, to_nanos(passed.last), passed.count, to_nanos(now)]),
        _ => connection
            .prepare_cached(
                "INSERT OR REPLACE INTO occasions (schedule, due, first, count, state, noted, ended, reason)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7)",
            )?
            .execute(params![
                schedule,
                to_nanos(passed.last),
                to_nanos(passed.first),
                passed.count,
                state,
                to_nanos(now),
                passed.reason
            ]),
    }
    .map(drop)
}

/// Claims an occasion for this process, anew or again. What earlier runs of it spent is written down then: a process that
/// died could not.
fn fire(
    connection: &Connection,
    schedule: i64,
    (due, now): (Timestamp, Timestamp),
    owner: &str,
) -> rusqlite::Result<Option<ClaimedOccasion>> {
    let found: Option<OccasionId> = connection
        .prepare_cached(
            "INSERT INTO occasions (schedule, due, first, state, owner, pid, noted)
             VALUES (?1, ?2, ?2, 'running', ?3, ?4, ?5)
             ON CONFLICT (schedule, due) DO UPDATE
             SET deaths = deaths + (state = 'running'), state = 'running', owner = excluded.owner, pid = excluded.pid,
                 noted = excluded.noted, first = due, count = 1, ended = NULL, reason = NULL
             WHERE state NOT IN ('done', 'failed')
             RETURNING id",
        )?
        .query_row(
            params![schedule, to_nanos(due), owner, std::process::id(), to_nanos(now)],
            |row| row.get(0).map(OccasionId),
        )
        .optional()?;
    let Some(id) = found else { return Ok(None) };
    let spent = spending::of_occasion(connection, id)?;
    if spent != Total::default() {
        connection
            .prepare_cached("UPDATE occasions SET spent = ?2, unknown = ?3 WHERE id = ?1")?
            .execute(params![id.0, spent.known.nanos(), spent.unknown])?;
    }
    Ok(Some(ClaimedOccasion { id, spent }))
}

/// Writes how an occasion of `owner` ended; says whether that stops its schedule.
pub(super) fn finish(
    connection: &Connection,
    (occasion, owner): (OccasionId, &str),
    end: &OccasionEnd<'_>,
    now: Timestamp,
) -> rusqlite::Result<bool> {
    let schedule: Option<i64> = connection
        .prepare_cached(
            "UPDATE occasions
             SET state = ?3, reason = ?4, run = coalesce(?5, run), spent = spent + ?6, unknown = unknown + ?7, ended = ?8
             WHERE id = ?1 AND owner = ?2 AND state = 'running'
             RETURNING schedule",
        )?
        .query_row(
            params![
                occasion.0,
                owner,
                end.to.word(),
                end.reason,
                end.run,
                end.spent.known.nanos(),
                end.spent.unknown,
                to_nanos(now)
            ],
            |row| row.get(0),
        )
        .optional()?;
    // Somebody took this process for dead and gave it up, or took it up.
    let Some(schedule) = schedule else { return Ok(false) };
    connection
        .prepare_cached(
            "UPDATE schedules SET version = version + 1, failures = CASE WHEN ?2 THEN 0 ELSE failures END WHERE id = ?1",
        )?
        .execute(params![schedule, end.to == EndState::Done])?;
    match end.to {
        EndState::Failed { counts: true } => count_failure(connection, schedule, end.stop_after, now),
        _ => Ok(false),
    }
}
