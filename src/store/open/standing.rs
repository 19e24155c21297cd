//! Changes to the ledger, and how it is kept standing under its name while it is in use.
//!
//! Knows of claims only whose they are. Whoever has a deleted store open puts it back as it was, and holds the lock under its own
//! name before others can see that, and for a while those of the others. Several may have had it open: the first one to notice marks the deleted ledger and
//! then copies it. A change sees in its own transaction whether the ledger stands; so it is either in the ledger before
//! the mark is, and hence in the copy, or it is made in the copy. A file that stands there without the mark is somebody
//! else's, or an earlier copy that lacks what was written since: it is left alone.

use super::{Durability, Inner, Store};
use crate::{
    base::crash,
    store::{
        StoreError,
        database::{Files, Found, connect, database, lock_upgrade, make_folder, put_back, put_backs},
        owner,
    },
};
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use std::time::Duration;

/// How often a change is begun again while somebody keeps deleting the store.
const TRIES: usize = 8;

/// How long the others have for noticing that their locks were deleted: a run looks every second.
const GRACE: Duration = Duration::from_secs(10);

impl Store {
    /// Puts back what was deleted of the store while it is in use. Without it, that is done before the next change; until
    /// then, others take this process for dead or begin a new store.
    pub fn stand_up(&self) -> Result<(), StoreError> {
        self.stand(&mut self.lock())
    }

    /// Changes the database in one transaction that no other process interrupts.
    pub(in crate::store) fn change<T>(
        &self,
        durability: Durability,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut inner = self.lock();
        let mut work = Some(work);
        for _ in 0..TRIES {
            self.stand(&mut inner)?;
            if let Some(done) = self.try_change(&mut inner, durability, &mut work)? {
                // What was written into a file that nobody will find is not on disk.
                self.stand(&mut inner)?;
                return Ok(done);
            }
        }
        Err(self.astray())
    }

    /// Nothing if the ledger was deleted in the meantime, and nothing was done.
    fn try_change<T, W: FnOnce(&Transaction<'_>) -> Result<T, StoreError>>(
        &self,
        inner: &mut Inner,
        durability: Durability,
        work: &mut Option<W>,
    ) -> Result<Option<T>, StoreError> {
        let failed = |error| self.failed(error);
        inner.set_durability(durability).map_err(failed)?;
        let files = inner.files;
        let transaction = inner
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed)?;
        // From here on until the end nobody else marks it.
        if files.found(&self.folder) != Found::Standing {
            return Ok(None);
        }
        let Some(work) = work.take() else { return Ok(None) };
        let done = work(&transaction)?;
        transaction.commit().map_err(failed)?;
        Ok(Some(done))
    }

    /// Sees to it that the ledger is the file that others find under its name, and that they find this process alive.
    pub(super) fn stand(&self, inner: &mut Inner) -> Result<(), StoreError> {
        match inner.files.found(&self.folder) {
            Found::Standing => {}
            Found::Gone => self.put_back(inner)?,
            Found::Replaced => self.follow(inner)?,
        }
        if let Some(owner) = &inner.owner
            && owner.hold()?
        {
            self.vouch(inner)?;
        }
        let now = self.clock.elapsed();
        inner.vouched.take_if(|(_, until)| *until <= now);
        Ok(())
    }

    /// Where one lock was deleted, those of others were, who may not have noticed yet: for a while they are taken for alive.
    fn vouch(&self, inner: &mut Inner) -> Result<(), StoreError> {
        let names = at_work(&inner.connection).map_err(|error| self.failed(error))?;
        let mut locks = owner::vouch(&self.folder, &names)?;
        locks.extend(inner.vouched.take().into_iter().flat_map(|(locks, _)| locks));
        inner.vouched = Some((locks, self.clock.elapsed() + GRACE));
        Ok(())
    }

    fn put_back(&self, inner: &mut Inner) -> Result<(), StoreError> {
        make_folder(&self.folder)?;
        let _lock = lock_upgrade(&self.folder)?;
        // Somebody else may have been faster.
        match inner.files.found(&self.folder) {
            Found::Standing => return Ok(()),
            Found::Replaced => return self.follow(inner),
            Found::Gone => {}
        }
        if let Some(owner) = &inner.owner {
            owner.hold()?;
        }
        self.vouch(inner)?;
        put_back(&self.folder, &inner.connection)?;
        crash::point("store.put-back");
        tracing::warn!("the ledger was deleted while it was in use; it was put back");
        self.follow(inner)
    }

    /// Goes on with the ledger that stands there, if it was made of the one that this process has open.
    fn follow(&self, inner: &mut Inner) -> Result<(), StoreError> {
        let failed = |error| self.failed(error);
        let marks = put_backs(&inner.connection).map_err(failed)?;
        if marks.len() == inner.put_backs {
            return Err(self.astray());
        }
        let connection = connect(&database(&self.folder), OpenFlags::empty()).map_err(failed)?;
        let found = put_backs(&connection).map_err(failed)?;
        if !marks.is_subset(&found) {
            return Err(self.astray());
        }
        inner.connection = connection;
        inner.files = Files::now(&self.folder);
        inner.put_backs = found.len();
        inner.durability = Durability::Synced;
        Ok(())
    }

    fn astray(&self) -> StoreError {
        StoreError::Ledger {
            path: database(&self.folder),
            what: "was taken away or replaced while it was in use",
        }
    }
}

/// Everybody whose calls or occasions are under way, or were when they died.
fn at_work(connection: &Connection) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare(
        "SELECT DISTINCT owner FROM claims
         WHERE open AND state IN ('claimed', 'submitted', 'received') AND owner <> ''
         UNION SELECT owner FROM occasions WHERE state = 'running'",
    )?;
    statement.query_map([], |row| row.get(0))?.collect()
}

#[cfg(all(test, unix))]
mod tests;
