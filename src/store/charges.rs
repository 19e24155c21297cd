//! What calls cost by the backend's word, where the answer itself did not say: looked up later, and noted here.
//!
//! Knows nothing of logs or networks. A charge is noted once; what a person sees of a take then is what it cost.

use super::{
    ClaimId, Store, StoreError,
    open::{Durability, from_nanos, to_nanos},
};
use crate::{
    base::{crash, digest::Digest, money::Usd, time::Timestamp},
    catalog::BackendKind,
};
use rusqlite::{Transaction, params};

/// A call that was paid, and of which nobody said how much.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uncharged {
    /// Its row.
    pub claim: ClaimId,
    /// Names the call at the backend.
    pub request_id: String,
    /// When it was made.
    pub since: Timestamp,
}

impl Store {
    /// The calls that an account paid since then and whose cost was never said, oldest first: takes, and failures that
    /// were surely billed.
    pub fn uncharged(
        &self,
        backend: BackendKind,
        account: Digest,
        since: Timestamp,
    ) -> Result<Vec<Uncharged>, StoreError> {
        self.query(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT id, request_id, since FROM claims JOIN requests USING (key)
                 WHERE since >= ?1 AND charged IS NULL AND json_extract(request, '$.backend') = ?2
                   AND account = ?3 AND (state = 'committed' OR billed = 'yes')
                 ORDER BY id",
            )?;
            let rows = statement.query_map(params![to_nanos(since), backend.word(), account.hex()], |row| {
                Ok(Uncharged {
                    claim: ClaimId(row.get(0)?),
                    request_id: row.get(1)?,
                    since: from_nanos(row.get(2)?),
                })
            })?;
            rows.collect()
        })
    }

    /// Notes what calls cost, with the takes they brought. What was said before stays. A power failure may undo it:
    /// then it is found out again.
    pub fn charge(&self, charges: &[(ClaimId, Usd)]) -> Result<(), StoreError> {
        if charges.is_empty() {
            return Ok(());
        }
        crash::point("ledger.charge.before");
        self.change(Durability::Ordered, |transaction| {
            note(transaction, charges)
                .inspect(|()| crash::point("ledger.charge.inside"))
                .map_err(|error| self.failed(error))
        })
        .inspect(|()| crash::point("ledger.charge.after"))
    }
}

fn note(transaction: &Transaction<'_>, charges: &[(ClaimId, Usd)]) -> rusqlite::Result<()> {
    let mut claim = transaction.prepare_cached("UPDATE claims SET charged = ?2 WHERE id = ?1 AND charged IS NULL")?;
    let mut take = transaction.prepare_cached(
        "UPDATE takes SET charged = ?2 WHERE charged IS NULL
           AND (key, digest) = (SELECT key, digest FROM claims WHERE id = ?1 AND state = 'committed')",
    )?;
    for (id, amount) in charges {
        claim.execute(params![id.0, amount.nanos()])?;
        take.execute(params![id.0, amount.nanos()])?;
    }
    Ok(())
}
