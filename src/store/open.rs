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
    /// Which file the connection has open, where the system tells; else zero.
    inode: u64,
    /// How long its transactions last now.
    durability: Durability,
    /// Made when the first claim or blob needs it: who only plans owns nothing.
    owner: Option<Arc<Owner>>,
    /// Why the last question about what was rendered before could not be answered.
    pub(super) trouble: Option<StoreError>,
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
        make_folder(&folder)?;
        refuse_to_forget(&folder)?;
        Self::open_at(root, clock, OpenFlags::SQLITE_OPEN_CREATE).map_err(|error| match &error {
            // SQLite only says that it cannot; the folder says why.
            StoreError::Database { source, .. } if cannot_lock(source) => {
                fs::check_writable(&folder).err().unwrap_or(error)
            }
            _ => error,
        })
    }

    /// Opens the store of a project if there is one, and makes nothing.
    pub fn open_existing(root: &Path, clock: Arc<dyn Clock>) -> Result<Option<Self>, StoreError> {
        let root = std::path::absolute(root).map_err(Act::Read.failed(root))?;
        let folder = root.join(".takesheet");
        refuse_to_forget(&folder)?;
        if !fs::exists(&database(&folder)) {
            return Ok(None);
        }
        Self::open_at(root, clock, OpenFlags::empty()).map(Some)
    }

    fn open_at(root: PathBuf, clock: Arc<dyn Clock>, create: OpenFlags) -> Result<Self, StoreError> {
        let folder = root.join(".takesheet");
        let path = database(&folder);
        let failed = |source| StoreError::Database {
            path: path.clone(),
            source,
        };
        let connected = match with_version(connect(&path, create)) {
            // On a medium that cannot be written SQLite lacks the place for its locks, and nobody needs them.
            Err(error) if create.is_empty() && cannot_lock(&error) && is_at_rest(&folder) => {
                with_version(connect_unlocked(&path))
            }
            connected => connected,
        };
        let (mut connection, found) = connected.map_err(failed)?;
        if found > schema::CURRENT {
            let known = schema::CURRENT;
            return Err(StoreError::Newer { path, found, known });
        }
        if found < schema::CURRENT {
            upgrade(&folder, &mut connection)?;
        }
        Ok(Self {
            inner: Mutex::new(Inner {
                connection,
                inode: inode(&path),
                durability: Durability::Synced,
                owner: None,
                trouble: None,
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

    /// Why what was rendered before could not be recalled, if it could not since the last time of asking: a plan that was
    /// made of it is not true.
    pub fn take_trouble(&self) -> Option<StoreError> {
        self.lock().trouble.take()
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
        self.stand(&mut inner)?;
        inner.set_durability(durability).map_err(failed)?;
        let transaction = inner
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed)?;
        let done = work(&transaction)?;
        transaction.commit().map_err(failed)?;
        // What was written into a file that nobody will find is not on disk.
        if self.is_astray(&inner) {
            return Err(self.astray());
        }
        Ok(done)
    }

    /// Sees to it that the ledger is the file that others find under its name. One that was deleted while it was open is
    /// put back as it was; one that was replaced belongs to somebody else.
    fn stand(&self, inner: &mut Inner) -> Result<(), StoreError> {
        if !self.is_astray(inner) {
            return Ok(());
        }
        if fs::exists(&database(&self.folder)) {
            return Err(self.astray());
        }
        tracing::warn!("the ledger was deleted while it was in use; putting it back");
        let (connection, inode) = put_back(&self.folder, &inner.connection)?;
        (inner.connection, inner.inode, inner.durability) = (connection, inode, Durability::Synced);
        Ok(())
    }

    fn is_astray(&self, inner: &Inner) -> bool {
        inode(&database(&self.folder)) != inner.inode
    }

    fn astray(&self) -> StoreError {
        StoreError::Ledger {
            path: database(&self.folder),
            what: "was taken away or replaced while it was in use",
        }
    }

    /// The database's error with its place.
    pub(super) fn failed(&self, source: rusqlite::Error) -> StoreError {
        StoreError::Database {
            path: database(&self.folder),
            source,
        }
    }
}

/// Opens the database with everything that holds for a connection.
fn connect(path: &Path, create: OpenFlags) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | create;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.pragma_update(None, "synchronous", Durability::Synced.level())?;
    // macOS only: without it a sync ends in the drive's cache, and a power failure takes a claim along.
    connection.pragma_update(None, "fullfsync", true)?;
    Ok(connection)
}

/// A connection with the schema that it found: the first look at the database.
fn with_version(connection: rusqlite::Result<Connection>) -> rusqlite::Result<(Connection, u32)> {
    let connection = connection?;
    let version = schema::version(&connection)?;
    Ok((connection, version))
}

fn cannot_lock(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{CannotOpen, ReadOnly};
    matches!(error.sqlite_error_code(), Some(CannotOpen | ReadOnly))
}

/// Whether everything is in the database itself, and no process can add to it.
fn is_at_rest(folder: &Path) -> bool {
    let wal = fs::stamp(&folder.join("takesheet.db-wal"));
    wal.map_or(true, |wal| wal.size == 0) && fs::check_writable(folder).is_err()
}

/// Opens a database that nobody can write, this process included.
fn connect_unlocked(path: &Path) -> rusqlite::Result<Connection> {
    let mut address = String::from("file:");
    for byte in path.to_string_lossy().bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'.' | b'-' | b'_' | b':' => {
                address.push(char::from(byte))
            }
            other => address.push_str(&format!("%{other:02x}")),
        }
    }
    address.push_str("?immutable=1");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(address, flags)
}

/// Makes the store's folder, which git is to ignore.
fn make_folder(folder: &Path) -> Result<(), StoreError> {
    fs::create_dir_all(folder)?;
    let ignore = folder.join(".gitignore");
    if !fs::exists(&ignore) {
        fs::write_new(&ignore, b"*\n")?;
    }
    Ok(())
}

/// A store that had an owner has a ledger. Without it, what was bought, and what is unsure, would be bought again.
fn refuse_to_forget(folder: &Path) -> Result<(), StoreError> {
    // In this order: whoever makes the store makes the ledger before the first owner.
    let was_used = fs::exists(&owner::owners(folder));
    let path = database(folder);
    if was_used && !fs::stamp(&path).is_ok_and(|stamp| stamp.size > 0) && !fs::is_plain_folder(&path) {
        let what = "is gone or empty, but the store beside it was in use";
        return Err(StoreError::Ledger { path, what });
    }
    Ok(())
}

/// Which file stands there, where the system tells; zero if there is none or it does not tell.
fn inode(path: &Path) -> u64 {
    fs::stamp(path).map_or(0, |stamp| stamp.inode)
}

/// Puts a deleted database back from a connection that has it open still. Everything is in it that this process and
/// others wrote.
fn put_back(folder: &Path, open: &Connection) -> Result<(Connection, u64), StoreError> {
    make_folder(folder)?;
    let path = database(folder);
    let failed = |source| StoreError::Database {
        path: path.clone(),
        source,
    };
    let _lock = lock_upgrade(folder)?;
    if !fs::exists(&path) {
        let copy = folder.join(format!("takesheet.db.{}", fs::unique()));
        let text = copy.to_string_lossy();
        open.execute("VACUUM INTO ?1", [text.as_ref()]).map_err(failed)?;
        let connection = connect(&copy, OpenFlags::empty()).map_err(failed)?;
        connection
            .pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))
            .map_err(failed)?;
        drop(connection);
        // A journal that outlived its database would be taken for this one's.
        for left in ["takesheet.db-wal", "takesheet.db-shm"] {
            let left = folder.join(left);
            fs::remove(&left).map_err(Act::Remove.failed(&left))?;
        }
        fs::rename_durably(&copy, &path).map_err(Act::Write.failed(&path))?;
    }
    let connection = connect(&path, OpenFlags::empty()).map_err(failed)?;
    Ok((connection, inode(&path)))
}

/// Brings the database to the current schema. One process at a time: switching to WAL knows no waiting.
fn upgrade(folder: &Path, connection: &mut Connection) -> Result<(), StoreError> {
    let _lock = lock_upgrade(folder)?;
    connection
        .pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))
        .and_then(|()| schema::migrate(connection))
        .map_err(|source| StoreError::Database {
            path: database(folder),
            source,
        })
}

/// Holds off everybody else who would make or change the database's file.
fn lock_upgrade(folder: &Path) -> Result<std::fs::File, StoreError> {
    let path = folder.join("upgrade.lock");
    fs::write_new(&path, b"")?;
    let lock = fs::open_for_lock(&path).map_err(Act::Lock.failed(&path))?;
    lock.lock().map_err(Act::Lock.failed(&path))?;
    Ok(lock)
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
