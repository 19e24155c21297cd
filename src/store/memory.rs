//! What was rendered before, by key and by name: the plan's [`Memory`].

use super::{
    Blob, Store, StoreError,
    ledger::{blob, is_under_way, json},
    lost::forgone,
    open::{Durability, from_nanos, to_nanos},
    salvage::Standing,
    verify::{Found, Proof, proof},
};
use crate::{
    audio::{Peaks, Sound},
    base::{
        audio_settings::Format,
        digest::Digest,
        ids::TakeName,
        money::{Price, Usd},
    },
    plan::{Key, Known, Memory, RenderRequest, StoredTake},
};
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter, types::Type};
use std::collections::{HashMap, HashSet};

/// Keys asked for by one statement.
const CHUNK: usize = 200;

/// So many names are read with all others of their pipeline rather than one by one.
const MANY: usize = 50;

const COLUMNS: &str = "key, digest, bytes, format, sound, at, charged, price";

/// The takes, each with its outline if it has one.
const FROM: &str = "FROM takes LEFT JOIN peaks USING (key)";

impl Memory for Store {
    fn recall(&self, keys: &[Key]) -> HashMap<Key, Known> {
        self.try_recall(keys).unwrap_or_else(|error| {
            // Nothing is bought twice by this: a claim asks again, and does not forgive errors.
            tracing::warn!(%error, "cannot recall what was rendered before");
            self.lock().trouble = Some(error);
            HashMap::new()
        })
    }

    fn previous(&self, pipeline: &str, take: &TakeName) -> Option<RenderRequest> {
        let text = self.query(|connection| {
            connection
                .prepare_cached(
                    "SELECT request FROM names JOIN requests USING (key) WHERE pipeline = ?1 AND take = ?2",
                )?
                .query_row([pipeline, &take.to_string()], |row| row.get::<_, String>(0))
                .optional()
        });
        serde_json::from_str(&text.ok()??).ok()
    }

    fn previous_of(&self, pipeline: &str, takes: &[&TakeName]) -> HashMap<TakeName, RenderRequest> {
        if takes.len() < MANY {
            let takes = takes.iter().copied();
            let found = takes.filter_map(|take| Some((take.clone(), self.previous(pipeline, take)?)));
            return found.collect();
        }
        self.query(|connection| all_previous(connection, pipeline, takes))
            .unwrap_or_default()
    }
}

/// The requests behind the names of a pipeline, read in one go.
fn all_previous(
    connection: &Connection,
    pipeline: &str,
    takes: &[&TakeName],
) -> rusqlite::Result<HashMap<TakeName, RenderRequest>> {
    let asked: HashMap<String, &TakeName> = takes.iter().map(|take| (take.to_string(), *take)).collect();
    let mut statement =
        connection.prepare_cached("SELECT take, request FROM names JOIN requests USING (key) WHERE pipeline = ?1")?;
    let mut rows = statement.query([pipeline])?;
    let mut found = HashMap::new();
    while let Some(row) = rows.next()? {
        let Some(take) = asked.get(row.get_ref(0)?.as_str()?) else {
            continue;
        };
        if let Ok(request) = serde_json::from_str(row.get_ref(1)?.as_str()?) {
            found.insert((*take).clone(), request);
        }
    }
    Ok(found)
}

impl Store {
    /// [`Memory::recall`], with its error.
    pub fn try_recall(&self, keys: &[Key]) -> Result<HashMap<Key, Known>, StoreError> {
        let asked: HashSet<Key> = keys.iter().copied().collect();
        let mut takes = Vec::with_capacity(keys.len());
        let (open, forgone) = self.query(|connection| {
            for chunk in keys.chunks(CHUNK) {
                recall_chunk(connection, chunk, &mut takes)?;
            }
            Ok((open_claims(connection)?, forgone(connection, &asked)?))
        })?;
        let mut known = self.examine_all(takes);
        for claim in open.into_iter().filter(|claim| asked.contains(&claim.key)) {
            if !is_under_way(&claim.state) || self.standing(&claim.owner, claim.blob) == Standing::Nothing {
                let since = from_nanos(claim.since);
                known.entry(claim.key).or_insert(Known::Unsure { since });
            }
        }
        for (key, forgone) in forgone {
            known.entry(key).or_insert(forgone);
        }
        Ok(known)
    }

    /// What has become of the audio of takes. Reads what may have changed since it was last read.
    fn examine_all(&self, takes: Vec<(StoredTake, Option<Proof>)>) -> HashMap<Key, Known> {
        let mut proofs = Vec::new();
        let mut known = HashMap::with_capacity(takes.len());
        for (take, proof) in takes {
            let key = take.key;
            let found = match self.examine(Blob::of(&take), proof) {
                Found::Whole(proof) => {
                    proofs.extend(proof);
                    Some(Known::Take(take))
                }
                Found::Broken if self.restore(take.digest).unwrap_or(false) => Some(Known::Take(take)),
                Found::Broken => self.loss(take),
            };
            known.extend(found.map(|found| (key, found)));
        }
        self.keep_proofs(&proofs);
        known
    }

    /// Keeps what was measured anew of a take that is there; one that is not is left alone.
    pub fn measured(&self, take: &StoredTake) -> Result<(), StoreError> {
        self.change(Durability::Ordered, |transaction| {
            let keep = || match stored(transaction, take.key)? {
                Some(known) if known.digest == take.digest => put_take(
                    transaction,
                    &StoredTake {
                        sound: take.sound,
                        peaks: take.peaks.clone(),
                        ..known
                    },
                ),
                _ => Ok(()),
            };
            keep().map_err(|error| self.failed(error))
        })
    }

    /// The readable request behind a key, if it was ever asked for.
    pub fn request(&self, key: Key) -> Result<Option<RenderRequest>, StoreError> {
        let text = self.query(|connection| {
            connection
                .prepare_cached("SELECT request FROM requests WHERE key = ?1")?
                .query_row([key.0.hex()], |row| row.get::<_, String>(0))
                .optional()
        })?;
        Ok(text.and_then(|text| serde_json::from_str(&text).ok()))
    }
}

/// A row that blocks its key.
struct OpenClaim {
    key: Key,
    state: String,
    owner: String,
    since: i64,
    blob: Option<Blob>,
}

fn open_claims(connection: &Connection) -> rusqlite::Result<Vec<OpenClaim>> {
    let mut statement =
        connection.prepare_cached("SELECT key, state, owner, since, digest, bytes FROM claims WHERE open")?;
    let rows = statement.query_map([], |row| {
        Ok(OpenClaim {
            key: Key(digest(row, 0)?),
            state: row.get(1)?,
            owner: row.get(2)?,
            since: row.get(3)?,
            blob: blob(row, 4)?,
        })
    })?;
    rows.collect()
}

fn recall_chunk(
    connection: &Connection,
    keys: &[Key],
    takes: &mut Vec<(StoredTake, Option<Proof>)>,
) -> rusqlite::Result<()> {
    let marks = vec!["?"; CHUNK].join(",");
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS}, peaks {FROM} WHERE key IN ({marks})"))?;
    // One statement for all chunks: the last one is filled up with NULL, which equals nothing.
    let texts = keys.iter().map(|key| Some(key.0.hex()));
    let padded = texts.chain(std::iter::repeat_n(None, CHUNK - keys.len()));
    let mut rows = statement.query(params_from_iter(padded))?;
    while let Some(row) = rows.next()? {
        let take = take(row)?;
        let proof = proof(connection, take.digest)?;
        takes.push((take, proof));
    }
    Ok(())
}

/// The take of a key, whether or not its audio is still there.
pub(super) fn stored(connection: &Connection, key: Key) -> rusqlite::Result<Option<StoredTake>> {
    connection
        .prepare_cached(&format!("SELECT {COLUMNS}, peaks {FROM} WHERE key = ?1"))?
        .query_row([key.0.hex()], take)
        .optional()
}

/// Every take, whether or not its audio is still there, in the order of their keys.
pub(super) fn takes(connection: &Connection) -> rusqlite::Result<Vec<StoredTake>> {
    let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS}, peaks {FROM} ORDER BY key"))?;
    statement.query_map([], take)?.collect()
}

/// Notes a take under its key.
pub(super) fn put_take(connection: &Connection, take: &StoredTake) -> rusqlite::Result<()> {
    let key = take.key.0.hex();
    connection
        .prepare_cached(&format!(
            "INSERT OR REPLACE INTO takes ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"
        ))?
        .execute(params![
            key,
            take.digest.hex(),
            i64::try_from(take.bytes).unwrap_or(i64::MAX),
            take.format.word(),
            json(&take.sound),
            to_nanos(take.at),
            take.charged.map(Usd::nanos),
            usd(take.price),
        ])?;
    if take.peaks.is_empty() {
        return forget_peaks(connection, take.key);
    }
    connection
        .prepare_cached("INSERT OR REPLACE INTO peaks (key, peaks) VALUES (?1, ?2)")?
        .execute(params![key, take.peaks.to_bytes()])
        .map(drop)
}

/// Forgets the outline of a take.
pub(super) fn forget_peaks(connection: &Connection, key: Key) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM peaks WHERE key = ?1")?
        .execute([key.0.hex()])
        .map(drop)
}

fn take(row: &Row<'_>) -> rusqlite::Result<StoredTake> {
    Ok(StoredTake {
        key: Key(digest(row, 0)?),
        digest: digest(row, 1)?,
        bytes: u64::try_from(row.get::<_, i64>(2)?).unwrap_or(0),
        format: word(row, 3, "no format of audio", Format::parse)?,
        sound: sound(row, 4)?,
        peaks: row
            .get_ref(8)?
            .as_blob_or_null()?
            .map(Peaks::from_bytes)
            .unwrap_or_default(),
        at: from_nanos(row.get(5)?),
        charged: row.get::<_, Option<i64>>(6)?.map(Usd::from_nanos),
        price: price(row.get(7)?),
    })
}

/// A column of measures.
fn sound(row: &Row<'_>, column: usize) -> rusqlite::Result<Sound> {
    let text = row.get_ref(column)?.as_str()?;
    serde_json::from_str(text)
        .map_err(|error| rusqlite::Error::FromSqlConversionFailure(column, Type::Text, error.into()))
}

/// A column of 64 hex digits.
pub(super) fn digest(row: &Row<'_>, column: usize) -> rusqlite::Result<Digest> {
    word(row, column, "no digest", Digest::parse)
}

/// A column that holds one of some words; `wrong` says what any other is.
pub(super) fn word<T>(
    row: &Row<'_>,
    column: usize,
    wrong: &str,
    read: impl Fn(&str) -> Option<T>,
) -> rusqlite::Result<T> {
    let text = row.get_ref(column)?.as_str()?;
    read(text).ok_or_else(|| {
        let why = format!("`{text}` in it is {wrong}");
        rusqlite::Error::FromSqlConversionFailure(column, Type::Text, why.into())
    })
}

/// A price as the database keeps it.
pub(super) const fn usd(price: Price) -> Option<i64> {
    match price {
        Price::Known(amount) => Some(amount.nanos()),
        Price::Unknown => None,
    }
}

/// The price behind [`usd`].
pub(super) fn price(nanos: Option<i64>) -> Price {
    nanos.map_or(Price::Unknown, |nanos| Price::Known(Usd::from_nanos(nanos)))
}

#[cfg(test)]
mod tests;
