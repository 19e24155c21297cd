//! The ledger: one row for each paid call, and the only ways a row may change.
//!
//! Knows nothing of what a call says or how it is made. A row changes in these ways only:
//!
//! | from | to | by |
//! |---|---|---|
//! | `claimed` | `submitted`, `received`, `failed`, `unsure`, or gone: released | its process |
//! | `submitted` | `received`, `failed`, `unsure` | its process |
//! | `received` | `committed`, `failed`, `unsure` | its process |
//! | `claimed`, `submitted`, `received` of a process that is gone | `received` if its audio is here, else `submitted` if it has a link; of another process now | whoever takes it over |
//! | `unsure` with a link | `submitted`, of another process now | whoever takes it over |
//! | `claimed`, `submitted`, `received` of a process that is gone, with nothing of it here | `unsure` | whoever asks for its key |
//! | `claimed` of a process that is gone, with nothing of it here | `failed` | the account's log, or a person |
//! | `submitted`, `received` of a process that is gone, with no audio here | `failed` | a person |
//! | `unsure`, and `failed` unless it was surely not billed | `failed` | the account's log unless there is a link, or a person |
//! | any open one but a call that a living process has under way | `committed` | its take, found under its name |
//!
//! A row is *open* until its outcome is known, and an open row blocks its key for everybody. The index on open rows
//! makes a second one impossible, whatever the program does.

mod row;

pub(super) use row::{
    Open, billed_word, blob, is_under_way, json, left_behind, name_key, note_audio, open_claim, orphaned,
};

use super::{
    Blob, BlobWriter, DayBudget, Store, StoreError,
    memory::{put_take, usd},
    open::{Durability, from_nanos, to_nanos},
    salvage,
    verify::put_proof,
};
use crate::{
    base::{
        crash,
        digest::Digest,
        ids::TakeName,
        money::{Price, Total, Usd},
        time::Timestamp,
    },
    event::{Billed, FailureClass, StepFailure},
    plan::{Key, RenderRequest, StoredTake},
};
use rusqlite::{OptionalExtension, Transaction, named_params, params};

/// One row of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClaimId(pub(super) i64);

/// A paid call that is about to be made.
#[derive(Clone, Copy, Debug)]
pub struct NewClaim<'a> {
    /// Of the request.
    pub key: Key,
    /// For which take.
    pub take: &'a TakeName,
    /// Of which pipeline.
    pub pipeline: &'a str,
    /// In which run.
    pub run: &'a str,
    /// What is asked for; kept readable beside the key.
    pub request: &'a RenderRequest,
    /// Names the call at the backend.
    pub request_id: &'a str,
    /// What it is expected to cost.
    pub price: Price,
    /// The account that pays for it.
    pub account: Digest,
    /// The budget it must fit in, if there is one.
    pub day: Option<&'a DayBudget>,
}

/// What comes of asking to buy.
#[derive(Clone, Debug, PartialEq)]
pub enum Claimed {
    /// The claim is on disk: make the call.
    Go(ClaimId),
    /// The take is there already.
    Done(StoredTake),
    /// The audio is there, but the process that bought it ended before it was done: finish it.
    Received {
        /// Now of this process.
        claim: ClaimId,
        /// The audio.
        blob: Blob,
        /// What it cost by the backend's word, if it gave one.
        charged: Option<Usd>,
        /// Names the call at the backend.
        request_id: String,
        /// When the call was made.
        since: Timestamp,
    },
    /// Another task or process is buying it.
    Held {
        /// That process.
        pid: u32,
        /// When it claimed.
        since: Timestamp,
    },
    /// It was bought, and its audio is gone from this machine; a person must say whether to buy it again.
    Lost(StoredTake),
    /// An earlier call's outcome is not known; a person must look.
    Unsure {
        /// When the call was made.
        since: Timestamp,
        /// Names the call at the backend.
        request_id: String,
    },
    /// It would go over the budget of the day: nothing was written, and nothing may be bought.
    OverBudget {
        /// What the day's calls cost, or may have.
        spent: Total,
        /// It would fit if calls that are under way turned out to cost nothing: ask again once they are over.
        pending: bool,
    },
}

/// A change of a row's state.
#[derive(Clone, Copy)]
struct Move {
    wanted: &'static str,
    /// The states it may be in before.
    from: &'static [&'static str],
    durability: Durability,
}

impl Move {
    /// One that is on disk when it returns.
    const fn durable(wanted: &'static str, from: &'static [&'static str]) -> Self {
        Self {
            wanted,
            from,
            durability: Durability::Synced,
        }
    }
}

impl Store {
    /// Asks to buy a key: exactly one asker gets [`Claimed::Go`], and then the claim is on disk. If it cannot be
    /// written, the error is [`StoreError::NotClaimed`], and nothing may be bought.
    pub fn claim(&self, claim: &NewClaim<'_>) -> Result<Claimed, StoreError> {
        crash::point("ledger.claim.before");
        let asked = self.owner().and_then(|owner| {
            self.change(Durability::Synced, |transaction| {
                self.claim_in(transaction, claim, &owner.name)
            })
        });
        crash::point("ledger.claim.after");
        asked.map_err(|error| StoreError::NotClaimed(Box::new(error)))
    }

    fn claim_in(
        &self,
        transaction: &Transaction<'_>,
        claim: &NewClaim<'_>,
        owner: &str,
    ) -> Result<Claimed, StoreError> {
        if let Some(known) = self.known_in(transaction, (claim.key, claim.take, claim.pipeline), owner)? {
            return Ok(known);
        }
        let now = self.clock.now();
        if let Some(over) = self.over_budget(transaction, claim, (owner, now))? {
            return Ok(over);
        }
        Self::insert(transaction, claim, (owner, now))
            .map(Claimed::Go)
            .map_err(|error| self.failed(error))
    }

    /// What an open row means to the next asker.
    pub(super) fn meet(&self, transaction: &Transaction<'_>, open: Open, owner: &str) -> Result<Claimed, StoreError> {
        let since = from_nanos(open.since);
        let unsure = Claimed::Unsure {
            since,
            request_id: open.request_id.clone(),
        };
        if !is_under_way(&open.state) {
            return Ok(unsure);
        }
        if open.owner == owner || self.is_alive(&open.owner) {
            return Ok(Claimed::Held { pid: open.pid, since });
        }
        // It may have died since this store was opened.
        salvage::salvage(transaction, &self.folder).map_err(|error| self.failed(error))?;
        if let Some(blob) = open.blob
            && self.has_audio(transaction, blob)
        {
            let pid = std::process::id();
            transaction
                .prepare_cached("UPDATE claims SET state = 'received', owner = ?2, pid = ?3 WHERE id = ?1")
                .and_then(|mut statement| statement.execute(params![open.id, owner, pid]))
                .map_err(|error| self.failed(error))?;
            crash::point("ledger.orphan.taken");
            return Ok(Claimed::Received {
                claim: ClaimId(open.id),
                blob,
                charged: open.charged,
                request_id: open.request_id,
                since,
            });
        }
        let failure = left_behind(&open.state, open.has_link);
        transaction
            .prepare_cached("UPDATE claims SET state = 'unsure', failure = ?2, billed = ?3 WHERE id = ?1")
            .and_then(|mut statement| statement.execute(params![open.id, json(&failure), billed_word(failure.billed)]))
            .map_err(|error| self.failed(error))?;
        crash::point("ledger.orphan.unsure");
        Ok(unsure)
    }

    fn insert(
        transaction: &Transaction<'_>,
        claim: &NewClaim<'_>,
        (owner, now): (&str, Timestamp),
    ) -> rusqlite::Result<ClaimId> {
        let key = claim.key.0.hex();
        transaction
            .prepare_cached("INSERT OR IGNORE INTO requests (key, request) VALUES (?1, ?2)")?
            .execute(params![key, json(claim.request)])?;
        transaction
            .prepare_cached(
                "INSERT INTO claims (key, take, pipeline, run, request_id, state, owner, pid, since, price, account)
                 VALUES (:key, :take, :pipeline, :run, :request_id, 'claimed', :owner, :pid, :since, :price, :account)",
            )?
            .execute(named_params! {
                ":key": key,
                ":take": claim.take.to_string(),
                ":pipeline": claim.pipeline,
                ":run": claim.run,
                ":request_id": claim.request_id,
                ":owner": owner,
                ":pid": std::process::id(),
                ":since": to_nanos(now),
                ":price": usd(claim.price),
                ":account": claim.account.hex(),
            })?;
        crash::point("ledger.claim.inside");
        Ok(ClaimId(transaction.last_insert_rowid()))
    }

    /// The render is done, and its audio waits under that address, which may be signed: it stands here until the audio
    /// is a take, and nowhere else. `charged` is the backend's word; `traces` are its names for the call.
    pub fn submitted(
        &self,
        claim: ClaimId,
        link: &str,
        charged: Option<Usd>,
        traces: &[(String, String)],
    ) -> Result<(), StoreError> {
        crash::point("ledger.submitted.before");
        self.step(claim, Move::durable("submitted", &["claimed"]), |transaction| {
            transaction
                .prepare_cached(
                    "UPDATE claims SET state = 'submitted', task = ?2, charged = ?3, traces = ?4 WHERE id = ?1",
                )?
                .execute(params![claim.0, link, charged.map(Usd::nanos), json(&traces)])
                .inspect(|_| crash::point("ledger.submitted.inside"))
        })
        .inspect(|()| crash::point("ledger.submitted.after"))
    }

    /// The whole answer came: puts its audio into the store. The ledger learns its digest first, so that a process which
    /// ends between the two leaves audio that the next one finds. The call is [`Store::received`] only after that.
    pub fn land(
        &self,
        claim: ClaimId,
        writer: BlobWriter,
        charged: Option<Usd>,
        traces: &[(String, String)],
    ) -> Result<Blob, StoreError> {
        crash::point("ledger.land.before");
        let noted = self.change(Durability::Ordered, |transaction| {
            note_audio(transaction, claim, &writer.blob(), charged, traces)
                .inspect(|_| crash::point("ledger.land.inside"))
                .map_err(|error| self.failed(error))
        });
        crash::point("ledger.land.noted");
        if let Err(error) = noted {
            // The audio itself matters more; whether the ledger works shows at the next step.
            tracing::warn!(%error, "cannot note what is about to be stored");
        }
        writer.finish().inspect(|_| crash::point("ledger.land.after"))
    }

    /// The audio is in the store. The link it came by stays until it is a take: it may yet be found damaged, and have to be
    /// fetched again. `charged` is the backend's word; `traces` are its names for the call.
    pub fn received(
        &self,
        claim: ClaimId,
        blob: &Blob,
        charged: Option<Usd>,
        traces: &[(String, String)],
    ) -> Result<(), StoreError> {
        if !self.has_blob(blob.digest, blob.bytes) {
            let path = self.blob_path(blob.digest);
            return Err(StoreError::Blob { path, what: "missing" });
        }
        let receive = Move::durable("received", &["claimed", "submitted"]);
        let proof = self.fresh_proof(blob.digest);
        crash::point("ledger.received.before");
        self.step(claim, receive, |transaction| {
            note_audio(transaction, claim, blob, charged, traces)?;
            if let Some(proof) = &proof {
                put_proof(transaction, proof)?;
            }
            transaction
                .prepare_cached("UPDATE claims SET state = 'received' WHERE id = ?1")?
                .execute([claim.0])
                .inspect(|_| crash::point("ledger.received.inside"))
        })
        .inspect(|()| crash::point("ledger.received.after"))
    }

    /// The audio is a take; from now on its key is known, and the link it came by is gone. A power failure may undo this: then the row is `received`
    /// again, and whoever asks for its key next finishes it without buying.
    pub fn commit(&self, claim: ClaimId, take: &StoredTake) -> Result<(), StoreError> {
        let commit = Move {
            wanted: "committed",
            from: &["received"],
            durability: Durability::Ordered,
        };
        crash::point("ledger.commit.before");
        self.step(claim, commit, |transaction| {
            let (key, name, pipeline): (String, String, String) = transaction
                .prepare_cached("SELECT key, take, pipeline FROM claims WHERE id = ?1 AND key = ?2 AND digest = ?3")?
                .query_row(params![claim.0, take.key.0.hex(), take.digest.hex()], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
                })?;
            put_take(transaction, take)?;
            name_key(transaction, &pipeline, &name, &key)?;
            transaction
                .prepare_cached("UPDATE claims SET state = 'committed', open = 0, task = NULL WHERE id = ?1")?
                .execute([claim.0])
                .inspect(|_| crash::point("ledger.commit.inside"))
        })
        .inspect(|()| crash::point("ledger.commit.after"))
    }

    /// The call came to nothing. The key is free for another call only if this one was surely not billed: else it
    /// blocks its key like an unsure one, because buying again would be paying twice.
    pub fn fail(&self, claim: ClaimId, failure: &StepFailure) -> Result<(), StoreError> {
        let fail = Move::durable("failed", &["claimed", "submitted", "received"]);
        crash::point("ledger.fail.before");
        self.step(claim, fail, |transaction| {
            let open = failure.billed != Billed::No;
            transaction
                .prepare_cached(
                    "UPDATE claims SET state = 'failed', billed = ?2, failure = ?3, open = ?4, task = NULL,
                            charged = coalesce(?5, charged)
                     WHERE id = ?1",
                )?
                .execute(params![
                    claim.0,
                    billed_word(failure.billed),
                    json(failure),
                    open,
                    failure.charged.map(Usd::nanos)
                ])
                .inspect(|_| crash::point("ledger.fail.inside"))
        })
        .inspect(|()| crash::point("ledger.fail.after"))
    }

    /// Nobody knows what came of the call. It blocks its key until a person resolves it. A link stays, unless what came by
    /// it was heard and is no take: it would bring the same again.
    pub fn unsure(&self, claim: ClaimId, failure: &StepFailure) -> Result<(), StoreError> {
        let is_heard = failure.class == FailureClass::BadAnswer;
        crash::point("ledger.unsure.before");
        self.step(
            claim,
            Move::durable("unsure", &["claimed", "submitted", "received"]),
            |transaction| {
                transaction
                    .prepare_cached(
                        "UPDATE claims SET state = 'unsure', billed = ?2, failure = ?3, charged = coalesce(?4, charged),
                                task = iif(?5 AND state = 'received', NULL, task)
                         WHERE id = ?1",
                    )?
                    .execute(params![
                        claim.0,
                        billed_word(failure.billed),
                        json(failure),
                        failure.charged.map(Usd::nanos),
                        is_heard
                    ])
                    .inspect(|_| crash::point("ledger.unsure.inside"))
            },
        )
        .inspect(|()| crash::point("ledger.unsure.after"))
    }

    /// The call surely never ran: the claim disappears.
    pub fn release(&self, claim: ClaimId) -> Result<(), StoreError> {
        crash::point("ledger.release.before");
        self.step(claim, Move::durable("released", &["claimed"]), |transaction| {
            transaction
                .prepare_cached("DELETE FROM claims WHERE id = ?1")?
                .execute([claim.0])
                .inspect(|_| crash::point("ledger.release.inside"))
        })
        .inspect(|()| crash::point("ledger.release.after"))
    }

    /// One legal change of one row.
    fn step(
        &self,
        claim: ClaimId,
        to: Move,
        change: impl FnOnce(&Transaction<'_>) -> rusqlite::Result<usize>,
    ) -> Result<(), StoreError> {
        let Move {
            wanted,
            from,
            durability,
        } = to;
        self.change(durability, |transaction| {
            let found: Option<String> = transaction
                .prepare_cached("SELECT state FROM claims WHERE id = ?1")
                .and_then(|mut statement| statement.query_row([claim.0], |row| row.get(0)).optional())
                .map_err(|error| self.failed(error))?;
            let found = found.unwrap_or_else(|| "gone".into());
            if !from.contains(&found.as_str()) {
                return Err(StoreError::State { found, wanted });
            }
            match change(transaction) {
                Ok(_) => Ok(()),
                // Only `commit` looks for a row, and the only way not to find it is a take of another call.
                Err(rusqlite::Error::QueryReturnedNoRows) => Err(StoreError::State {
                    found: format!("{found} with other audio"),
                    wanted,
                }),
                Err(error) => Err(self.failed(error)),
            }
        })
    }
}

#[cfg(test)]
mod tests;
