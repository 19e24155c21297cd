//! The store itself: its folder, its one connection, and how both are opened.

use super::{
    StoreError,
    fs::{self, Act},
    owner::{self, Owner},
    schema,
};
use crate::base::{
    digest::Digest,
    time::{Clock, Timestamp},
};
use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// How long a process waits for another's transaction; each takes about one fsync.
const BUSY: Duration = Duration::from_secs(30);

/// What is known of every take, call, upload and run of a project. Several processes may use one at the same time.
#[derive(Debug)]
pub struct Store {
    /// The project's root, absolute.
    pub(super) root: PathBuf,
    /// `.takesheet` in it.
    pub(super) folder: PathBuf,
    pub(super) clock: Arc<dyn Clock>,
    inner: Mutex<Inner>,
}

/// What one thread uses at a time.
#[derive(Debug)]
pub(super) struct Inner {
    connection: Connection,
    /// How long its transactions last now.
    durability: Durability,
    /// Made when the first claim or blob needs it: who only plans owns nothing.
    owner: Option<Arc<Owner>>,
    /// Digests of the placed files by path, read once.
    pub(super) placed: Option<HashMap<String, Digest>>,
}

impl Inner {
    pub(super) const fn connection(&self) -> &Connection {
        &self.connection
    }

    fn set_durability(&mut self, durability: Durability) -> rusqlite::Result<()> {
        if self.durability == durability {
            return Ok(());
        }
        self.connection.pragma_update(None, "synchronous", durability.level())?;
        self.durability = durability;
        Ok(())
    }
}

/// How long a transaction must last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Durability {
    /// Beyond a power failure: on disk when it returns. Everything about money.
    Synced,
    /// Beyond a crash of the program; a power failure may undo it as a whole. What can be found out again.
    Ordered,
}

impl Durability {
    /// As SQLite calls it.
    const fn level(self) -> &'static str {
        match self {
            Self::Synced => "FULL",
            Self::Ordered => "NORMAL",
        }
    }
}

impl Store {
    /// Opens the store of a project, and makes it on first use: `.takesheet` in `root`, which git ignores.
    pub fn open(root: &Path, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let root = std::path::absolute(root).map_err(Act::Read.failed(root))?;
        let folder = root.join(".takesheet");
        check_links(&root, &folder)?;
        fs::create_dir_all(&folder)?;
        let ignore = folder.join(".gitignore");
        if !fs::exists(&ignore) {
            fs::write_new(&ignore, b"*\n")?;
        }
        Self::open_at(root, clock, OpenFlags::SQLITE_OPEN_CREATE)
    }

    /// Opens the store of a project if there is one, and makes nothing.
    pub fn open_existing(root: &Path, clock: Arc<dyn Clock>) -> Result<Option<Self>, StoreError> {
        let root = std::path::absolute(root).map_err(Act::Read.failed(root))?;
        if !fs::exists(&database(&root.join(".takesheet"))) {
            return Ok(None);
        }
        check_links(&root, &root.join(".takesheet"))?;
        Self::open_at(root, clock, OpenFlags::empty()).map(Some)
    }

    fn open_at(root: PathBuf, clock: Arc<dyn Clock>, create: OpenFlags) -> Result<Self, StoreError> {
        let folder = root.join(".takesheet");
        let path = database(&folder);
        let failed = |source| StoreError::Database {
            path: path.clone(),
            source,
        };
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | create;
        let mut connection = Connection::open_with_flags(&path, flags).map_err(failed)?;
        connection.busy_timeout(BUSY).map_err(failed)?;
        connection.set_prepared_statement_cache_capacity(64);
        let found = schema::version(&connection).map_err(failed)?;
        if found > schema::CURRENT {
            let known = schema::CURRENT;
            return Err(StoreError::Newer { path, found, known });
        }
        if found < schema::CURRENT {
            upgrade(&folder, &mut connection)?;
        }
        connection
            .pragma_update(None, "synchronous", Durability::Synced.level())
            .map_err(failed)?;
        // macOS only: without it a sync ends in the drive's cache, and a power failure takes a claim along.
        connection.pragma_update(None, "fullfsync", true).map_err(failed)?;
        // A link that is not needed any more is wiped from the file, not only from the table: it may be signed.
        connection
            .pragma_update_and_check(None, "secure_delete", true, |_| Ok(()))
            .map_err(failed)?;
        Ok(Self {
            inner: Mutex::new(Inner {
                connection,
                durability: Durability::Synced,
                owner: None,
                placed: None,
            }),
            root,
            folder,
            clock,
        })
    }

    /// The project's root, absolute.
    pub fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        // A panic of another thread leaves no transaction open: dropping one rolls it back.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// This process in the ledger.
    pub(super) fn owner(&self) -> Result<Arc<Owner>, StoreError> {
        let mut inner = self.lock();
        if let Some(owner) = &inner.owner {
            return Ok(Arc::clone(owner));
        }
        let owner = Arc::new(Owner::enter(&self.folder)?);
        inner.owner = Some(Arc::clone(&owner));
        Ok(owner)
    }

    /// Whether the process of that name still runs.
    pub(super) fn is_alive(&self, owner: &str) -> bool {
        owner::is_alive(&self.folder, owner)
    }

    /// Reads from the database.
    pub(super) fn query<T>(&self, work: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Result<T, StoreError> {
        work(&self.lock().connection).map_err(|error| self.failed(error))
    }

    /// Changes the database in one transaction that no other process interrupts.
    pub(super) fn change<T>(
        &self,
        durability: Durability,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let mut inner = self.lock();
        let failed = |error| self.failed(error);
        inner.set_durability(durability).map_err(failed)?;
        let transaction = inner
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed)?;
        let done = work(&transaction)?;
        transaction.commit().map_err(failed)?;
        Ok(done)
    }

    /// The database's error with its place.
    pub(super) fn failed(&self, source: rusqlite::Error) -> StoreError {
        StoreError::Database {
            path: database(&self.folder),
            source,
        }
    }
}

/// Refuses a store of which a part lies elsewhere by way of a link: opening it writes.
fn check_links(root: &Path, folder: &Path) -> Result<(), StoreError> {
    let blobs = super::blobs::temps(folder);
    [database(folder), folder.join("owners"), blobs].iter().try_for_each(|path| fs::stay_inside(root, path))
}

/// Brings the database to the current schema. One process at a time: switching to WAL knows no waiting.
fn upgrade(folder: &Path, connection: &mut Connection) -> Result<(), StoreError> {
    let path = folder.join("upgrade.lock");
    fs::write_new(&path, b"")?;
    let lock = fs::open_for_lock(&path).map_err(Act::Lock.failed(&path))?;
    lock.lock().map_err(Act::Lock.failed(&path))?;
    connection
        .pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))
        .and_then(|()| schema::migrate(connection))
        .map_err(|source| StoreError::Database {
            path: database(folder),
            source,
        })
}

/// The files that hold a project's database; the second one is there while somebody uses it.
pub fn database_files(root: &Path) -> [PathBuf; 2] {
    let folder = root.join(".takesheet");
    [database(&folder), folder.join("takesheet.db-wal")]
}

fn database(folder: &Path) -> PathBuf {
    folder.join("takesheet.db")
}

/// A time as the database keeps it: nanoseconds since 1970.
pub(super) fn to_nanos(at: Timestamp) -> i64 {
    i64::try_from(at.as_nanosecond()).unwrap_or(i64::MAX)
}

/// The time behind [`to_nanos`].
pub(super) fn from_nanos(nanos: i64) -> Timestamp {
    Timestamp::from_nanosecond(nanos.into()).unwrap_or(Timestamp::UNIX_EPOCH)
}

#[cfg(test)]
mod tests;
