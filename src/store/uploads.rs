//! Upload ids that are known from earlier: good for one account, one content and one purpose.

use super::{
    Store, StoreError,
    open::{Durability, to_nanos},
};
use crate::{
    base::{crash, digest::Digest},
    catalog::Purpose,
};
use rusqlite::{OptionalExtension, params};

/// The voice id and the instrumental id, where an upload yields them.
type Ids = (Option<String>, Option<String>);

impl Store {
    /// The ids that this content got from this account, voice first.
    pub fn upload_ids(&self, account: Digest, digest: Digest, purpose: Purpose) -> Result<Option<Ids>, StoreError> {
        self.query(|connection| {
            connection
                .prepare_cached(
                    "SELECT voice, instrumental FROM uploads WHERE account = ?1 AND digest = ?2 AND purpose = ?3",
                )?
                .query_row([&account.hex(), &digest.hex(), purpose.word()], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })
                .optional()
        })
    }

    /// Keeps the ids, voice first, in place of earlier ones.
    pub fn remember_upload(
        &self,
        account: Digest,
        digest: Digest,
        purpose: Purpose,
        ids: &Ids,
    ) -> Result<(), StoreError> {
        let at = to_nanos(self.clock.now());
        crash::point("ledger.upload.before");
        self.change(Durability::Ordered, |transaction| {
            transaction
                .prepare_cached("INSERT OR REPLACE INTO uploads VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
                .and_then(|mut statement| {
                    let (account, digest, purpose) = (account.hex(), digest.hex(), purpose.word());
                    statement.execute(params![account, digest, purpose, ids.0, ids.1, at])
                })
                .map(|_| crash::point("ledger.upload.inside"))
                .map_err(|error| self.failed(error))
        })
        .inspect(|()| crash::point("ledger.upload.after"))
    }
}
