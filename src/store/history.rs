//! Runs and their events. The page and `runs show` are a fold over what is kept here.

use super::{
    OccasionId, Store, StoreError,
    ledger::json,
    open::{Durability, from_nanos, to_nanos},
};
use crate::{
    base::{
        crash,
        money::{Total, Usd},
        time::Timestamp,
    },
    event::{Event, Record, RunEnd},
};
use rusqlite::{Connection, params};

/// A run that begins.
#[derive(Clone, Copy, Debug)]
pub struct NewRun<'a> {
    /// The pipeline's name.
    pub pipeline: &'a str,
    /// Its file as the user named it.
    pub file: &'a str,
    /// The occasion of a schedule that it is for, unless a person began it.
    pub occasion: Option<OccasionId>,
}

/// One run in a list of runs.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRow {
    /// Its id.
    pub run: String,
    /// The pipeline's name.
    pub pipeline: String,
    /// Its file as the user named it.
    pub file: String,
    /// When it began.
    pub started: Timestamp,
    /// When and how it ended, if it came to an end.
    pub end: Option<(Timestamp, RunEnd)>,
    /// What its calls cost by the ledger, or may have: the backend's word, be it said later, or else the estimate.
    pub spent: Total,
    /// Its process still runs. Neither alive nor ended: it was killed.
    pub alive: bool,
}

impl Store {
    /// Notes that a run begins, and names it: the time, then something random: `20261123-052817-9f3a`.
    pub fn begin_run(&self, new: &NewRun<'_>) -> Result<String, StoreError> {
        let owner = self.owner()?;
        let now = self.clock.now();
        let run = format!("{}-{}", now.strftime("%Y%m%d-%H%M%S"), &super::fs::unique()[..4]);
        crash::point("history.begin.before");
        self.change(Durability::Ordered, |transaction| {
            transaction
                .prepare_cached(
                    "INSERT INTO runs (run, pipeline, file, owner, started, occasion) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                )
                .and_then(|mut statement| {
                    let occasion = new.occasion.map(|occasion| occasion.0);
                    statement.execute(params![
                        run,
                        new.pipeline,
                        new.file,
                        owner.name,
                        to_nanos(now),
                        occasion
                    ])
                })
                .inspect(|_| crash::point("history.begin.inside"))
                .map_err(|error| self.failed(error))
        })?;
        crash::point("history.begin.after");
        Ok(run)
    }

    /// Keeps events, all of them or none. One that is there already stays as it is.
    pub fn append(&self, records: &[Record]) -> Result<(), StoreError> {
        if records.is_empty() {
            return Ok(());
        }
        crash::point("history.append.before");
        self.change(Durability::Ordered, |transaction| {
            insert(transaction, records)
                .inspect(|()| crash::point("history.append.inside"))
                .map_err(|error| self.failed(error))
        })
        .inspect(|()| crash::point("history.append.after"))
    }

    /// A run's events in order; none if there is no such run. Those of a newer program that mean nothing to this one
    /// are left out.
    pub fn records(&self, run: &str) -> Result<Vec<Record>, StoreError> {
        let texts = self.query(|connection| {
            let mut statement = connection.prepare_cached("SELECT record FROM events WHERE run = ?1 ORDER BY seq")?;
            let rows = statement.query_map([run], |row| row.get::<_, String>(0))?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        })?;
        Ok(texts
            .iter()
            .filter_map(|text| serde_json::from_str(text).ok())
            .collect())
    }

    /// The latest runs, newest first.
    pub fn runs(&self, limit: usize) -> Result<Vec<RunRow>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let mut rows = self.query(|connection| {
            let mut statement = connection.prepare_cached(
                r#"SELECT run, pipeline, file, started, ended, "end", owner, coalesce(known, 0), coalesce(unknown, 0)
                   FROM (SELECT * FROM runs ORDER BY id DESC LIMIT ?1) LEFT JOIN
                        (SELECT run, sum(coalesce(charged, price)) AS known,
                                sum(charged IS NULL AND price IS NULL) AS unknown
                         FROM claims WHERE state <> 'failed' OR billed IS NOT 'no' GROUP BY run) USING (run)
                   ORDER BY id DESC"#,
            )?;
            let rows = statement.query_map([limit], |row| {
                let ended: Option<i64> = row.get(4)?;
                let end = row.get::<_, Option<String>>(5)?;
                let end = end.and_then(|text| serde_json::from_str(&text).ok());
                let run = RunRow {
                    run: row.get(0)?,
                    pipeline: row.get(1)?,
                    file: row.get(2)?,
                    started: from_nanos(row.get(3)?),
                    end: ended.map(from_nanos).zip(end),
                    spent: Total {
                        known: Usd::from_nanos(row.get(7)?),
                        unknown: row.get(8)?,
                    },
                    alive: false,
                };
                Ok((run, row.get::<_, String>(6)?))
            })?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        })?;
        for (run, owner) in &mut rows {
            run.alive = run.end.is_none() && self.is_alive(owner);
        }
        Ok(rows.into_iter().map(|(run, _)| run).collect())
    }
}

fn insert(connection: &Connection, records: &[Record]) -> rusqlite::Result<()> {
    let mut event = connection.prepare_cached("INSERT OR IGNORE INTO events (run, seq, record) VALUES (?1, ?2, ?3)")?;
    let mut end = connection.prepare_cached(r#"UPDATE runs SET ended = ?2, "end" = ?3 WHERE run = ?1"#)?;
    for record in records {
        let seq = i64::try_from(record.seq).unwrap_or(i64::MAX);
        event.execute(params![record.run, seq, json(record)])?;
        if let Event::RunFinished { end: how } = &record.event {
            end.execute(params![record.run, to_nanos(record.at), json(how)])?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
