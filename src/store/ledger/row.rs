//! How a row of the ledger is read, and the words it is written in.
//!
//! Knows nothing of what a row may become.

use super::ClaimId;
use crate::{
    base::{digest::Digest, money::Usd},
    event::{Billed, FailureClass, StepFailure},
    store::Blob,
};
use rusqlite::{Connection, OptionalExtension, Row, params};

/// An open row.
pub(in crate::store) struct Open {
    pub(in crate::store) id: i64,
    pub(in crate::store) state: String,
    pub(in crate::store) owner: String,
    pub(in crate::store) pid: u32,
    pub(in crate::store) since: i64,
    pub(in crate::store) request_id: String,
    pub(in crate::store) blob: Option<Blob>,
    pub(in crate::store) charged: Option<Usd>,
    pub(in crate::store) has_link: bool,
}

/// Whether a row in this state has no outcome yet: its process is at the call, or ended over it. An open row in another
/// state waits for a person, or for the account's log.
pub(in crate::store) fn is_under_way(state: &str) -> bool {
    matches!(state, "claimed" | "submitted" | "received")
}

/// Why the call of a process that is gone waits, by the state in which it was left and whether it has a link.
pub(in crate::store) fn left_behind(state: &str, has_link: bool) -> StepFailure {
    match state {
        "submitted" | "received" if has_link => StepFailure::new(
            FailureClass::Unreachable,
            "it is paid for, and its audio waits behind a link: the process that made the call ended before it was a take",
        )
        .help("its link is kept: the next run fetches it, which costs nothing")
        .billed(Billed::Yes),
        "received" => StepFailure::new(
            FailureClass::Lost,
            "its audio was received and is gone from the store",
        )
        .billed(Billed::Yes),
        _ => orphaned(),
    }
}

/// Why the call of a process that is gone is unsure.
pub(in crate::store) fn orphaned() -> StepFailure {
    StepFailure::new(
        FailureClass::Ambiguous,
        "the process that made the call ended before an answer came",
    )
    .billed(Billed::Unknown)
}

/// Notes which audio a call brought, and what the backend says of it.
pub(in crate::store) fn note_audio(
    connection: &Connection,
    claim: ClaimId,
    blob: &Blob,
    charged: Option<Usd>,
    traces: &[(String, String)],
) -> rusqlite::Result<usize> {
    connection
        .prepare_cached(
            "UPDATE claims SET digest = ?2, bytes = ?3, charged = ?4, traces = ?5
             WHERE id = ?1 AND state IN ('claimed', 'submitted')",
        )?
        .execute(params![
            claim.0,
            blob.digest.hex(),
            i64::try_from(blob.bytes).unwrap_or(i64::MAX),
            charged.map(Usd::nanos),
            json(&traces),
        ])
}

pub(in crate::store) fn open_claim(connection: &Connection, key: &str) -> rusqlite::Result<Option<Open>> {
    connection
        .prepare_cached(
            "SELECT id, state, owner, pid, since, request_id, digest, bytes, charged, task IS NOT NULL
             FROM claims WHERE key = ?1 AND open",
        )?
        .query_row([key], |row| {
            Ok(Open {
                id: row.get(0)?,
                state: row.get(1)?,
                owner: row.get(2)?,
                pid: row.get(3)?,
                since: row.get(4)?,
                request_id: row.get(5)?,
                blob: blob(row, 6)?,
                charged: row.get::<_, Option<i64>>(8)?.map(Usd::from_nanos),
                has_link: row.get(9)?,
            })
        })
        .optional()
}

/// The audio of a call, from the columns `digest` and the one after it, `bytes`.
pub(in crate::store) fn blob(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Blob>> {
    let digest: Option<String> = row.get(column)?;
    let bytes: Option<i64> = row.get(column + 1)?;
    Ok(digest.and_then(|hex| Digest::parse(&hex)).map(|digest| Blob {
        digest,
        bytes: bytes.and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or(0),
    }))
}

/// Notes the key as the latest one under a name.
pub(in crate::store) fn name_key(
    connection: &Connection,
    pipeline: &str,
    take: &str,
    key: &str,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO names (pipeline, take, key) VALUES (?1, ?2, ?3)")?
        .execute([pipeline, take, key])
        .map(drop)
}

/// A value as the database keeps it.
pub(in crate::store) fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("these types have text keys only")
}

/// The word for whether a call was billed.
pub(in crate::store) const fn billed_word(billed: Billed) -> &'static str {
    match billed {
        Billed::No => "no",
        Billed::Yes => "yes",
        Billed::Unknown => "unknown",
    }
}
