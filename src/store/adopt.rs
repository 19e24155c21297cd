//! Takes that outlived their ledger: the named files of a project whose `.takesheet` was lost are taken on again.
//!
//! A file is believed only if its card's request gives the card's key, and the audio beside it the card's digest.
//! What people paid for is then not bought a second time because a folder was deleted, or a repository cloned.

use super::{
    Store, StoreError, fs,
    ledger::{json, name_key},
    memory::put_take,
    open::Durability,
};
use crate::{
    base::{
        audio_settings::Format,
        crash,
        digest::Digest,
        money::{Price, Usd},
        time::Timestamp,
    },
    plan::{Key, RenderRequest, Sound, StoredTake},
};
use rusqlite::params;
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
    rendered_at: Timestamp,
    charged: Option<Usd>,
    price: Price,
    request: RenderRequest,
}

impl Card {
    fn stored(&self) -> StoredTake {
        StoredTake {
            key: self.key,
            digest: self.digest,
            bytes: self.bytes,
            format: self.format,
            sound: self.sound,
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
            adopted += usize::from(self.adopt_one(&path)?);
        }
        Ok(adopted)
    }

    /// Takes on the one take of that key whose file is to get this name in the output folder, if it lies there already:
    /// an earlier run may have been unable to write its ledger. Says whether it did.
    pub fn adopt_named(&self, output: &Path, name: &str, key: Key) -> Result<bool, StoreError> {
        match card(&output.join(name).with_extension("json")) {
            Some((path, card)) if card.key == key => self.adopt_card(&path, &card),
            _ => Ok(false),
        }
    }

    fn adopt_one(&self, path: &Path) -> Result<bool, StoreError> {
        card(path).map_or(Ok(false), |(path, card)| self.adopt_card(&path, &card))
    }

    fn adopt_card(&self, path: &Path, card: &Card) -> Result<bool, StoreError> {
        let take = card.stored();
        let audio = path.with_extension(take.format.word());
        if fs::stamp(&audio).map_or(0, |stamp| stamp.size) != take.bytes {
            return Ok(false);
        }
        // What is too large to be read is no take.
        let Ok(bytes) = fs::read(&audio) else { return Ok(false) };
        if Digest::of(&bytes) != take.digest {
            return Ok(false);
        }
        self.put_blob(take.digest, &bytes)?;
        crash::point("adopt.audio");
        self.change(Durability::Synced, |transaction| {
            put_take(transaction, &take)
                .and_then(|()| {
                    transaction
                        .prepare_cached("INSERT OR IGNORE INTO requests (key, request) VALUES (?1, ?2)")?
                        .execute(params![take.key.0.hex(), json(&card.request)])
                })
                .and_then(|_| name_key(transaction, &card.pipeline, &card.take, &take.key.0.hex()))
                .map_err(|error| self.failed(error))
        })?;
        crash::point("adopt.after");
        self.note_output(&audio, take.digest)?;
        Ok(true)
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
mod tests {
    use super::*;
    use crate::store::{
        Placing,
        testing::{PRICE, open, request, take_name},
    };
    use serde_json::json;

    #[test]
    fn takes_that_outlived_their_ledger_are_not_unknown() {
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("takes");
        let placed = |lyrics: &str, bytes: &[u8]| {
            let request = request(lyrics);
            let take = StoredTake {
                key: request.key(),
                digest: Digest::of(bytes),
                bytes: bytes.len() as u64,
                format: Format::Mp3,
                sound: Sound {
                    seconds: 12.0,
                    sample_rate: 44_100,
                    channels: 2,
                    loudness: None,
                },
                at: Timestamp::UNIX_EPOCH,
                charged: None,
                price: PRICE,
            };
            let card = json!({
                "take": take_name(lyrics).to_string(), "pipeline": "p", "key": take.key, "digest": take.digest,
                "bytes": take.bytes, "format": take.format, "sound": take.sound, "rendered_at": take.at,
                "charged": take.charged, "price": take.price, "request": request, "program": "x",
            });
            (take, card)
        };
        let store = open(folder.path());
        let takes = ["one", "two", "three"].map(|lyrics| placed(lyrics, lyrics.as_bytes()));
        for (number, (take, card)) in takes.iter().enumerate() {
            store
                .put_blob(take.digest, ["one", "two", "three"][number].as_bytes())
                .unwrap();
            let name = format!("song/t{number}.mp3");
            let placing = Placing {
                folder: &output,
                name: &name,
                take,
                card,
                lyrics: None,
            };
            store.place(&placing).unwrap();
        }
        drop(store);
        std::fs::remove_dir_all(folder.path().join(".takesheet")).unwrap();
        // One was changed since, and one claims a request that it was not made of.
        fs::atomic_write(&output.join("song/t1.mp3"), b"TWO").unwrap();
        let forged = output.join("song/t2.json");
        let text = fs::read_text(&forged).unwrap().unwrap();
        fs::atomic_write(&forged, text.replace("\"three\"", "\"four\"").as_bytes()).unwrap();
        fs::atomic_write(&output.join("notes.json"), b"{").unwrap();

        let store = open(folder.path());
        assert_eq!(store.adopt(&output).unwrap(), 1);
        let keys = takes.each_ref().map(|(take, _)| take.key);
        let known = store.try_recall(&keys).unwrap();
        assert_eq!(known.keys().collect::<Vec<_>>(), [&keys[0]]);
        assert!(store.is_placed(&output, "song/t0.mp3", &takes[0].0));
        assert_eq!(
            store.adopt(&output).unwrap(),
            0,
            "a ledger that knows takes is believed"
        );
    }
}
