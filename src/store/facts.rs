//! What the user's files are: digest and sound, found out once as long as a file stays as it is.
//!
//! A file is taken for the same when path, size, time and inode are. Its time says nothing while it is so fresh that
//! another write could get the same one; such a file is read again each time.

use super::{
    Store,
    fs::{self, Stamp},
    ledger::json,
    memory::digest,
    open::{Durability, to_nanos},
};
use crate::{
    audio::{self, Peaks, Probe, ProbeError, Sound},
    base::audio_settings::Format,
    plan::FileFact,
};
use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};
use std::{io, path::Path};

/// Raised when [`audio::probe`] measures differently, so that no old measure is taken for a new one.
const PROBE_VERSION: u32 = 2;

/// File systems keep times with a grain of up to two seconds; below that, equal times prove nothing.
pub(super) const GRAIN_NANOS: i64 = 2_000_000_000;

/// What a file is, without a store to remember it in. It is read twice, a piece at a time: it may be large.
pub fn look(path: &Path) -> io::Result<FileFact> {
    let mut file = fs::open(path, fs::LARGEST)?;
    let (digest, bytes) = fs::digest_of(&mut file, fs::LARGEST)?;
    Ok(FileFact {
        digest,
        bytes,
        sound: audio::probe_reader(file)?,
    })
}

impl Store {
    /// What a file is. Reads it only if it may have changed since the last time.
    pub fn file_fact(&self, path: &Path) -> io::Result<FileFact> {
        let path = std::path::absolute(path)?;
        let now = to_nanos(self.clock.now());
        let before = fs::stamp(&path)?;
        let name = path.to_str();
        if let Some(fact) = name.and_then(|name| self.known_fact(name, before)) {
            return Ok(fact);
        }
        let fact = look(&path)?;
        let is_settled = before.modified > 0 && before.modified.saturating_add(GRAIN_NANOS) < now;
        if let Some(name) = name
            && is_settled
            && fs::stamp(&path).is_ok_and(|after| after == before)
        {
            self.keep_fact(name, before, &fact);
        }
        Ok(fact)
    }

    fn known_fact(&self, path: &str, stamp: Stamp) -> Option<FileFact> {
        let row = self.query(|connection| {
            connection
                .prepare_cached(
                    "SELECT digest, sound FROM files
                     WHERE path = ?1 AND size = ?2 AND modified = ?3 AND inode = ?4 AND probe = ?5",
                )?
                .query_row(
                    params![
                        path,
                        signed(stamp.size),
                        stamp.modified,
                        signed(stamp.inode),
                        PROBE_VERSION
                    ],
                    |row| Ok((digest(row, 0)?, row.get::<_, String>(1)?)),
                )
                .optional()
        });
        let (digest, sound) = row.ok()??;
        let sound: Heard = serde_json::from_str(&sound).ok()?;
        Some(FileFact {
            digest,
            bytes: stamp.size,
            sound: sound.into(),
        })
    }

    /// Keeps a fact. If that fails, the file is read again next time.
    fn keep_fact(&self, path: &str, stamp: Stamp, fact: &FileFact) {
        let sound = json(&Heard::from(&fact.sound));
        let kept = self.change(Durability::Ordered, |transaction| {
            transaction
                .prepare_cached("INSERT OR REPLACE INTO files VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")
                .and_then(|mut statement| {
                    let (size, inode) = (signed(stamp.size), signed(stamp.inode));
                    let digest = fact.digest.hex();
                    statement.execute(params![path, size, stamp.modified, inode, PROBE_VERSION, digest, sound])
                })
                .map_err(|error| self.failed(error))
        });
        if let Err(error) = kept {
            tracing::debug!(%error, "cannot keep what was found out about a file");
        }
    }
}

/// The same bits, as the database's integers are signed.
pub(super) const fn signed(number: u64) -> i64 {
    number.cast_signed()
}

/// A probe's outcome as the database keeps it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Heard {
    Sound {
        format: Format,
        #[serde(flatten)]
        sound: Sound,
        #[serde(default)]
        peaks: Peaks,
    },
    NotAudio(String),
    Unsupported(String),
    Damaged(String),
}

impl From<&Result<Probe, ProbeError>> for Heard {
    fn from(sound: &Result<Probe, ProbeError>) -> Self {
        match sound {
            Ok(probe) => Self::Sound {
                format: probe.format,
                sound: probe.sound,
                peaks: probe.peaks.clone(),
            },
            Err(ProbeError::NotAudio(why)) => Self::NotAudio(why.clone()),
            Err(ProbeError::Unsupported(why)) => Self::Unsupported(why.clone()),
            Err(ProbeError::Damaged(why)) => Self::Damaged(why.clone()),
        }
    }
}

impl From<Heard> for Result<Probe, ProbeError> {
    fn from(heard: Heard) -> Self {
        match heard {
            Heard::Sound { format, sound, peaks } => Ok(Probe { format, sound, peaks }),
            Heard::NotAudio(why) => Err(ProbeError::NotAudio(why)),
            Heard::Unsupported(why) => Err(ProbeError::Unsupported(why)),
            Heard::Damaged(why) => Err(ProbeError::Damaged(why)),
        }
    }
}

#[cfg(test)]
mod tests;
