//! What the ledger knows of a key before anybody claims it.
//!
//! Most who want a take find out here that it is there, or that somebody is buying it, and claim nothing.

use super::{
    Blob, Claimed, Store, StoreError,
    ledger::{name_key, open_claim},
    memory::stored,
    open::Durability,
};
use crate::{base::ids::TakeName, plan::Key};
use rusqlite::Transaction;

impl Store {
    /// What [`Store::claim`] would say of a key that is not free to be bought. Claims nothing: of a free key it says
    /// nothing, and so never [`Claimed::Go`].
    pub fn look(&self, key: Key, take: &TakeName, pipeline: &str) -> Result<Option<Claimed>, StoreError> {
        let is_free = self.query(|connection| {
            Ok(stored(connection, key)?.is_none() && open_claim(connection, &key.0.hex())?.is_none())
        })?;
        if is_free {
            return Ok(None);
        }
        let owner = self.owner()?;
        self.change(Durability::Synced, |transaction| {
            self.known_in(transaction, (key, take, pipeline), &owner.name)
        })
    }

    /// The same within a claim's transaction.
    pub(super) fn known_in(
        &self,
        transaction: &Transaction<'_>,
        (key, take, pipeline): (Key, &TakeName, &str),
        owner: &str,
    ) -> Result<Option<Claimed>, StoreError> {
        let hex = key.0.hex();
        let stored = stored(transaction, key).map_err(|error| self.failed(error))?;
        if let Some(stored) = stored {
            let is_there = self.has_audio(transaction, Blob::of(&stored));
            if is_there || !stored.is_free() {
                name_key(transaction, pipeline, &take.to_string(), &hex).map_err(|error| self.failed(error))?;
                let known = if is_there { Claimed::Done } else { Claimed::Lost };
                return Ok(Some(known(stored)));
            }
        }
        let open = open_claim(transaction, &hex).map_err(|error| self.failed(error))?;
        open.map(|open| self.meet(transaction, open, owner)).transpose()
    }
}
