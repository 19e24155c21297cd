//! The ledger: one row for each paid call, and the only ways a row may change.
//!
//! Knows nothing of what a call says or how it is made. A row changes in these ways only:
//!
//! | from | to |
//! |---|---|
//! | `claimed` | `submitted`, `received`, `failed`, `unsure`, or gone: released |
//! | `submitted` | `received`, `failed`, `unsure` |
//! | `received` | `committed`, `failed`, `unsure` |
//! | `unsure`, and `failed` unless it was surely not billed | `failed`, by a person |
//!
//! A row is *open* until its outcome is known, and an open row blocks its key for everybody. The index on open rows
//! makes a second one impossible, whatever the program does.

use super::{
    Blob, BlobWriter, DayBudget, Store, StoreError,
    memory::{put_take, usd},
    open::{Durability, from_nanos, to_nanos},
    verify::put_proof,
};
use crate::{
    base::{
        digest::Digest,
        ids::TakeName,
        money::{Price, Total, Usd},
        time::Timestamp,
    },
    event::{Billed, FailureClass, StepFailure},
    plan::{Key, RenderRequest, StoredTake},
};
use rusqlite::{Connection, OptionalExtension, Row, Transaction, named_params, params};

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

/// An open row.
pub(super) struct Open {
    id: i64,
    state: String,
    owner: String,
    pid: u32,
    since: i64,
    request_id: String,
    blob: Option<Blob>,
    charged: Option<Usd>,
}

impl Store {
    /// Asks to buy a key: exactly one asker gets [`Claimed::Go`], and then the claim is on disk. If it cannot be
    /// written, the error is [`StoreError::NotClaimed`], and nothing may be bought.
    pub fn claim(&self, claim: &NewClaim<'_>) -> Result<Claimed, StoreError> {
        let asked = self.owner().and_then(|owner| {
            self.change(Durability::Synced, |transaction| {
                self.claim_in(transaction, claim, &owner.name)
            })
        });
        asked.map_err(|error| StoreError::NotClaimed(Box::new(error)))
    }

    fn claim_in(
        &self,
        transaction: &Transaction<'_>,
        claim: &NewClaim<'_>,
        owner: &str,
    ) -> Result<Claimed, StoreError> {
        match self.known_in(transaction, (claim.key, claim.take, claim.pipeline), owner)? {
            Some(known) => Ok(known),
            None => {
                let now = self.clock.now();
                if let Some(over) = self.over_budget(transaction, claim, (owner, now))? {
                    return Ok(over);
                }
                Self::insert(transaction, claim, (owner, now))
                    .map(Claimed::Go)
                    .map_err(|error| self.failed(error))
            }
        }
    }

    /// What an open row means to the next asker.
    pub(super) fn meet(&self, transaction: &Transaction<'_>, open: Open, owner: &str) -> Result<Claimed, StoreError> {
        let since = from_nanos(open.since);
        let unsure = Claimed::Unsure {
            since,
            request_id: open.request_id.clone(),
        };
        if !matches!(open.state.as_str(), "claimed" | "submitted" | "received") {
            return Ok(unsure);
        }
        if open.owner == owner || self.is_alive(&open.owner) {
            return Ok(Claimed::Held { pid: open.pid, since });
        }
        if let Some(blob) = open.blob
            && self.has_audio(transaction, blob)
        {
            let pid = std::process::id();
            transaction
                .prepare_cached("UPDATE claims SET state = 'received', owner = ?2, pid = ?3 WHERE id = ?1")
                .and_then(|mut statement| statement.execute(params![open.id, owner, pid]))
                .map_err(|error| self.failed(error))?;
            return Ok(Claimed::Received {
                claim: ClaimId(open.id),
                blob,
                charged: open.charged,
                request_id: open.request_id,
                since,
            });
        }
        let failure = if open.state == "received" {
            StepFailure::new(
                FailureClass::Machine,
                "the audio that was received is gone from the store",
            )
            .billed(Billed::Yes)
        } else {
            orphaned()
        };
        transaction
            .prepare_cached("UPDATE claims SET state = 'unsure', failure = ?2, billed = ?3 WHERE id = ?1")
            .and_then(|mut statement| statement.execute(params![open.id, json(&failure), billed_word(failure.billed)]))
            .map_err(|error| self.failed(error))?;
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
        Ok(ClaimId(transaction.last_insert_rowid()))
    }

    /// The render is done, and its audio waits under that address, which may be signed: it stands here until the audio
    /// is there, and nowhere else. `charged` is the backend's word; `traces` are its names for the call.
    pub fn submitted(
        &self,
        claim: ClaimId,
        link: &str,
        charged: Option<Usd>,
        traces: &[(String, String)],
    ) -> Result<(), StoreError> {
        self.step(claim, Move::durable("submitted", &["claimed"]), |transaction| {
            transaction
                .prepare_cached(
                    "UPDATE claims SET state = 'submitted', task = ?2, charged = ?3, traces = ?4 WHERE id = ?1",
                )?
                .execute(params![claim.0, link, charged.map(Usd::nanos), json(&traces)])
        })
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
        let noted = self.change(Durability::Ordered, |transaction| {
            note_audio(transaction, claim, &writer.blob(), charged, traces).map_err(|error| self.failed(error))
        });
        if let Err(error) = noted {
            // The audio itself matters more; whether the ledger works shows at the next step.
            tracing::warn!(%error, "cannot note what is about to be stored");
        }
        writer.finish()
    }

    /// The audio is in the store. `charged` is the backend's word; `traces` are its names for the call.
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
        self.step(claim, receive, |transaction| {
            note_audio(transaction, claim, blob, charged, traces)?;
            if let Some(proof) = &proof {
                put_proof(transaction, proof)?;
            }
            transaction
                .prepare_cached("UPDATE claims SET state = 'received', task = NULL WHERE id = ?1")?
                .execute([claim.0])
        })
    }

    /// The audio is a take; from now on its key is known. A power failure may undo this: then the row is `received`
    /// again, and whoever asks for its key next finishes it without buying.
    pub fn commit(&self, claim: ClaimId, take: &StoredTake) -> Result<(), StoreError> {
        let commit = Move {
            wanted: "committed",
            from: &["received"],
            durability: Durability::Ordered,
        };
        self.step(claim, commit, |transaction| {
            let (key, name, pipeline): (String, String, String) = transaction
                .prepare_cached("SELECT key, take, pipeline FROM claims WHERE id = ?1 AND key = ?2 AND digest = ?3")?
                .query_row(params![claim.0, take.key.0.hex(), take.digest.hex()], |row| {
                    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
                })?;
            put_take(transaction, take)?;
            name_key(transaction, &pipeline, &name, &key)?;
            transaction
                .prepare_cached("UPDATE claims SET state = 'committed', open = 0 WHERE id = ?1")?
                .execute([claim.0])
        })
    }

    /// The call came to nothing. The key is free for another call only if this one was surely not billed: else it
    /// blocks its key like an unsure one, because buying again would be paying twice.
    pub fn fail(&self, claim: ClaimId, failure: &StepFailure) -> Result<(), StoreError> {
        let fail = Move::durable("failed", &["claimed", "submitted", "received"]);
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
        })
    }

    /// Nobody knows what came of the call. It blocks its key until a person resolves it.
    pub fn unsure(&self, claim: ClaimId, failure: &StepFailure) -> Result<(), StoreError> {
        self.step(
            claim,
            Move::durable("unsure", &["claimed", "submitted", "received"]),
            |transaction| {
                transaction
                    .prepare_cached(
                        "UPDATE claims SET state = 'unsure', billed = ?2, failure = ?3, charged = coalesce(?4, charged)
                         WHERE id = ?1",
                    )?
                    .execute(params![
                        claim.0,
                        billed_word(failure.billed),
                        json(failure),
                        failure.charged.map(Usd::nanos)
                    ])
            },
        )
    }

    /// The call surely never ran: the claim disappears.
    pub fn release(&self, claim: ClaimId) -> Result<(), StoreError> {
        self.step(claim, Move::durable("released", &["claimed"]), |transaction| {
            transaction
                .prepare_cached("DELETE FROM claims WHERE id = ?1")?
                .execute([claim.0])
        })
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

/// Why the call of a process that is gone is unsure.
pub(super) fn orphaned() -> StepFailure {
    StepFailure::new(
        FailureClass::Ambiguous,
        "the process that made the call ended before an answer came",
    )
    .billed(Billed::Unknown)
}

/// Notes which audio a call brought, and what the backend says of it.
fn note_audio(
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

pub(super) fn open_claim(connection: &Connection, key: &str) -> rusqlite::Result<Option<Open>> {
    connection
        .prepare_cached(
            "SELECT id, state, owner, pid, since, request_id, digest, bytes, charged FROM claims
             WHERE key = ?1 AND open",
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
            })
        })
        .optional()
}

/// The audio of a call, from the columns `digest` and the one after it, `bytes`.
pub(super) fn blob(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Blob>> {
    let digest: Option<String> = row.get(column)?;
    let bytes: Option<i64> = row.get(column + 1)?;
    Ok(digest.and_then(|hex| Digest::parse(&hex)).map(|digest| Blob {
        digest,
        bytes: bytes.and_then(|bytes| u64::try_from(bytes).ok()).unwrap_or(0),
    }))
}

/// Notes the key as the latest one under a name.
pub(super) fn name_key(connection: &Connection, pipeline: &str, take: &str, key: &str) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT OR REPLACE INTO names (pipeline, take, key) VALUES (?1, ?2, ?3)")?
        .execute([pipeline, take, key])
        .map(drop)
}

/// A value as the database keeps it.
pub(super) fn json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("these types have text keys only")
}

/// The word for whether a call was billed.
pub(super) const fn billed_word(billed: Billed) -> &'static str {
    match billed {
        Billed::No => "no",
        Billed::Yes => "yes",
        Billed::Unknown => "unknown",
    }
}

#[cfg(test)]
mod tests;
