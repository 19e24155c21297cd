//! Takes that outlived their ledger: the named files of a project whose `.takesheet` was lost are taken on again.
//!
//! An open call that a named file came from is closed with it: its process could write the file, and not the ledger.
//!
//! A file is believed only if its card's request gives the card's key, and the audio beside it the card's digest.
//! What people paid for is then not bought a second time because a folder was deleted, or a repository cloned.

use super::{
    Blob, Store, StoreError, fs,
    ledger::{is_under_way, json, name_key, open_claim},
    memory::put_take,
    open::Durability,
};
use crate::{
    audio::{Peaks, Sound},
    base::{
        audio_settings::Format,
        crash,
        digest::Digest,
        money::{Price, Usd},
        time::Timestamp,
    },
    plan::{Key, RenderRequest, StoredTake},
};
use rusqlite::{Transaction, params};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// Folders below the output folder that are looked into: names of takes do not nest deeper.
const DEPTH: usize = 8;

/// Cards are a few kilobytes; what is larger is some other file.
const LARGEST_CARD: u64 = 1_000_000;

/// What is read of a `NAME.json`.
#[derive(Deserialize)]
struct Card {
    take: String,
    pipeline: String,
    key: Key,
    digest: Digest,
    bytes: u64,
    format: Format,
    sound: Sound,
    #[serde(default)]
    peaks: Peaks,
    rendered_at: Timestamp,
    charged: Option<Usd>,
    price: Price,
    request: RenderRequest,
    #[serde(default)]
    calls: Vec<CallName>,
}

/// One of the names of the call that brought a take.
#[derive(Deserialize)]
struct CallName {
    value: String,
}

/// What was taken on of a named file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adopted {
    /// Nothing.
    Nothing,
    /// A take. An open call of its key, if there is one, is another than the one it came from.
    Take,
    /// A take, with the open call that it came from, which is over now.
    Call,
}

impl Card {
    fn stored(&self) -> StoredTake {
        StoredTake {
            key: self.key,
            digest: self.digest,
            bytes: self.bytes,
            format: self.format,
            sound: self.sound,
            peaks: self.peaks.clone(),
            at: self.rendered_at,
            charged: self.charged,
            price: self.price,
        }
    }
}

impl Store {
    /// Takes on the named files of an output folder, if the ledger knows of no take at all, and says how many.
    /// What cannot be read or does not fit together is left alone.
    pub fn adopt(&self, output: &Path) -> Result<usize, StoreError> {
        let is_new: bool = self.query(|connection| {
            connection.query_row("SELECT NOT EXISTS (SELECT 1 FROM takes)", [], |row| row.get(0))
        })?;
        if !is_new || !fs::exists(output) {
            return Ok(0);
        }
        crash::point("adopt.before");
        let mut cards = Vec::new();
        collect(output, DEPTH, &mut cards);
        let mut adopted = 0;
        for path in cards {
            let one = match card(&path) {
                Some((path, card)) => self.adopt_card(&path, &card)?,
                None => Adopted::Nothing,
            };
            adopted += usize::from(one != Adopted::Nothing);
        }
        Ok(adopted)
    }

    /// Takes on the one take of that key whose file is to get this name in the output folder, if it lies there already:
    /// an earlier run may have been unable to write its ledger.
    pub fn adopt_named(&self, output: &Path, name: &str, key: Key) -> Result<Adopted, StoreError> {
        match card(&output.join(name).with_extension("json")) {
            Some((path, card)) if card.key == key => self.adopt_card(&path, &card),
            _ => Ok(Adopted::Nothing),
        }
    }

    /// The same under any of these names, until an open call was closed by it.
    pub fn adopt_any(&self, output: &Path, named: &[(Key, String)]) -> Result<Adopted, StoreError> {
        let mut adopted = Adopted::Nothing;
        for (key, name) in named {
            match self.adopt_named(output, name, *key)? {
                Adopted::Call => return Ok(Adopted::Call),
                Adopted::Take => adopted = Adopted::Take,
                Adopted::Nothing => {}
            }
        }
        Ok(adopted)
    }

    fn adopt_card(&self, path: &Path, card: &Card) -> Result<Adopted, StoreError> {
        let take = card.stored();
        let audio = path.with_extension(take.format.word());
        if fs::stamp(&audio).map_or(0, |stamp| stamp.size) != take.bytes {
            return Ok(Adopted::Nothing);
        }
        // What is too large to be read is no take.
        let Ok(bytes) = fs::read(&audio) else {
            return Ok(Adopted::Nothing);
        };
        if Digest::of(&bytes) != take.digest {
            return Ok(Adopted::Nothing);
        }
        self.put_blob(take.digest, &bytes)?;
        crash::point("adopt.audio");
        let adopted = self.change(Durability::Synced, |transaction| {
            put_take(transaction, &take)
                .and_then(|()| {
                    transaction
                        .prepare_cached("INSERT OR IGNORE INTO requests (key, request) VALUES (?1, ?2)")?
                        .execute(params![take.key.0.hex(), json(&card.request)])
                })
                .and_then(|_| name_key(transaction, &card.pipeline, &card.take, &take.key.0.hex()))
                .map_err(|error| self.failed(error))?;
            self.close_call(transaction, card)
                .inspect(|_| crash::point("adopt.inside"))
        })?;
        crash::point("adopt.after");
        self.note_output(&audio, take.digest)?;
        Ok(adopted)
    }

    /// Closes the open call that a take came from, unless its process is still at it. A call of the same key that the
    /// card does not speak of may have been paid too, and stays as it is.
    fn close_call(&self, transaction: &Transaction<'_>, card: &Card) -> Result<Adopted, StoreError> {
        let take = card.stored();
        let open = open_claim(transaction, &take.key.0.hex()).map_err(|error| self.failed(error))?;
        let Some(open) = open else { return Ok(Adopted::Take) };
        let is_its = card.calls.iter().any(|call| call.value == open.request_id) || open.blob == Some(Blob::of(&take));
        if !is_its || is_under_way(&open.state) && self.is_alive(&open.owner) {
            return Ok(Adopted::Take);
        }
        transaction
            .prepare_cached(
                "UPDATE claims SET state = 'committed', open = 0, task = NULL, digest = ?2, bytes = ?3,
                        charged = coalesce(charged, ?4), billed = NULL, failure = NULL
                 WHERE id = ?1",
            )
            .and_then(|mut statement| {
                let bytes = i64::try_from(take.bytes).unwrap_or(i64::MAX);
                statement.execute(params![open.id, take.digest.hex(), bytes, take.charged.map(Usd::nanos)])
            })
            .map(|_| Adopted::Call)
            .map_err(|error| self.failed(error))
    }
}

/// A take's card with its path, if it can be believed.
fn card(path: &Path) -> Option<(PathBuf, Card)> {
    let bytes = fs::read_limited(path, LARGEST_CARD).ok()?;
    let card = serde_json::from_slice::<Card>(&bytes).ok()?;
    (card.request.key() == card.key).then(|| (path.to_owned(), card))
}

/// Every `.json` file below a folder. Links are not followed.
fn collect(folder: &Path, depth: usize, cards: &mut Vec<PathBuf>) {
    for name in fs::names(folder) {
        let path = folder.join(&name);
        if path.extension().is_some_and(|extension| extension == "json") {
            cards.push(path);
        } else if depth > 0 && fs::is_plain_folder(&path) {
            collect(&path, depth - 1, cards);
        }
    }
}

#[cfg(test)]
mod tests;
