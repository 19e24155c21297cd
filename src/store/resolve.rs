//! Calls whose outcome nobody knows, and what a person decides about them.

use super::{
    Blob, Store, StoreError,
    ledger::{ClaimId, blob, json, left_behind, orphaned},
    memory::price,
    open::{Durability, from_nanos},
    salvage::Standing,
};
use crate::{
    base::{
        crash,
        digest::Digest,
        money::{Price, Usd},
        time::Timestamp,
    },
    catalog::BackendKind,
    event::StepFailure,
    plan::Key,
};
use rusqlite::{OptionalExtension, Row, params};

/// A call whose outcome is not known.
#[derive(Clone, Debug, PartialEq)]
pub struct UnsureTake {
    /// Its row.
    pub claim: ClaimId,
    /// Who was to render it.
    pub backend: BackendKind,
    /// The account it was made with, if that was written down.
    pub account: Option<Digest>,
    /// Of its request.
    pub key: Key,
    /// For which take, as it was called then.
    pub take: String,
    /// Of which pipeline.
    pub pipeline: String,
    /// In which run.
    pub run: String,
    /// Names the call at the backend.
    pub request_id: String,
    /// Its audio waits behind a link: it is paid for, and the next run fetches it.
    pub has_link: bool,
    /// When the call was made.
    pub since: Timestamp,
    /// What it was expected to cost.
    pub price: Price,
    /// What it cost by the backend's word, if it gave one.
    pub charged: Option<Usd>,
    /// What happened.
    pub failure: StepFailure,
}

/// What a person found out about such a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Resolution {
    /// It was paid and its audio is lost. The money counts as spent; the next run may buy anew.
    Paid,
    /// It was not paid. The next run may buy.
    NotPaid,
    /// Nobody will ever know: its price counts as spent, and the next run may buy anew.
    Retake,
}

impl Resolution {
    /// The word in the ledger, and what it says about billing where that was not known before.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Paid => ("paid", "yes"),
            Self::NotPaid => ("not_paid", "no"),
            Self::Retake => ("retake", "unknown"),
        }
    }
}

fn unsure(row: &Row<'_>) -> rusqlite::Result<UnsureTake> {
    let failure: Option<String> = row.get(8)?;
    let account: Option<String> = row.get(14)?;
    let backend: Option<String> = row.get(15)?;
    let (state, has_link): (String, bool) = (row.get(9)?, row.get(5)?);
    Ok(UnsureTake {
        claim: ClaimId(row.get(13)?),
        // A row without its request is of a store that was mended by hand; whoever pays is the safe guess.
        backend: backend
            .and_then(|word| BackendKind::ALL.into_iter().find(|kind| kind.word() == word))
            .unwrap_or(BackendKind::Aimlapi),
        account: account.and_then(|hex| Digest::parse(&hex)),
        key: Key(Digest::parse(&row.get::<_, String>(0)?).unwrap_or_else(|| Digest::of(b""))),
        take: row.get(1)?,
        pipeline: row.get(2)?,
        run: row.get(3)?,
        request_id: row.get(4)?,
        has_link,
        since: from_nanos(row.get(6)?),
        price: price(row.get(7)?),
        charged: row.get::<_, Option<i64>>(16)?.map(Usd::from_nanos),
        failure: failure
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_else(|| left_behind(&state, has_link)),
    })
}

impl Store {
    /// Every call whose outcome is not known, oldest first; those of processes that are gone included.
    pub fn unsure_takes(&self) -> Result<Vec<UnsureTake>, StoreError> {
        let rows = self.query(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT key, take, pipeline, run, request_id, task IS NOT NULL, since, price, failure, state, owner,
                        digest, bytes, id, account, json_extract(request, '$.backend'), charged
                 FROM claims LEFT JOIN requests USING (key)
                 WHERE open ORDER BY id",
            )?;
            let rows = statement.query_map([], |row| Ok((unsure(row)?, row.get(9)?, row.get(10)?, blob(row, 11)?)))?;
            rows.collect::<rusqlite::Result<Vec<(UnsureTake, String, String, Option<Blob>)>>>()
        })?;
        let is_open = |state: &str| matches!(state, "claimed" | "submitted" | "received");
        let is_unsure = |state: &str, owner: &str, audio: Option<Blob>| {
            !is_open(state) || self.standing(owner, audio) == Standing::Nothing
        };
        Ok(rows
            .into_iter()
            .filter(|(_, state, owner, audio)| is_unsure(state, owner, *audio))
            .map(|(take, ..)| take)
            .collect())
    }

    /// Settles the unsure call of a key. The row stays as history. An error of kind [`StoreError::State`] says that
    /// there is no such call, or that it is still under way.
    pub fn resolve(&self, key: Key, how: Resolution) -> Result<(), StoreError> {
        let (resolved, billed) = how.words();
        crash::point("ledger.resolve.before");
        self.change(Durability::Synced, |transaction| {
            let row = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, blob(row, 3)?));
            let found: Option<(i64, String, String, Option<Blob>)> = transaction
                .prepare_cached("SELECT id, state, owner, digest, bytes FROM claims WHERE key = ?1 AND open")
                .and_then(|mut statement| statement.query_row([key.0.hex()], row).optional())
                .map_err(|error| self.failed(error))?;
            let refuse = |found: &str| StoreError::State {
                found: found.into(),
                wanted: "resolved",
            };
            let (id, state, owner, audio) = found.ok_or_else(|| refuse("not open"))?;
            if matches!(state.as_str(), "claimed" | "submitted" | "received") {
                match self.standing(&owner, audio) {
                    Standing::UnderWay => return Err(refuse("still under way")),
                    Standing::Arrived => return Err(refuse("received")),
                    Standing::Nothing => {}
                }
            }
            transaction
                .prepare_cached(
                    "UPDATE claims SET state = 'failed', open = 0, resolved = ?3, task = NULL,
                            billed = CASE WHEN ?3 = 'retake' AND billed = 'yes' THEN 'yes' ELSE ?2 END,
                            failure = coalesce(failure, ?4)
                     WHERE id = ?1",
                )
                .and_then(|mut statement| statement.execute(params![id, billed, resolved, json(&orphaned())]))
                .map(|_| crash::point("ledger.resolve.inside"))
                .map_err(|error| self.failed(error))
        })
        .inspect(|()| crash::point("ledger.resolve.after"))
    }
}
