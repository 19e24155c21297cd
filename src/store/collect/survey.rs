//! Finds what is needed, and what lies around.

use super::{IdleTake, Leftover, Part};
use crate::{
    base::{digest::Digest, money::Price},
    catalog,
    plan::{Key, StoredTake},
    store::{
        Blob, Store, StoreError, TakeSheet, blobs, fs, lost::names_by_key, memory::digest, open::to_nanos, outputs,
        owner,
    },
};
use rusqlite::Connection;
use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
};

/// Folders in which no take sheet of a person's lies.
const NOT_SEARCHED: [&str; 2] = [".git", ".takesheet"];

/// A file in the making whose process cannot be told is left alone for a day.
const ABANDONED_NANOS: i64 = 24 * 3600 * 1_000_000_000;

/// Everything that holds a take.
pub(super) struct Needs {
    /// Keys of rows of take sheets and of open calls.
    keys: HashSet<Key>,
    /// The same by audio.
    digests: HashSet<Digest>,
    latest: HashSet<Key>,
    names: HashMap<Key, Vec<(String, String)>>,
    /// The take and the failure of each open call that failed.
    doubts: Vec<(String, String)>,
}

impl Needs {
    pub(super) fn gather(store: &Store) -> Result<Self, StoreError> {
        let mut needs = store.query(|connection| {
            let mut needs = Self {
                keys: HashSet::new(),
                digests: HashSet::new(),
                latest: latest(connection)?,
                names: names_by_key(connection)?,
                doubts: Vec::new(),
            };
            needs.add_open_calls(connection)?;
            Ok(needs)
        })?;
        for path in take_sheets(&store.root)? {
            let sheet = TakeSheet::read(&path)?;
            needs.keys.extend(sheet.rows().iter().map(|row| row.key));
            needs.digests.extend(sheet.rows().iter().map(|row| row.digest));
        }
        Ok(needs)
    }

    fn add_open_calls(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let mut statement = connection.prepare("SELECT key, digest, take, failure FROM claims WHERE open")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            self.keys.insert(Key(digest(row, 0)?));
            let audio: Option<String> = row.get(1)?;
            self.digests.extend(audio.and_then(|hex| Digest::parse(&hex)));
            if let Some(failure) = row.get(3)? {
                self.doubts.push((row.get(2)?, failure));
            }
        }
        Ok(())
    }

    /// Whether a take stays whatever is asked for.
    pub(super) fn needs(&self, store: &Store, take: &StoredTake) -> bool {
        self.keys.contains(&take.key) || self.digests.contains(&take.digest) || has_file(store, take)
    }

    pub(super) fn idle(&self, store: &Store, take: &StoredTake, is_shared: bool) -> Result<IdleTake, StoreError> {
        let again = store.request(take.key)?.and_then(|request| {
            let model = catalog::model(&request.model)?;
            Some(model.price(request.backend))
        });
        Ok(IdleTake {
            key: take.key,
            digest: take.digest,
            bytes: if is_shared { 0 } else { store.size_of(Blob::of(take)) },
            names: self.names.get(&take.key).cloned().unwrap_or_default(),
            at: take.at,
            paid: take.paid(),
            again: again.unwrap_or(Price::Unknown),
            is_latest: self.latest.contains(&take.key),
        })
    }

    /// Audio that belongs to no take and to no call that is not finished.
    pub(super) fn parts(&self, store: &Store, takes: &[StoredTake]) -> Result<Vec<Part>, StoreError> {
        let known: HashSet<Digest> = takes.iter().map(|take| take.digest).collect();
        let mut parts = Vec::new();
        for (digest, path) in stored_audio(store)? {
            let is_kept = path == store.kept_path(digest);
            if !is_kept && known.contains(&digest) || self.digests.contains(&digest) {
                continue;
            }
            let bytes = fs::stamp(&path).map_or(0, |stamp| stamp.size);
            // The failure of a call names the file in which what came of its audio is kept.
            let hex = digest.hex();
            let doubts = self.doubts.iter().filter(|(_, failure)| failure.contains(&hex[2..]));
            parts.push(Part {
                digest,
                bytes,
                path,
                of: doubts.map(|(take, _)| take.clone()).collect(),
            });
        }
        parts.sort_by_key(|part| part.digest.hex());
        Ok(parts)
    }
}

/// The latest key under each name.
fn latest(connection: &Connection) -> rusqlite::Result<HashSet<Key>> {
    let mut statement = connection.prepare("SELECT key FROM names")?;
    statement.query_map([], |row| Ok(Key(digest(row, 0)?)))?.collect()
}

/// Whether a take lies under one of the names it got.
fn has_file(store: &Store, take: &StoredTake) -> bool {
    let paths = store.query(|connection| outputs::paths_of(connection, take.digest));
    // In doubt it does.
    paths.map_or(true, |paths| {
        paths.iter().any(|path| fs::exists(&store.root.join(path)))
    })
}

/// Every take sheet of a project. Links are followed, each folder is searched once.
fn take_sheets(root: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let mut sheets = Vec::new();
    let mut seen = HashSet::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        if !seen.insert(fs::real(&folder).unwrap_or_else(|| folder.clone())) {
            continue;
        }
        for path in fs::entries(&folder)? {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            match fs::is_folder(&path) {
                true if NOT_SEARCHED.contains(&name.as_ref()) => {}
                true => folders.push(path),
                false if name.ends_with(".takes.yaml") => sheets.push(path),
                false => {}
            }
        }
    }
    Ok(sheets)
}

/// Everything in `blobs` that is named by a digest, with its place.
fn stored_audio(store: &Store) -> Result<Vec<(Digest, PathBuf)>, StoreError> {
    let blobs = store.folder.join("blobs");
    let mut found = Vec::new();
    if !fs::exists(&blobs) {
        return Ok(found);
    }
    for folder in fs::entries(&blobs)?.into_iter().filter(|path| fs::is_folder(path)) {
        let start = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        for path in fs::entries(&folder)? {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let digest = match name.strip_prefix("kept-") {
                Some(hex) if folder == blobs::temps(&store.folder) => Digest::parse(hex),
                _ => Digest::parse(&format!("{start}{name}")),
            };
            found.extend(digest.map(|digest| (digest, path)));
        }
    }
    Ok(found)
}

/// Unfinished files and locks of processes that are gone, and files in the making that nobody finished for a day.
pub(super) fn leftovers(store: &Store) -> Result<Vec<Leftover>, StoreError> {
    let now = to_nanos(store.clock.now());
    let is_abandoned = |path: &Path| {
        fs::stamp(path).is_ok_and(|stamp| stamp.modified > 0 && stamp.modified.saturating_add(ABANDONED_NANOS) < now)
    };
    let mut found = owner::left_behind(&store.folder);
    let mut folders = vec![store.folder.clone()];
    while let Some(folder) = folders.pop() {
        for path in fs::entries(&folder)? {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let is_copy = name.strip_prefix("takesheet.db.").is_some_and(|rest| rest.len() == 32);
            let is_temp = name.starts_with('.') && (name.ends_with(".tmp") || name.ends_with(fs::MARK));
            if fs::is_plain_folder(&path) {
                folders.push(path);
            } else if (is_copy || is_temp) && is_abandoned(&path) {
                found.push(path);
            }
        }
    }
    found.sort();
    let leftover = |path: PathBuf| Leftover {
        bytes: fs::stamp(&path).map_or(0, |stamp| stamp.size),
        path,
    };
    Ok(found.into_iter().map(leftover).collect())
}
