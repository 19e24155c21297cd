//! The store itself: its folder, its one connection, and how both are opened.

mod standing;

use super::{
    StoreError,
    database::{Files, connect, database, make_folder, needs_to_write, put_backs, refuse_to_forget, upgrade},
    fs::{self, Act},
    owner::{self, Owner},
    salvage, schema,
};
use crate::base::{
    digest::Digest,
    time::{Clock, Timestamp},
};
use rusqlite::{Connection, OpenFlags};
use std::{
    collections::{HashMap, HashSet},
    fs::File,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// What is known of every take, call, upload and run of a project. Several processes may use one at the same time.
#[derive(Debug)]
pub struct Store {
    /// The project's root, absolute.
    pub(super) root: PathBuf,
    /// `.takesheet` in it.
    pub(super) folder: PathBuf,
    pub(super) clock: Arc<dyn Clock>,
    /// Opened by [`Store::open_existing`]: files of the store and of the user are left as they are.
    pub(super) looks_only: bool,
    inner: Mutex<Inner>,
}

/// What one thread uses at a time.
#[derive(Debug)]
pub(super) struct Inner {
    connection: Connection,
    /// What the connection has open.
    files: Files,
    /// How often that had been put back before.
    put_backs: usize,
    /// How long its transactions last now.
    durability: Durability,
    /// Made when the first claim or blob needs it: who only plans owns nothing.
    owner: Option<Arc<Owner>>,
    /// Locks of other processes that this one holds for now, and until when by the clock.
    vouched: Option<(Vec<File>, Duration)>,
    /// Why the last question about what was rendered before could not be answered.
    pub(super) trouble: Option<StoreError>,
    /// Digests of the placed files by path, read once.
    pub(super) placed: Option<HashMap<String, Digest>>,
    /// Output folders in which nothing is left of dead processes.
    pub(super) swept: HashSet<PathBuf>,
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
    pub(super) const fn level(self) -> &'static str {
        match self {
            Self::Synced => "FULL",
            Self::Ordered => "NORMAL",
        }
    }
}

impl Store {
    /// Opens the store of a project, and makes it on first use: `.takesheet` in `root`, which git ignores. Tidies up
    /// after processes that were killed.
    pub fn open(root: &Path, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let root = std::path::absolute(root).map_err(Act::Read.failed(root))?;
        let folder = root.join(".takesheet");
        check_links(&root, &folder)?;
        make_folder(&folder)?;
        refuse_to_forget(&folder)?;
        let opened = Self::open_at(root, clock, OpenFlags::SQLITE_OPEN_CREATE);
        let store = opened.map_err(|error| match &error {
            // SQLite only says that it cannot; the folder says why.
            StoreError::Database { source, .. } if needs_to_write(source) => {
                fs::check_writable(&folder).err().unwrap_or(error)
            }
            _ => error,
        })?;
        fs::sweep(&store.folder);
        owner::tidy_up(&store.folder, || {
            let stay = store.query(|connection| salvage::salvage(connection, &store.folder))?;
            store.sweep_blobs();
            store.sweep_outputs()?;
            Ok(stay)
        })?;
        Ok(store)
    }

    /// Opens the store of a project if there is one, and makes nothing. Where nothing can be written, a store that nobody
    /// uses can be read all the same.
    pub fn open_existing(root: &Path, clock: Arc<dyn Clock>) -> Result<Option<Self>, StoreError> {
        let root = std::path::absolute(root).map_err(Act::Read.failed(root))?;
        let folder = root.join(".takesheet");
        refuse_to_forget(&folder)?;
        if !fs::exists(&database(&folder)) {
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
        let (mut connection, found) = connect(&path, create)
            .and_then(|connection| {
                let found = schema::version(&connection)?;
                Ok((connection, found))
            })
            .map_err(failed)?;
        if found > schema::CURRENT {
            let known = schema::CURRENT;
            return Err(StoreError::Newer { path, found, known });
        }
        if found < schema::CURRENT {
            upgrade(&folder, &mut connection)?;
        }
        let put_backs = put_backs(&connection).map_err(failed)?.len();
        Ok(Self {
            inner: Mutex::new(Inner {
                connection,
                files: Files::now(&folder),
                put_backs,
                durability: Durability::Synced,
                owner: None,
                vouched: None,
                trouble: None,
                placed: None,
                swept: HashSet::new(),
            }),
            root,
            folder,
            clock,
            looks_only: create.is_empty(),
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
        self.stand(&mut inner)?;
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

    /// The database's error with its place.
    pub(super) fn failed(&self, source: rusqlite::Error) -> StoreError {
        StoreError::Database {
            path: database(&self.folder),
            source,
        }
    }
}

/// Refuses a store of which a part lies elsewhere by way of a link, so that using it would write there.
fn check_links(root: &Path, folder: &Path) -> Result<(), StoreError> {
    fs::stay_inside(root, folder)?;
    for inside in ["", "blobs", "blobs/tmp", "locks", "owners", "proofs"] {
        let inside = folder.join(inside);
        let links = fs::links_in(&inside);
        links
            .iter()
            .try_for_each(|link| fs::stay_inside(root, &inside.join(link)))?;
    }
    Ok(())
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
