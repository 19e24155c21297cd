//! Audio that came whole, and whose process ended before it had its last name.
//!
//! Knows nothing of takes. The ledger learns the digest of an answer before its last bytes are on disk, so a file that a
//! dead process left has the audio of a call exactly if it has that digest. It is set aside under a name of its own;
//! whoever asks for the key next takes it up without buying.
//!
//! A process may die between any two questions about it. So whatever is decided about a call of another process is
//! decided by [`Store::standing`], which asks them in the one order in which the answers hold.

use super::{
    Blob, Store,
    blobs::{blob_path, kept_path, temps},
    fs,
    ledger::blob,
    owner,
};
use crate::base::{crash, digest::Digest};
use rusqlite::Connection;
use std::path::Path;

/// What there is of a call that has no outcome yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// Its process lives.
    UnderWay,
    /// Its process is gone, and its audio is here.
    Arrived,
    /// Its process is gone, and nothing of it is here.
    Nothing,
}

impl Store {
    /// How a call stands whose process is `owner`, and whose audio is to be this if the ledger knows that much.
    pub(super) fn standing(&self, owner: &str, audio: Option<Blob>) -> Standing {
        // In this order: a living process may put its audio in place and die in the next moment, and what it has not
        // done by then it never does.
        if self.is_alive(owner) {
            return Standing::UnderWay;
        }
        match audio {
            Some(audio) if self.has_arrived(owner, audio) => Standing::Arrived,
            _ => Standing::Nothing,
        }
    }

    /// Whether audio of a dead process came whole: it is in its place, or it is set aside, now at the latest.
    fn has_arrived(&self, owner: &str, audio: Blob) -> bool {
        let is_kept = || fs::read(&self.kept_path(audio.digest)).is_ok_and(|bytes| Digest::of(&bytes) == audio.digest);
        self.is_whole(audio) || {
            set_aside(&self.folder, owner, audio);
            // Others may move it at the same time, from there to its place and never back.
            is_kept() || self.is_whole(audio)
        }
    }
}

/// Sets aside what dead processes left, before their files are removed. Gives the processes whose files must stay, because
/// one of them is audio that came whole and could not be set aside.
pub(super) fn salvage(connection: &Connection, folder: &Path) -> rusqlite::Result<Vec<String>> {
    let mut stay = Vec::new();
    for (owner, audio) in awaited(connection)? {
        let is_there = fs::stamp(&blob_path(folder, audio.digest)).is_ok_and(|stamp| stamp.size == audio.bytes);
        if !is_there && !owner::is_alive(folder, &owner) && !set_aside(folder, &owner, audio) {
            stay.push(owner);
        }
    }
    Ok(stay)
}

/// Calls whose audio is known by its digest and not yet `received`, by the process that made them.
fn awaited(connection: &Connection) -> rusqlite::Result<Vec<(String, Blob)>> {
    let mut statement = connection.prepare_cached(
        "SELECT owner, digest, bytes FROM claims
         WHERE open AND state IN ('claimed', 'submitted') AND digest IS NOT NULL",
    )?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, blob(row, 1)?)))?;
    let rows: Vec<(String, Option<Blob>)> = rows.collect::<rusqlite::Result<_>>()?;
    Ok(rows
        .into_iter()
        .filter_map(|(owner, blob)| Some((owner, blob?)))
        .collect())
}

/// False if a file has that audio and could not be moved.
fn set_aside(folder: &Path, owner: &str, audio: Blob) -> bool {
    let (temps, mark) = (temps(folder), format!("{owner}-"));
    for name in fs::names(&temps) {
        let path = temps.join(&name);
        let is_it = name.starts_with(&mark)
            && fs::stamp(&path).is_ok_and(|stamp| stamp.size == audio.bytes)
            && fs::read(&path).is_ok_and(|bytes| Digest::of(&bytes) == audio.digest);
        if is_it {
            let moved = fs::rename_durably(&path, &kept_path(folder, audio.digest));
            if let Err(error) = &moved {
                tracing::warn!(%error, "audio that came whole cannot be set aside");
            }
            crash::point("blob.salvaged");
            return moved.is_ok();
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use crate::{
        base::digest::Digest,
        event::{Billed, FailureClass, StepFailure},
        plan::{Known, Memory},
        store::{
            Blob, ClaimId, Claimed, Resolution, TakenOver, blobs, fs,
            ledger::note_audio,
            open::Durability,
            testing::{ask, claim, key, open, store},
        },
    };

    /// Leaves a call of a process that died when these bytes of its audio were on disk.
    fn die_with(folder: &std::path::Path, came: &[u8], audio: &[u8]) -> ClaimId {
        let store = open(folder);
        let id = claim(&store, "a");
        let blob = Blob {
            digest: Digest::of(audio),
            bytes: audio.len() as u64,
        };
        let noted = store.change(Durability::Ordered, |transaction| {
            note_audio(transaction, id, &blob, None, &[]).map_err(|error| store.failed(error))
        });
        assert_eq!(noted.unwrap(), 1);
        let owner = store.owner().unwrap().name.clone();
        drop(store);
        // Killed, it would have left its lock file, which nobody holds.
        fs::atomic_write(&folder.join(format!(".takesheet/owners/{owner}.lock")), b"").unwrap();
        let left = blobs::temps(&folder.join(".takesheet")).join(format!("{owner}-a"));
        fs::write_new(&left, came).unwrap();
        id
    }

    #[test]
    fn audio_that_came_whole_is_not_lost_with_its_process() {
        let folder = tempfile::tempdir().unwrap();
        die_with(folder.path(), b"audio", b"audio");
        let store = open(folder.path());
        assert!(store.recall(&[key("a")]).is_empty(), "neither a take nor unsure");
        assert_eq!(store.unsure_takes().unwrap(), []);
        let Claimed::Received { blob, .. } = ask(&store, "a") else {
            panic!("it is there")
        };
        assert_eq!(store.read_blob(blob.digest).unwrap(), b"audio");
        assert_eq!(fs::names(&blobs::temps(&store.folder)), [""; 0]);
    }

    #[test]
    fn a_part_of_it_is_not_taken_for_the_whole() {
        let (folder, other) = store();
        die_with(folder.path(), b"aud", b"audio");
        let store = open(folder.path());
        assert!(matches!(store.recall(&[key("a")])[&key("a")], Known::Unsure { .. }));
        assert!(matches!(ask(&store, "a"), Claimed::Unsure { .. }));
        drop(other);
    }

    #[test]
    fn who_opened_the_store_before_the_process_died_does_not_tidy_it_away() {
        let (folder, early) = store();
        die_with(folder.path(), b"audio", b"audio");
        assert!(matches!(ask(&early, "a"), Claimed::Received { .. }));
    }

    #[test]
    fn who_opened_the_store_before_the_process_died_does_not_call_it_lost() {
        let (folder, early) = store();
        let id = die_with(folder.path(), b"audio", b"audio");
        let charged = StepFailure::new(FailureClass::Lost, "by the log it was charged").billed(Billed::Yes);
        assert!(!early.found_out(id, &charged).unwrap(), "it is here");
        assert!(early.resolve(id, Resolution::Retake).is_err());
        assert_eq!(early.unsure_takes().unwrap(), []);
        assert!(early.recall(&[key("a")]).is_empty());
        assert_eq!(early.arrived_takes().unwrap().len(), 1);
        assert!(matches!(early.take_over(id).unwrap(), TakenOver::Audio { .. }));
    }

    #[test]
    fn collecting_deletes_no_whole_answer() {
        let (folder, early) = store();
        die_with(folder.path(), b"audio", b"audio");
        let survey = early.survey().unwrap();
        assert!(!survey.leftovers.is_empty());
        early.collect(&survey).unwrap();
        assert!(matches!(ask(&early, "a"), Claimed::Received { .. }));
    }
}
