//! Calls that brought no take, and what a person decides about them.
//!
//! Knows nothing of names: a call is settled by its row, so what was said of one is never done to another. Its invariants:
//!
//! * What the ledger knows outweighs a person's word: a call that was charged does not become one that was not.
//! * A link to audio that is paid for is dropped by nothing but [`Resolution::GiveUp`].

use super::{
    Blob, Store, StoreError,
    ledger::{ClaimId, blob, is_under_way, json, left_behind, orphaned},
    memory::{digest, price, word},
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
    event::{Billed, FailureClass, StepFailure},
    plan::Key,
};
use rusqlite::{OptionalExtension, Row, params, types::ValueRef};

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
    /// What happened, and what is known of it by now: `billed` is [`Billed::Yes`] if the ledger knows of a charge in
    /// whatever way, and the class is [`FailureClass::Lost`] if no run can do anything about it.
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
    /// The same, also if its audio is paid for and could still be fetched: the link to it is dropped.
    GiveUp,
}

impl Resolution {
    /// The word in the ledger, and what it says about billing where that was not known before.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Paid => ("paid", "yes"),
            Self::NotPaid => ("not_paid", "no"),
            Self::Retake | Self::GiveUp => ("retake", "unknown"),
        }
    }

    /// What a call would become by it, in words.
    const fn wanted(self) -> &'static str {
        match self {
            Self::Paid => "paid and lost",
            Self::NotPaid => "not paid",
            Self::Retake | Self::GiveUp => "bought again",
        }
    }
}

/// What the ledger holds of a row that is not settled.
struct Left {
    state: String,
    owner: String,
    audio: Option<Blob>,
    has_link: bool,
    /// It is known that it was paid for, in whatever way that became known.
    is_charged: bool,
}

impl Left {
    /// The columns that it is read from, in that order.
    const COLUMNS: &str = "state, owner, digest, bytes, task IS NOT NULL,
        coalesce(billed = 'yes', 0) OR coalesce(charged > 0, 0) OR task IS NOT NULL OR state IN ('submitted', 'received')";

    fn of(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            state: row.get(0)?,
            owner: row.get(1)?,
            audio: blob(row, 2)?,
            has_link: row.get(4)?,
            is_charged: row.get(5)?,
        })
    }

    /// What has become of it, if it has no outcome yet.
    fn standing(&self, store: &Store) -> Standing {
        if is_under_way(&self.state) {
            store.standing(&self.owner, self.audio)
        } else {
            Standing::Nothing
        }
    }

    /// What it is, if it cannot be settled like that.
    fn refusal(&self, store: &Store, how: Resolution) -> Option<&'static str> {
        match self.standing(store) {
            Standing::UnderWay => return Some("still under way"),
            Standing::Arrived => return Some("received"),
            Standing::Nothing => {}
        }
        match how {
            Resolution::GiveUp => None,
            _ if self.has_link => Some("paid for, with audio that can be fetched"),
            Resolution::NotPaid if self.is_charged => Some("charged"),
            Resolution::NotPaid | Resolution::Paid | Resolution::Retake => None,
        }
    }

    /// What is known of the call: what was written down, and what follows from the row.
    fn known(&self, written: Option<StepFailure>) -> StepFailure {
        let waits = "its audio waits behind a link and was not fetched yet";
        let cut = "it was paid for, and its process ended before its audio was kept";
        let paid = |class, message: &str| StepFailure::new(class, message).billed(Billed::Yes);
        match written {
            Some(failure) if failure.billed == Billed::Yes && self.has_link => failure,
            Some(_) if self.has_link => paid(FailureClass::Unreachable, waits),
            None if self.has_link || self.state == "received" => left_behind(&self.state, self.has_link),
            None if self.is_charged => paid(FailureClass::Lost, cut),
            Some(failure) if self.is_charged => {
                let failure = failure.billed(Billed::Yes);
                match failure.class {
                    FailureClass::Ambiguous | FailureClass::Machine | FailureClass::Unreachable => StepFailure {
                        class: FailureClass::Lost,
                        ..failure
                    },
                    _ => failure,
                }
            }
            written => written.unwrap_or_else(orphaned),
        }
    }
}

/// A call, from the columns after those of [`Left`].
fn unsure(row: &Row<'_>, left: &Left) -> rusqlite::Result<UnsureTake> {
    let account: Option<String> = row.get(14)?;
    let written: Option<String> = row.get(16)?;
    Ok(UnsureTake {
        claim: ClaimId(row.get(6)?),
        // A row without its request is of a store that was mended by hand; whoever pays is the safe guess.
        backend: match row.get_ref(15)? {
            ValueRef::Null => BackendKind::Aimlapi,
            _ => word(row, 15, "no backend that this program knows", BackendKind::parse)?,
        },
        account: account.and_then(|hex| Digest::parse(&hex)),
        key: Key(digest(row, 7)?),
        take: row.get(8)?,
        pipeline: row.get(9)?,
        run: row.get(10)?,
        request_id: row.get(11)?,
        has_link: left.has_link,
        since: from_nanos(row.get(12)?),
        price: price(row.get(13)?),
        charged: row.get::<_, Option<i64>>(17)?.map(Usd::from_nanos),
        failure: left.known(written.and_then(|text| serde_json::from_str(&text).ok())),
    })
}

impl Store {
    /// Every call whose outcome is not known, oldest first; those of processes that are gone included.
    pub fn unsure_takes(&self) -> Result<Vec<UnsureTake>, StoreError> {
        let rows = self.query(|connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {}, id, key, take, pipeline, run, request_id, since, price, account,
                        json_extract(request, '$.backend'), failure, charged
                 FROM claims LEFT JOIN requests USING (key)
                 WHERE open ORDER BY id",
                Left::COLUMNS
            ))?;
            let rows = statement.query_map([], |row| {
                let left = Left::of(row)?;
                Ok((unsure(row, &left)?, left))
            })?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        })?;
        Ok(rows
            .into_iter()
            .filter(|(_, left)| left.standing(self) == Standing::Nothing)
            .map(|(take, _)| take)
            .collect())
    }

    /// Settles an unsure call. The row stays as history. An error of kind [`StoreError::State`] says why it is not
    /// settled: it is not open any more, it is still under way, or the ledger knows better.
    pub fn resolve(&self, claim: ClaimId, how: Resolution) -> Result<(), StoreError> {
        let (resolved, billed) = how.words();
        crash::point("ledger.resolve.before");
        self.change(Durability::Synced, |transaction| {
            let left = transaction
                .prepare_cached(&format!("SELECT {} FROM claims WHERE id = ?1 AND open", Left::COLUMNS))
                .and_then(|mut statement| statement.query_row([claim.0], Left::of).optional())
                .map_err(|error| self.failed(error))?;
            let refusal = left.as_ref().map_or(Some("not open"), |left| left.refusal(self, how));
            if let Some(found) = refusal {
                return Err(StoreError::State {
                    found: found.into(),
                    wanted: how.wanted(),
                });
            }
            let is_charged = left.is_some_and(|left| left.is_charged);
            let billed = if is_charged { "yes" } else { billed };
            transaction
                .prepare_cached(
                    "UPDATE claims SET state = 'failed', open = 0, resolved = ?3, task = NULL, billed = ?2,
                            failure = coalesce(failure, ?4)
                     WHERE id = ?1",
                )
                .and_then(|mut statement| statement.execute(params![claim.0, billed, resolved, json(&orphaned())]))
                .map(|_| crash::point("ledger.resolve.inside"))
                .map_err(|error| self.failed(error))
        })
        .inspect(|()| crash::point("ledger.resolve.after"))
    }
}

#[cfg(test)]
mod tests;
