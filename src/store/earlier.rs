//! What processes left behind that ended before their work: audio that arrived, links that were not fetched, and calls
//! whose outcome may be found out.
//!
//! Knows nothing of backends. A row is taken over only from a process that is gone, and by one taker: the transaction
//! decides.

use super::{
    Blob, BlobWriter, Store, StoreError,
    ledger::{ClaimId, billed_word, blob, is_under_way, json},
    memory::price,
    open::{Durability, from_nanos},
    salvage::Standing,
};
use crate::{
    base::{
        crash,
        digest::Digest,
        money::{Price, Usd},
        secret::Secret,
        time::Timestamp,
    },
    event::{Billed, StepFailure},
    plan::Key,
};
use rusqlite::{OptionalExtension, Row, Transaction, params};

/// Audio that is in the store, and whose process ended before it was a take.
#[derive(Clone, Debug, PartialEq)]
pub struct ArrivedTake {
    /// Its row.
    pub claim: ClaimId,
    /// Of its request.
    pub key: Key,
    /// For which take, as it was called then.
    pub take: String,
    /// Names the call at the backend.
    pub request_id: String,
    /// When the call was made.
    pub since: Timestamp,
    /// What it was expected to cost.
    pub price: Price,
    /// The audio.
    pub blob: Blob,
    /// What it cost by the backend's word, if it gave one.
    pub charged: Option<Usd>,
}

/// What there is to go on with of a call that was taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakenOver {
    /// Nothing, or somebody else is at it: the row is not this process's.
    Nothing,
    /// A link, behind which its audio waits: the row is `submitted`.
    Link,
    /// Its audio, which is in the store: the row is `received`.
    Audio {
        /// The audio.
        blob: Blob,
        /// What it cost by the backend's word, if it gave one.
        charged: Option<Usd>,
    },
}

/// A row that is about to change hands.
struct Left {
    state: String,
    owner: String,
    blob: Option<Blob>,
    has_link: bool,
    charged: Option<Usd>,
}

impl Store {
    /// Every call of a process that is gone whose audio is here, oldest first.
    pub fn arrived_takes(&self) -> Result<Vec<ArrivedTake>, StoreError> {
        let rows = self.query(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT id, key, take, request_id, since, price, digest, bytes, charged, owner FROM claims
                 WHERE open AND digest IS NOT NULL AND state IN ('claimed', 'submitted', 'received') ORDER BY id",
            )?;
            let rows = statement.query_map([], |row| Ok((arrived(row)?, row.get::<_, String>(9)?)))?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        })?;
        let is_left = |take: &ArrivedTake, owner: &str| self.standing(owner, Some(take.blob)) == Standing::Arrived;
        Ok(rows
            .into_iter()
            .filter_map(|(take, owner)| Some(take?).filter(|take| is_left(take, &owner)))
            .collect())
    }

    /// Makes a row this process's own, if the one it belonged to is gone: `received` where its audio is here, whatever
    /// the caller heard of it before, else `submitted` where it has a link.
    pub fn take_over(&self, claim: ClaimId) -> Result<TakenOver, StoreError> {
        let owner = self.owner()?;
        crash::point("ledger.take-over.before");
        self.change(Durability::Synced, |transaction| {
            let taken = match self.left(transaction, claim)? {
                Some(left) => self.within_reach(transaction, &left),
                None => TakenOver::Nothing,
            };
            let state = match taken {
                TakenOver::Nothing => return Ok(taken),
                TakenOver::Link => "submitted",
                TakenOver::Audio { .. } => "received",
            };
            transaction
                .prepare_cached("UPDATE claims SET state = ?2, owner = ?3, pid = ?4 WHERE id = ?1")
                .and_then(|mut statement| statement.execute(params![claim.0, state, owner.name, std::process::id()]))
                .map_err(|error| self.failed(error))?;
            crash::point("ledger.take-over.inside");
            Ok(taken)
        })
        .inspect(|_| crash::point("ledger.take-over.after"))
    }

    /// What a row would be taken over for.
    fn within_reach(&self, transaction: &Transaction<'_>, left: &Left) -> TakenOver {
        let is_under_way = is_under_way(&left.state);
        if is_under_way && self.is_alive(&left.owner) {
            return TakenOver::Nothing;
        }
        match left.blob {
            // Audio of a call that was called unsure was heard, and is no take.
            Some(blob) if is_under_way && self.has_audio(transaction, blob) => TakenOver::Audio {
                blob,
                charged: left.charged,
            },
            _ if left.has_link => TakenOver::Link,
            _ => TakenOver::Nothing,
        }
    }

    /// Lets go of a row that was taken over and could not be finished: whoever asks for its key next may take it over,
    /// this process included.
    pub fn give_back(&self, claim: ClaimId) -> Result<(), StoreError> {
        let owner = self.owner()?;
        self.change(Durability::Ordered, |transaction| {
            // No process has an empty name, so nobody holds it.
            transaction
                .prepare_cached("UPDATE claims SET owner = '' WHERE id = ?1 AND owner = ?2 AND open")
                .and_then(|mut statement| statement.execute(params![claim.0, owner.name]))
                .map(drop)
                .map_err(|error| self.failed(error))
        })
    }

    /// Where the audio of a call waits, if it does.
    pub fn link(&self, claim: ClaimId) -> Result<Option<Secret>, StoreError> {
        let link: Option<Option<String>> = self.query(|connection| {
            connection
                .prepare_cached("SELECT task FROM claims WHERE id = ?1 AND open")?
                .query_row([claim.0], |row| row.get(0))
                .optional()
        })?;
        Ok(link.flatten().map(|link| Secret::new(&link)))
    }

    /// Puts audio that was fetched into the store, and says that it was received: what the answer said besides it stays.
    pub fn take_in(&self, claim: ClaimId, writer: BlobWriter) -> Result<Blob, StoreError> {
        let (charged, traces) = self.query(|connection| {
            connection
                .prepare_cached("SELECT charged, traces FROM claims WHERE id = ?1")?
                .query_row([claim.0], |row| {
                    Ok((row.get::<_, Option<i64>>(0)?, row.get::<_, Option<String>>(1)?))
                })
        })?;
        let charged = charged.map(Usd::from_nanos);
        let traces: Vec<(String, String)> = traces
            .and_then(|text| serde_json::from_str(&text).ok())
            .unwrap_or_default();
        let blob = self.land(claim, writer, charged, &traces)?;
        self.received(claim, &blob, charged, &traces)?;
        Ok(blob)
    }

    /// Writes down what was found out about a call that nobody has under way any more: a charged one stays open for a
    /// person to decide, one that was not charged frees its key. False if the row has changed meanwhile.
    pub fn found_out(&self, claim: ClaimId, failure: &StepFailure) -> Result<bool, StoreError> {
        let is_open = failure.billed != Billed::No;
        crash::point("ledger.found-out.before");
        self.change(Durability::Synced, |transaction| {
            let Some(left) = self.left(transaction, claim)? else {
                return Ok(false);
            };
            let is_held = match left.state.as_str() {
                "claimed" | "submitted" => self.standing(&left.owner, left.blob) != Standing::Nothing,
                "received" => true,
                _ => false,
            };
            // Audio that waits behind a link is not lost, whatever a log says of its call.
            if is_held || left.has_link {
                return Ok(false);
            }
            transaction
                .prepare_cached(
                    "UPDATE claims SET state = 'failed', billed = ?2, failure = ?3, open = ?4, task = NULL,
                            charged = coalesce(?5, charged), resolved = iif(?4, NULL, 'looked_up')
                     WHERE id = ?1",
                )
                .and_then(|mut statement| {
                    let charged = failure.charged.map(Usd::nanos);
                    statement.execute(params![
                        claim.0,
                        billed_word(failure.billed),
                        json(failure),
                        is_open,
                        charged
                    ])
                })
                .map_err(|error| self.failed(error))?;
            crash::point("ledger.found-out.inside");
            Ok(true)
        })
        .inspect(|_| crash::point("ledger.found-out.after"))
    }

    fn left(&self, transaction: &Transaction<'_>, claim: ClaimId) -> Result<Option<Left>, StoreError> {
        transaction
            .prepare_cached(
                "SELECT state, owner, digest, bytes, task IS NOT NULL, charged FROM claims WHERE id = ?1 AND open",
            )
            .and_then(|mut statement| {
                let left = |row: &Row<'_>| {
                    Ok(Left {
                        state: row.get(0)?,
                        owner: row.get(1)?,
                        blob: blob(row, 2)?,
                        has_link: row.get(4)?,
                        charged: row.get::<_, Option<i64>>(5)?.map(Usd::from_nanos),
                    })
                };
                statement.query_row([claim.0], left).optional()
            })
            .map_err(|error| self.failed(error))
    }
}

fn arrived(row: &Row<'_>) -> rusqlite::Result<Option<ArrivedTake>> {
    let (Some(blob), Some(key)) = (blob(row, 6)?, Digest::parse(&row.get::<_, String>(1)?)) else {
        return Ok(None);
    };
    Ok(Some(ArrivedTake {
        claim: ClaimId(row.get(0)?),
        key: Key(key),
        take: row.get(2)?,
        request_id: row.get(3)?,
        since: from_nanos(row.get(4)?),
        price: price(row.get(5)?),
        blob,
        charged: row.get::<_, Option<i64>>(8)?.map(Usd::from_nanos),
    }))
}

#[cfg(test)]
mod tests;
