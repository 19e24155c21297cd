//! How a store is doing: whether the database is whole, whether the audio of every take is there, which calls are under
//! way.
//!
//! Looks, and changes nothing. Audio is looked at, not read: its bytes are verified when it is used.

use super::{
    Store, StoreError,
    blobs::temps,
    fs,
    memory::{digest, price},
    database::connect,
    open::from_nanos,
    outputs::paths_of,
    schema,
};
use crate::base::{
    digest::Digest,
    money::{Price, Total},
    time::Timestamp,
};
use rusqlite::{Connection, OpenFlags, OptionalExtension, Row};
use std::path::Path;

/// Most complaints of the database that are passed on.
const COMPLAINTS: usize = 5;

/// The audio of all takes that the store knows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AudioHealth {
    /// How many takes.
    pub takes: usize,
    /// What their audio is together, in bytes.
    pub bytes: u64,
    /// Takes whose audio is not in its place, and lies elsewhere in the right size: the next run puts it back.
    pub restorable: usize,
    /// Takes whose audio is missing or of another size, and nowhere else to be found, as they were called.
    pub lost: Vec<String>,
    /// What was paid for these.
    pub lost_price: Total,
    /// Files with audio that came whole and could not be put into its place.
    pub kept: usize,
}

/// A call of a process that lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallUnderWay {
    /// For which take, as it was called then.
    pub take: String,
    /// By which process.
    pub pid: u32,
    /// Since when.
    pub since: Timestamp,
}

/// A take as far as its audio is concerned.
struct Listed {
    key: String,
    digest: Digest,
    bytes: u64,
    price: Price,
}

impl Store {
    /// The schemas of the store of a project and of this program; none if there is no store. Changes nothing, whatever
    /// the schema is.
    pub fn schemas(root: &Path) -> Result<Option<(u32, u32)>, StoreError> {
        let path = super::database_files(root)[0].clone();
        if !fs::exists(&path) {
            return Ok(None);
        }
        let found = connect(&path, OpenFlags::empty())
            .and_then(|connection| schema::version(&connection))
            .map_err(|source| StoreError::Database { path, source })?;
        Ok(Some((found, schema::CURRENT)))
    }

    /// What the database says against itself; nothing if it is whole. Reads all of it.
    pub fn database_complaints(&self) -> Result<Vec<String>, StoreError> {
        let mut complaints = self.query(|connection| {
            let mut statement = connection.prepare(&format!("PRAGMA quick_check({COMPLAINTS})"))?;
            let rows = statement.query_map([], |row| row.get::<_, String>(0))?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        })?;
        complaints.retain(|complaint| complaint != "ok");
        Ok(complaints)
    }

    /// Looks for the audio of every take.
    pub fn audio_health(&self) -> Result<AudioHealth, StoreError> {
        let takes = self.query(|connection| {
            let mut statement = connection.prepare("SELECT key, digest, bytes, coalesce(charged, price) FROM takes")?;
            let rows = statement.query_map([], listed)?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        })?;
        let kept = fs::names(&temps(&self.folder));
        let mut health = AudioHealth {
            takes: takes.len(),
            kept: kept.iter().filter(|name| name.starts_with("kept-")).count(),
            ..AudioHealth::default()
        };
        for take in takes {
            health.bytes = health.bytes.saturating_add(take.bytes);
            if self.has_blob(take.digest, take.bytes) {
                continue;
            }
            if self.lies_elsewhere(&take)? {
                health.restorable += 1;
            } else {
                health
                    .lost
                    .push(self.query(|connection| name_of(connection, &take.key))?);
                health.lost_price.add(take.price);
            }
        }
        health.lost.sort();
        Ok(health)
    }

    /// Calls that other processes make right now, oldest first.
    pub fn calls_under_way(&self) -> Result<Vec<CallUnderWay>, StoreError> {
        let rows = self.query(|connection| {
            let mut statement = connection.prepare(
                "SELECT take, pid, since, owner FROM claims
                 WHERE open AND state IN ('claimed', 'submitted') ORDER BY id",
            )?;
            let rows = statement.query_map([], |row| {
                let call = CallUnderWay {
                    take: row.get(0)?,
                    pid: row.get(1)?,
                    since: from_nanos(row.get(2)?),
                };
                Ok((call, row.get::<_, String>(3)?))
            })?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        })?;
        let alive = rows.into_iter().filter(|(_, owner)| self.is_alive(owner));
        Ok(alive.map(|(call, _)| call).collect())
    }

    fn lies_elsewhere(&self, take: &Listed) -> Result<bool, StoreError> {
        let is_it = |path: &Path| fs::stamp(path).is_ok_and(|stamp| stamp.size == take.bytes);
        let paths = self.query(|connection| paths_of(connection, take.digest))?;
        Ok(is_it(&self.kept_path(take.digest)) || paths.iter().any(|path| is_it(&self.root.join(path))))
    }
}

fn listed(row: &Row<'_>) -> rusqlite::Result<Listed> {
    Ok(Listed {
        key: row.get(0)?,
        digest: digest(row, 1)?,
        bytes: u64::try_from(row.get::<_, i64>(2)?).unwrap_or(0),
        price: price(row.get(3)?),
    })
}

/// The take of a key as it was called last, or the key's first digits.
fn name_of(connection: &Connection, key: &str) -> rusqlite::Result<String> {
    let name = connection
        .prepare_cached("SELECT take FROM names WHERE key = ?1 ORDER BY take LIMIT 1")?
        .query_row([key], |row| row.get(0))
        .optional()?;
    Ok(name.unwrap_or_else(|| key.chars().take(8).collect()))
}

#[cfg(test)]
mod tests;
