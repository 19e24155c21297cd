//! Whether stored audio still is what it was: found out by reading it, and by its looks as long as those stay the same.
//!
//! Knows nothing of takes. Its invariants:
//!
//! * Audio counts as whole only if its bytes have its digest, or had when they were last read and its size, time and
//!   inode are the same since. A proof that is lost costs time.
//! * The time of a file says nothing while it is so fresh that another write could get the same one; such a file is
//!   read again. Only what this program has just written under a name of its own is believed at once.
//!
//! Proofs are rows of `files`, beside what was found out about the user's files; no path is like theirs.

use super::{
    Blob, Store, StoreError,
    facts::{GRAIN_NANOS, signed},
    fs::{self, Stamp},
    open::{Durability, to_nanos},
};
use crate::base::digest::Digest;
use rusqlite::{Connection, OptionalExtension, params};
use std::fs::File;

/// The probe's version in the rows of blobs, which are not probed.
const NOT_PROBED: u32 = 0;

/// What was seen of a blob when its bytes had their digest.
#[derive(Clone, Copy, Debug)]
pub(super) struct Proof {
    digest: Digest,
    stamp: Stamp,
}

/// What is found of a blob.
#[derive(Clone, Copy, Debug)]
pub(super) enum Found {
    /// It is whole; with a proof that is worth keeping if it had to be read.
    Whole(Option<Proof>),
    /// It is not there, or not its bytes.
    Broken,
}

impl Store {
    /// Looks at a blob, and reads it unless the proof holds.
    pub(super) fn examine(&self, blob: Blob, proof: Option<Proof>) -> Found {
        let path = self.blob_path(blob.digest);
        let Ok(before) = fs::stamp(&path) else {
            return Found::Broken;
        };
        if before.size != blob.bytes {
            return Found::Broken;
        }
        if proof.is_some_and(|proof| proof.stamp == before) {
            return Found::Whole(None);
        }
        let is_whole = fs::read(&path).is_ok_and(|bytes| Digest::of(&bytes) == blob.digest);
        if !is_whole {
            return Found::Broken;
        }
        let now = to_nanos(self.clock.now());
        let is_settled = before.modified > 0 && before.modified.saturating_add(GRAIN_NANOS) < now;
        let is_still_so = is_settled && fs::stamp(&path).is_ok_and(|after| after == before);
        Found::Whole(is_still_so.then_some(Proof {
            digest: blob.digest,
            stamp: before,
        }))
    }

    /// Whether a blob is there with the very bytes that it is named by. Reads it.
    pub(super) fn is_whole(&self, blob: Blob) -> bool {
        matches!(self.examine(blob, None), Found::Whole(_))
    }

    /// A proof for what this process has just written and nobody else knows of.
    pub(super) fn fresh_proof(&self, digest: Digest) -> Option<Proof> {
        let stamp = fs::stamp(&self.blob_path(digest)).ok()?;
        Some(Proof { digest, stamp })
    }

    /// Keeps proofs. If that fails, the blobs are read again next time.
    pub(super) fn keep_proofs(&self, proofs: &[Proof]) {
        if proofs.is_empty() {
            return;
        }
        let kept = self.change(Durability::Ordered, |transaction| {
            let keep = |proof: &Proof| put_proof(transaction, proof);
            proofs.iter().try_for_each(keep).map_err(|error| self.failed(error))
        });
        if let Err(error) = kept {
            tracing::debug!(%error, "cannot keep what was found out about the store");
        }
    }

    /// A blob's bytes, if need be brought back from a named file first.
    pub fn audio(&self, digest: Digest) -> Result<Vec<u8>, StoreError> {
        match self.read_blob(digest) {
            Err(StoreError::Blob { .. }) if self.restore(digest)? => self.read_blob(digest),
            read => read,
        }
    }

    /// The same without taking it into memory: a blob's file at its beginning.
    pub fn audio_file(&self, digest: Digest) -> Result<File, StoreError> {
        match self.open_blob(digest) {
            Err(StoreError::Blob { .. }) if self.restore(digest)? => self.open_blob(digest),
            opened => opened,
        }
    }
}

/// The proof for a blob, if one is kept.
pub(super) fn proof(connection: &Connection, digest: Digest) -> rusqlite::Result<Option<Proof>> {
    connection
        .prepare_cached("SELECT size, modified, inode FROM files WHERE path = ?1 AND probe = ?2")?
        .query_row(params![row_name(digest), NOT_PROBED], |row| {
            let stamp = Stamp {
                size: row.get::<_, i64>(0)?.cast_unsigned(),
                modified: row.get(1)?,
                inode: row.get::<_, i64>(2)?.cast_unsigned(),
            };
            Ok(Proof { digest, stamp })
        })
        .optional()
}

/// Keeps a proof.
pub(super) fn put_proof(connection: &Connection, proof: &Proof) -> rusqlite::Result<()> {
    let Proof { digest, stamp } = proof;
    let (size, inode) = (signed(stamp.size), signed(stamp.inode));
    connection
        .prepare_cached("INSERT OR REPLACE INTO files VALUES (?1, ?2, ?3, ?4, ?5, ?6, '')")?
        .execute(params![
            row_name(*digest),
            size,
            stamp.modified,
            inode,
            NOT_PROBED,
            digest.hex()
        ])
        .map(drop)
}

/// Forgets the proof for a blob that is gone.
pub(super) fn drop_proof(connection: &Connection, digest: Digest) -> rusqlite::Result<()> {
    connection
        .prepare_cached("DELETE FROM files WHERE path = ?1")?
        .execute([row_name(digest)])
        .map(drop)
}

/// Where a blob's proof stands; the paths of the user's files are absolute.
fn row_name(digest: Digest) -> String {
    format!("blob {digest}")
}

#[cfg(test)]
mod tests;
