//! Audio that was paid for and is gone from this machine, and audio that was given up by a person's word.
//!
//! Knows nothing of calls: a lost take was bought, and its call is long over. Its invariants:
//!
//! * A key whose audio was paid for and lost is not free to be bought before somebody said so, here or by `gc`.
//! * That word and the end of the old take are one transaction. What is known of the old take is kept beside the word.

use super::{
    Blob, Store, StoreError, fs,
    ledger::json,
    memory::{digest, forget_peaks, stored, takes},
    open::{Durability, from_nanos, to_nanos},
};
use crate::{
    base::{crash, money::Price, time::Timestamp},
    plan::{Forgone, Key, Known, StoredTake},
};
use rusqlite::{Connection, Transaction, params};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};

/// What the marks of given-up takes begin with; the key follows.
const MARK: &str = "forgone ";

/// A take that was paid for and whose audio is gone.
#[derive(Clone, Debug, PartialEq)]
pub struct LostTake {
    /// Of its request.
    pub key: Key,
    /// The pipelines and takes it was known as, such as `rainy-city` and `songs.hook#1`.
    pub names: Vec<(String, String)>,
    /// When it was rendered.
    pub at: Timestamp,
    /// What it cost.
    pub paid: Price,
}

/// What is remembered of a take that was given up.
#[derive(Serialize, Deserialize)]
struct Note {
    how: Forgone,
    /// Nanoseconds since 1970.
    at: i64,
    take: StoredTake,
}

impl Store {
    /// Every take that was paid for and whose audio is gone, in the order of their keys. Looks at every take.
    pub fn lost_takes(&self) -> Result<Vec<LostTake>, StoreError> {
        let (all, names) = self.query(|connection| Ok((takes(connection)?, names_by_key(connection)?)))?;
        let is_lost = |take: &StoredTake| !take.is_free() && !self.has_whole(take);
        let lost = all.into_iter().filter(is_lost).map(|take| LostTake {
            key: take.key,
            names: names.get(&take.key).cloned().unwrap_or_default(),
            at: take.at,
            paid: take.paid(),
        });
        Ok(lost.collect())
    }

    /// Frees the key of a lost take to be bought again. An error of kind [`StoreError::State`] says that it is not lost.
    pub fn give_up(&self, key: Key) -> Result<(), StoreError> {
        crash::point("ledger.give-up.before");
        self.change(Durability::Synced, |transaction| {
            let take = stored(transaction, key).map_err(|error| self.failed(error))?;
            let refuse = |found: &str| StoreError::State {
                found: found.into(),
                wanted: "bought again",
            };
            let take = take.ok_or_else(|| refuse("not a take"))?;
            if self.has_audio(transaction, Blob::of(&take)) {
                return Err(refuse("a take whose audio is there"));
            }
            self.forgo(transaction, &take, Forgone::GivenUp)
                .inspect(|()| crash::point("ledger.give-up.inside"))
        })
        .inspect(|()| crash::point("ledger.give-up.after"))
    }

    /// Notes that a take was given up, and ends it.
    pub(super) fn forgo(
        &self,
        transaction: &Transaction<'_>,
        take: &StoredTake,
        how: Forgone,
    ) -> Result<(), StoreError> {
        let note = Note {
            how,
            at: to_nanos(self.clock.now()),
            take: take.clone(),
        };
        let key = take.key.0.hex();
        let word = match how {
            Forgone::GivenUp => "retake",
            Forgone::Collected => "collected",
        };
        let noted = transaction
            .prepare_cached("INSERT OR REPLACE INTO marks (name, value) VALUES (?1, ?2)")
            .and_then(|mut statement| statement.execute(params![format!("{MARK}{key}"), json(&note)]))
            .and_then(|_| {
                transaction
                    .prepare_cached("UPDATE claims SET resolved = ?2 WHERE key = ?1 AND state = 'committed'")?
                    .execute([&key, word])
            })
            .and_then(|_| {
                transaction
                    .prepare_cached("DELETE FROM takes WHERE key = ?1")?
                    .execute([&key])
            })
            .and_then(|_| forget_peaks(transaction, take.key));
        noted.map(drop).map_err(|error| self.failed(error))
    }

    /// Notes under which name a key is wanted now, so that whoever settles it can call it that.
    pub fn note_name(&self, pipeline: &str, take: &str, key: Key) -> Result<(), StoreError> {
        self.change(Durability::Ordered, |transaction| {
            super::ledger::name_key(transaction, pipeline, take, &key.0.hex()).map_err(|error| self.failed(error))
        })
    }

    /// What is known of a take whose audio is gone; nothing if it was free.
    pub(super) fn loss(&self, take: StoredTake) -> Option<Known> {
        let changed = self.changed_in_place(&take);
        (!take.is_free()).then_some(Known::Lost { take, changed })
    }

    /// The named file that shares its bytes with the broken blob: somebody wrote into it in place.
    fn changed_in_place(&self, take: &StoredTake) -> Option<String> {
        let blob = fs::stamp(&self.blob_path(take.digest)).ok()?;
        let paths = self
            .query(|connection| super::outputs::paths_of(connection, take.digest))
            .ok()?;
        let is_same =
            |path: &String| fs::stamp(&self.root.join(path)).is_ok_and(|found| found == blob && found.inode != 0);
        paths.into_iter().find(is_same)
    }

    fn has_whole(&self, take: &StoredTake) -> bool {
        self.is_whole(Blob::of(take)) || self.restore(take.digest).unwrap_or(false)
    }
}

/// The keys among those asked for that were given up.
pub(super) fn forgone(connection: &Connection, asked: &HashSet<Key>) -> rusqlite::Result<HashMap<Key, Known>> {
    let mut statement = connection.prepare_cached("SELECT name, value FROM marks WHERE name >= ?1 AND name < ?2")?;
    let mut rows = statement.query([MARK, "forgone!"])?;
    let mut found = HashMap::new();
    while let Some(row) = rows.next()? {
        // What a newer program noted otherwise says nothing here: the key is looked at as if it were new.
        let Ok(note) = serde_json::from_str::<Note>(row.get_ref(1)?.as_str()?) else {
            continue;
        };
        if asked.contains(&note.take.key) {
            let known = Known::Forgone {
                how: note.how,
                paid: note.take.paid(),
                at: from_nanos(note.at),
            };
            found.insert(note.take.key, known);
        }
    }
    Ok(found)
}

/// The names of every key: those that it is the latest take of, or else those it was bought under.
pub(super) fn names_by_key(connection: &Connection) -> rusqlite::Result<HashMap<Key, Vec<(String, String)>>> {
    let mut statement = connection.prepare_cached(
        "SELECT key, pipeline, take FROM names
         UNION SELECT key, pipeline, take FROM claims WHERE key NOT IN (SELECT key FROM names) ORDER BY 2, 3",
    )?;
    let mut rows = statement.query([])?;
    let mut names: HashMap<Key, Vec<_>> = HashMap::new();
    while let Some(row) = rows.next()? {
        let name = (row.get(1)?, row.get(2)?);
        names.entry(Key(digest(row, 0)?)).or_default().push(name);
    }
    Ok(names)
}

#[cfg(test)]
mod tests;
