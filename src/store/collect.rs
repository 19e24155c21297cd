//! What lies in the store and is not needed any more: found on request, deleted on request, never by itself.
//!
//! Knows nothing of ages or sizes: nothing is ever evicted by either. **The rule**, which is only here:
//!
//! | a thing | is deleted |
//! |---|---|
//! | a take that a take sheet of the project refers to, by key or by audio | never |
//! | a take or audio of a call that is under way, unsure, or not yet finished | never |
//! | a take one of whose named files is still there | never: the file would be left without what is known of it |
//! | the latest take under a name | only if it is named: a pipeline may still want it |
//! | audio that belongs to no take: parts of answers, answers that were refused, what could not be put in its place | only if it is named: it may have been paid for |
//! | any other take | on request |
//! | unfinished files and locks of processes that are gone | on request |
//! | a file outside `.takesheet` | never |
//!
//! A take sheet that cannot be read, or a folder that cannot be searched for one, ends the whole thing: what they would
//! refer to is not known. A deleted take leaves its request, its price, and the word that it was collected.

mod survey;

use super::{
    Blob, Store, StoreError,
    fs::{self, Act},
    memory::{stored, takes},
    open::Durability,
    owner, salvage, verify,
};
use crate::{
    base::{
        crash,
        digest::Digest,
        ids::{is_called, is_digits_of},
        money::Price,
        time::Timestamp,
    },
    plan::{Forgone, Key, StoredTake},
};
use rusqlite::{Connection, params};
use std::path::PathBuf;
use survey::Needs;

/// What may be deleted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Survey {
    /// Takes that nothing refers to, in the order of their keys.
    pub takes: Vec<IdleTake>,
    /// Audio that belongs to no take.
    pub parts: Vec<Part>,
    /// What processes that are gone left behind.
    pub leftovers: Vec<Leftover>,
    /// How many takes are needed.
    pub needed: usize,
}

/// A take that nothing refers to.
#[derive(Clone, Debug, PartialEq)]
pub struct IdleTake {
    /// Of its request.
    pub key: Key,
    /// Of its audio.
    pub digest: Digest,
    /// Bytes that deleting it frees; zero if its audio is gone, or another take has the same.
    pub bytes: u64,
    /// The pipelines and takes it was known as, such as `rainy-city` and `songs.hook#1`.
    pub names: Vec<(String, String)>,
    /// When it was rendered.
    pub at: Timestamp,
    /// What it cost.
    pub paid: Price,
    /// What rendering it again costs, by the catalog of this program.
    pub again: Price,
    /// It is the latest under one of its names: deleted only if it is named.
    pub is_latest: bool,
}

/// Audio that belongs to no take.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    /// The first digits of its digest name it.
    pub digest: Digest,
    /// Its length.
    pub bytes: u64,
    /// Where it lies.
    pub path: PathBuf,
    /// The takes whose unsure calls brought it, as they were called then.
    pub of: Vec<String>,
}

/// What a process that is gone left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    /// Where it lies.
    pub path: PathBuf,
    /// Its length.
    pub bytes: u64,
}

/// Why nothing was deleted.
#[derive(Debug, thiserror::Error)]
pub enum CollectError {
    /// A run is under way: it may need what looks idle.
    #[error("a run is under way in this project; nothing was deleted")]
    Busy,
    /// The disk, the ledger, or a take sheet.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Survey {
    /// Leaves what is meant by any of these words: names of takes with or without `songs.`, or at least eight digits of a
    /// key or digest. Without any word, leaves what may be deleted without being named, and the rest to be listed.
    pub fn narrow(&mut self, words: &[String]) {
        if words.is_empty() {
            return;
        }
        self.takes.retain(|take| {
            words.iter().any(|word| {
                let mut names = take.names.iter();
                names.any(|(_, name)| is_called(name, word))
                    || is_digits_of(take.key.0, word)
                    || is_digits_of(take.digest, word)
            })
        });
        self.parts
            .retain(|part| words.iter().any(|word| is_digits_of(part.digest, word)));
        self.leftovers.clear();
    }

    /// Leaves what may be deleted without being named.
    pub fn without_named(&mut self) {
        self.takes.retain(|take| !take.is_latest);
        self.parts.clear();
    }

    /// Whether there is nothing to delete.
    pub fn is_empty(&self) -> bool {
        self.takes.is_empty() && self.parts.is_empty() && self.leftovers.is_empty()
    }

    /// Bytes that deleting all of it frees.
    pub fn bytes(&self) -> u64 {
        let takes = self.takes.iter().map(|take| take.bytes);
        let parts = self.parts.iter().map(|part| part.bytes);
        let leftovers = self.leftovers.iter().map(|left| left.bytes);
        takes.chain(parts).chain(leftovers).sum()
    }
}

impl Store {
    /// Finds what may be deleted by the rule of this module. Changes nothing.
    pub fn survey(&self) -> Result<Survey, StoreError> {
        let needs = Needs::gather(self)?;
        let all = self.query(takes)?;
        let mut survey = Survey::default();
        for take in &all {
            if needs.needs(self, take) {
                survey.needed += 1;
            } else {
                let is_shared = all
                    .iter()
                    .any(|other| other.digest == take.digest && other.key != take.key);
                survey.takes.push(needs.idle(self, take, is_shared)?);
            }
        }
        survey.parts = needs.parts(self, &all)?;
        survey.leftovers = survey::leftovers(self)?;
        Ok(survey)
    }

    /// Deletes what was surveyed, and says how many bytes that freed. What came to be needed meanwhile stays.
    pub fn collect(&self, survey: &Survey) -> Result<u64, CollectError> {
        if owner::is_any_alive(&self.folder) {
            return Err(CollectError::Busy);
        }
        // What a process left that died since the store was opened may be a whole answer.
        let stay = self.query(|connection| salvage::salvage(connection, &self.folder))?;
        let mut freed = 0;
        for take in &survey.takes {
            freed += self.collect_take(take)?;
        }
        for part in &survey.parts {
            freed += self.collect_part(part)?;
        }
        let must_stay = |left: &Leftover| {
            let name = left.path.file_name().unwrap_or_default().to_string_lossy();
            stay.iter().any(|owner| name.starts_with(owner.as_str()))
        };
        for left in survey.leftovers.iter().filter(|left| !must_stay(left)) {
            fs::remove(&left.path).map_err(Act::Remove.failed(&left.path))?;
            freed += left.bytes;
        }
        Ok(freed)
    }

    /// The word comes first, the file after it: audio that is left by a crash between the two belongs to no take.
    fn collect_take(&self, idle: &IdleTake) -> Result<u64, StoreError> {
        crash::point("ledger.collect.before");
        let is_free_now = self.change(Durability::Synced, |transaction| {
            let failed = |error| self.failed(error);
            let Some(take) = stored(transaction, idle.key).map_err(failed)? else {
                return Ok(false);
            };
            if take.digest != idle.digest || is_claimed(transaction, &take).map_err(failed)? {
                return Ok(false);
            }
            self.forgo(transaction, &take, Forgone::Collected)?;
            verify::drop_proof(transaction, take.digest).map_err(failed)?;
            crash::point("ledger.collect.inside");
            is_unused(transaction, take.digest).map_err(failed)
        })?;
        crash::point("ledger.collect.after");
        if !is_free_now {
            return Ok(0);
        }
        let path = self.blob_path(idle.digest);
        let bytes = fs::stamp(&path).map_or(0, |stamp| stamp.size);
        fs::remove(&path).map_err(Act::Remove.failed(&path))?;
        crash::point("blob.collected");
        Ok(bytes)
    }

    /// Audio that a call or a take came to have since the survey stays. Whoever brings it says so in the ledger before the
    /// audio is in its place, so the file goes while nobody can.
    fn collect_part(&self, part: &Part) -> Result<u64, StoreError> {
        let is_kept = part.path == self.kept_path(part.digest);
        self.change(Durability::Ordered, |transaction| {
            // What is set aside for want of its place is needed by a call, and not by a take that is in its place.
            let is_free = if is_kept {
                is_awaited(transaction, part.digest).map(std::ops::Not::not)
            } else {
                is_unused(transaction, part.digest)
            };
            if !is_free.map_err(|error| self.failed(error))? {
                return Ok(0);
            }
            fs::remove(&part.path).map_err(Act::Remove.failed(&part.path))?;
            Ok(part.bytes)
        })
    }

    /// What a blob takes on the disk.
    fn size_of(&self, blob: Blob) -> u64 {
        fs::stamp(&self.blob_path(blob.digest)).map_or(0, |stamp| stamp.size)
    }
}

/// Whether an open call is about this take or its audio.
fn is_claimed(connection: &Connection, take: &StoredTake) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM claims WHERE open AND (key = ?1 OR digest = ?2))")?
        .query_row(params![take.key.0.hex(), take.digest.hex()], |row| row.get(0))
}

/// Whether an open call has this audio.
fn is_awaited(connection: &Connection, digest: Digest) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM claims WHERE open AND digest = ?1)")?
        .query_row([digest.hex()], |row| row.get(0))
}

/// Whether no take and no open call has this audio.
fn is_unused(connection: &Connection, digest: Digest) -> rusqlite::Result<bool> {
    connection
        .prepare_cached(
            "SELECT NOT EXISTS (SELECT 1 FROM takes WHERE digest = ?1)
                AND NOT EXISTS (SELECT 1 FROM claims WHERE open AND digest = ?1)",
        )?
        .query_row([digest.hex()], |row| row.get(0))
}

#[cfg(test)]
mod tests;
