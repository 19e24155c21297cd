//! The database's file: how it is opened, made, brought up to date, missed, and put back.
//!
//! Knows no table. Its invariants: a store that was in use is never taken for a new one; whoever makes or changes the file
//! itself holds a lock meanwhile; nothing is written beside a database that can only be read.

use super::{
    StoreError,
    fs::{self, Act},
    open::Durability,
    owner, schema,
};
use crate::base::crash;
use rusqlite::{Connection, OpenFlags};
use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    time::Duration,
};

/// How long a process waits for another's transaction; each takes about one fsync.
const BUSY: Duration = Duration::from_secs(30);

/// How often a lock is taken again whose file was deleted meanwhile.
const TRIES: usize = 8;

/// Opens the database, and makes sure that it can be read.
pub(super) fn connect(path: &Path, create: OpenFlags) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | create;
    let usual = Connection::open_with_flags(path, flags).and_then(|connection| {
        crash::point("store.connected");
        connection.busy_timeout(BUSY)?;
        schema::version(&connection)?;
        connection.pragma_update(None, "synchronous", Durability::Synced.level())?;
        // macOS only: without it a sync ends in the drive's cache, and a power failure takes a claim along.
        connection.pragma_update(None, "fullfsync", true)?;
        // A link that is not needed any more is wiped from the file, not only from its table: it may be signed.
        connection.pragma_update_and_check(None, "secure_delete", true, |_| Ok(()))?;
        Ok(connection)
    });
    let connection = match usual {
        Err(error) if create.is_empty() && needs_to_write(&error) => connect_frozen(path).unwrap_or(Err(error)),
        other => other,
    }?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(connection)
}

/// Whether reading failed because the files that SQLite keeps beside a database in use could not be made.
pub(super) fn needs_to_write(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{CannotOpen, PermissionDenied, ReadOnly};
    matches!(
        error.sqlite_error_code(),
        Some(CannotOpen | PermissionDenied | ReadOnly)
    )
}

/// A database in a place where nothing can be written, so that nobody changes it: read as it lies there. Nothing if it
/// lies there with changes that were not brought in, because these would be overlooked.
pub(super) fn connect_frozen(path: &Path) -> Option<rusqlite::Result<Connection>> {
    let has_changes = fs::outline(&write_ahead(path)).is_some_and(|log| log.size > 0);
    let address = (!has_changes).then(|| frozen_address(path))??;
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    Some(Connection::open_with_flags(address, flags))
}

/// `file:/home/ana/song/.takesheet/takesheet.db?immutable=1`, with every byte that means something in an address as
/// `%XX`.
fn frozen_address(path: &Path) -> Option<String> {
    let path = path.to_str()?;
    let path = if cfg!(windows) {
        format!("/{}", path.replace('\\', "/"))
    } else {
        path.to_owned()
    };
    let mut address = String::from("file:");
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/-_.~:".contains(&byte) {
            address.push(char::from(byte));
        } else {
            address.push_str(&format!("%{byte:02X}"));
        }
    }
    Some(address + "?immutable=1")
}

/// Makes the store's folder, which git is to ignore.
pub(super) fn make_folder(folder: &Path) -> Result<(), StoreError> {
    fs::create_dir_all(folder)?;
    crash::point("store.folder");
    let ignore = folder.join(".gitignore");
    if !fs::exists(&ignore) {
        fs::write_new(&ignore, b"*\n")?;
        crash::point("store.ignored");
    }
    Ok(())
}

/// A store that had an owner has a ledger. Without it, what was bought, and what is unsure, would be bought again.
pub(super) fn refuse_to_forget(folder: &Path) -> Result<(), StoreError> {
    // In this order: whoever makes the store makes the ledger before the first owner.
    let was_used = fs::exists(&owner::owners(folder));
    let path = database(folder);
    if was_used && !fs::stamp(&path).is_ok_and(|stamp| stamp.size > 0) && !fs::is_plain_folder(&path) {
        let what = "is gone or empty, but the store beside it was in use";
        return Err(StoreError::Ledger { path, what });
    }
    Ok(())
}

/// Which files a database consists of while it is in use: its own, its log, and what its users share; zero for one that
/// is not there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Files([u64; 3]);

/// What became of the files of a database that is in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// They stand under their names, as far as the system tells.
    Standing,
    /// Some are gone, and nobody put others in their place.
    Gone,
    /// There are others.
    Replaced,
}

impl Files {
    /// Those that stand in the store's folder now.
    pub(super) fn now(folder: &Path) -> Self {
        let own = database(folder);
        let beside = |end: &str| {
            let mut name = own.as_os_str().to_owned();
            name.push(end);
            inode(Path::new(&name))
        };
        Self([inode(&own), beside("-wal"), beside("-shm")])
    }

    /// What became of these. One that is missing beside the ledger is as bad as the ledger itself: whoever came next would
    /// not see what stands in it, nor the locks of those who have it open.
    pub(super) fn found(self, folder: &Path) -> Found {
        if !cfg!(unix) {
            return Found::Standing;
        }
        let now = Self::now(folder);
        let is_left = now.0.iter().zip(&self.0).all(|(now, was)| now == was || *now == 0);
        match now.0 {
            [0, ..] => Found::Gone,
            all if is_left && all.contains(&0) => Found::Gone,
            _ if is_left => Found::Standing,
            _ => Found::Replaced,
        }
    }
}

/// Which file stands there, where the system tells; zero if there is none or it does not tell.
fn inode(path: &Path) -> u64 {
    fs::stamp(path).map_or(0, |stamp| stamp.inode)
}

/// The marks that a database has of every time it was put back. They are never removed, and a copy has those of its
/// original.
pub(super) fn put_backs(connection: &Connection) -> rusqlite::Result<HashSet<String>> {
    let mut statement = connection.prepare("SELECT name FROM marks WHERE name LIKE 'put back %'")?;
    statement.query_map([], |row| row.get(0))?.collect()
}

/// Puts a deleted database back from a connection that has it open still, whoever holds the lock for that. Everything is
/// in it that this process and others wrote, and the original is marked: nobody who looks writes into it any more.
pub(super) fn put_back(folder: &Path, open: &Connection) -> Result<(), StoreError> {
    let path = database(folder);
    let failed = |source| StoreError::Database {
        path: path.clone(),
        source,
    };
    let copy = folder.join(format!("takesheet.db.{}", fs::unique()));
    let text = copy.to_string_lossy();
    open.execute(
        "INSERT INTO marks (name, value) VALUES (?1, '')",
        [format!("put back {}", fs::unique())],
    )
    .and_then(|_| open.execute("VACUUM INTO ?1", [text.as_ref()]))
    .map_err(failed)?;
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
    fs::rename_durably(&copy, &path).map_err(Act::Write.failed(&path))
}

/// Brings the database to the current schema. One process at a time: switching to WAL knows no waiting.
pub(super) fn upgrade(folder: &Path, connection: &mut Connection) -> Result<(), StoreError> {
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
pub(super) fn lock_upgrade(folder: &Path) -> Result<std::fs::File, StoreError> {
    let path = folder.join("upgrade.lock");
    for _ in 0..TRIES {
        fs::write_new(&path, b"")?;
        let before = inode(&path);
        let lock = fs::open_for_lock(&path).map_err(Act::Lock.failed(&path))?;
        lock.lock().map_err(Act::Lock.failed(&path))?;
        // A lock on a file that was deleted while it was waited for holds off nobody.
        if inode(&path) == before && fs::exists(&path) {
            return Ok(lock);
        }
    }
    Err(Act::Lock.failed(&path)(std::io::Error::other(
        "somebody keeps deleting it",
    )))
}

/// The files that hold a project's database; the second one is there while somebody uses it.
pub fn database_files(root: &Path) -> [PathBuf; 2] {
    let database = database(&root.join(".takesheet"));
    let log = write_ahead(&database);
    [database, log]
}

/// Where SQLite keeps what is not yet in the database itself.
fn write_ahead(database: &Path) -> PathBuf {
    let mut name = database.as_os_str().to_owned();
    name.push("-wal");
    name.into()
}

/// The database's file in the store's folder.
pub(super) fn database(folder: &Path) -> PathBuf {
    folder.join("takesheet.db")
}
