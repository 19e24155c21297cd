//! Takes under their names: the audio, `NAME.json` (how it was made) and `NAME.lyrics.txt` (what was sent).
//!
//! The audio comes last, so that a take that is there is complete. What stands in its place already:
//!
//! * the same audio is kept, and so is what the user made of a file that was placed here before;
//! * the beginning of the take, cut short by something that went wrong, makes way;
//! * an earlier take under the same name makes way: its audio stays in the store;
//! * any other file is moved aside, to `NAME.kept-1.EXT`. Nothing is overwritten.

use super::{
    Blob, Store, StoreError,
    fs::{self, Act, Delivery},
    open::Durability,
};
use crate::{
    base::{crash, digest::Digest},
    plan::StoredTake,
};
use rusqlite::{Connection, params};
use std::{
    collections::{HashMap, HashSet},
    io,
    path::{Component, Path, PathBuf},
};

/// A take that is to get its name.
#[derive(Clone, Copy, Debug)]
pub struct Placing<'a> {
    /// The output folder.
    pub folder: &'a Path,
    /// Relative to it, `/` between its parts, extension included.
    pub name: &'a str,
    /// The take; its audio is in the store.
    pub take: &'a StoredTake,
    /// How it was made.
    pub card: &'a serde_json::Value,
    /// What was sent, if it has words.
    pub lyrics: Option<&'a str>,
}

impl Store {
    /// Puts a take under its name and returns its file. A take that is there already is only made complete.
    pub fn place(&self, placing: &Placing<'_>) -> Result<PathBuf, StoreError> {
        let path = self.place_unrecorded(placing)?;
        if self.placed_digest(&path) != Some(placing.take.digest) {
            self.note_output(&path, placing.take.digest)?;
            crash::point("place.noted");
        }
        Ok(path)
    }

    /// As [`Store::place`], when the ledger cannot be written: the file and its card are found without it.
    pub fn place_unrecorded(&self, placing: &Placing<'_>) -> Result<PathBuf, StoreError> {
        let path = output_path(placing.folder, placing.name)?;
        self.check_places(placing.folder, [placing.name.to_owned()])?;
        let folder = path.parent().unwrap_or(placing.folder);
        fs::create_dir_all(folder)?;
        if self.lock().swept.insert(folder.to_owned()) {
            fs::sweep(folder);
        }
        crash::point("place.folder");
        let mut card = serde_json::to_string_pretty(placing.card).expect("a JSON value has text keys only");
        card.push('\n');
        fs::write_changed(&path.with_extension("json"), card.as_bytes())?;
        crash::point("place.card");
        if let Some(lyrics) = placing.lyrics {
            fs::write_changed(&path.with_extension("lyrics.txt"), lyrics.as_bytes())?;
            crash::point("place.lyrics");
        }
        if !self.is_placed(placing.folder, placing.name, placing.take) {
            self.place_audio(&path, placing.take)?;
            crash::point("place.audio");
        }
        Ok(path)
    }

    /// Whether takes may be put under these names: no link on the way leads out of the project. To be asked before they
    /// are bought. Audio is never written through a link; one that stands in its place is moved aside.
    pub fn check_places(&self, folder: &Path, names: impl IntoIterator<Item = String>) -> Result<(), StoreError> {
        let mut folders = HashSet::new();
        for name in names {
            let path = std::path::absolute(output_path(folder, &name)?).map_err(Act::Write.failed(folder))?;
            let parent = path.parent().unwrap_or(folder).to_owned();
            if !folders.contains(&parent) {
                fs::stay_inside(&self.root, &parent)?;
                folders.insert(parent);
            }
            let links = ["json", "lyrics.txt"].map(|beside| path.with_extension(beside));
            let mut links = links.iter().filter(|beside| fs::is_link(beside));
            links.try_for_each(|link| fs::stay_inside(&self.root, link))?;
        }
        Ok(())
    }

    /// Whether the take is there under its name. Looks at the file, and does not read it.
    pub fn is_placed(&self, folder: &Path, name: &str, take: &StoredTake) -> bool {
        let Ok(path) = output_path(folder, name) else {
            return false;
        };
        self.placed_digest(&path) == Some(take.digest)
            && fs::stamp(&path).is_ok_and(|stamp| stamp.size >= take.bytes || !self.is_cut_short(&path, take))
    }

    /// Whether a file is the beginning of a take and nothing else: a write that did not come to its end, no edit.
    fn is_cut_short(&self, path: &Path, take: &StoredTake) -> bool {
        let (Ok(found), Ok(whole)) = (fs::read(path), fs::read(&self.blob_path(take.digest))) else {
            return false;
        };
        found.len() < whole.len() && whole.starts_with(&found)
    }

    fn place_audio(&self, path: &Path, take: &StoredTake) -> Result<(), StoreError> {
        let blob = self.blob_path(take.digest);
        if !self.is_whole(Blob::of(take)) && !self.restore(take.digest)? {
            let what = if fs::exists(&blob) { "damaged" } else { "missing" };
            return Err(StoreError::Blob { path: blob, what });
        }
        // Each round takes away what stood in the way; only a busy user could fill the place so often.
        for _ in 0..8 {
            match fs::deliver(&blob, path).map_err(Act::Write.failed(path))? {
                Delivery::Done => return Ok(()),
                Delivery::Taken if self.make_way(path, take)? => return Ok(()),
                Delivery::Taken => crash::point("place.way"),
            }
        }
        let source = io::Error::new(io::ErrorKind::AlreadyExists, "another program keeps writing it");
        Err(Act::Write.failed(path)(source))
    }

    /// Looks at what stands in a take's place. True if it is the take; else the place is free now.
    fn make_way(&self, path: &Path, take: &StoredTake) -> Result<bool, StoreError> {
        // A pipe, a device or a link to nowhere is nobody's audio, and is moved aside unread.
        if fs::is_file(path) {
            let stamp = fs::stamp(path).map_err(Act::Write.failed(path))?;
            if stamp.size == 0 || self.is_cut_short(path, take) {
                fs::remove(path).map_err(Act::Remove.failed(path))?;
                return Ok(false);
            }
            let found = fs::digest(path).map_err(Act::Read.failed(path))?;
            if found == take.digest {
                return Ok(true);
            }
            if self.placed_digest(path) == Some(found) && self.has_blob(found, stamp.size) {
                fs::remove(path).map_err(Act::Remove.failed(path))?;
                return Ok(false);
            }
        }
        let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let extension = path.extension().unwrap_or_default().to_string_lossy().into_owned();
        let mut number = 1;
        while !fs::move_aside(path, &path.with_file_name(format!("{stem}.kept-{number}.{extension}")))
            .map_err(Act::Write.failed(path))?
        {
            number += 1;
        }
        Ok(false)
    }

    /// Removes what killed processes were writing beside named files.
    pub(super) fn sweep_outputs(&self) -> Result<(), StoreError> {
        let paths: Vec<String> = self.query(|connection| {
            let mut statement = connection.prepare("SELECT path FROM outputs")?;
            statement.query_map([], |row| row.get(0))?.collect()
        })?;
        let folders: HashSet<_> = paths.iter().filter_map(|path| Path::new(path).parent()).collect();
        folders
            .into_iter()
            .for_each(|folder| fs::sweep(&self.root.join(folder)));
        Ok(())
    }

    /// Notes which audio a path got.
    pub(super) fn note_output(&self, path: &Path, digest: Digest) -> Result<(), StoreError> {
        let Some(name) = self.output_key(path) else {
            return Ok(());
        };
        self.change(Durability::Ordered, |transaction| {
            transaction
                .prepare_cached("INSERT OR REPLACE INTO outputs (path, digest) VALUES (?1, ?2)")
                .and_then(|mut statement| statement.execute(params![name, digest.hex()]))
                .map(drop)
                .map_err(|error| self.failed(error))
        })?;
        if let Some(placed) = &mut self.lock().placed {
            placed.insert(name, digest);
        }
        Ok(())
    }

    /// Which audio a path got, if any.
    fn placed_digest(&self, path: &Path) -> Option<Digest> {
        let name = self.output_key(path)?;
        let mut inner = self.lock();
        if inner.placed.is_none() {
            inner.placed = Some(outputs(inner.connection()).ok()?);
        }
        inner.placed.as_ref()?.get(&name).copied()
    }

    /// A path as the database keeps it: relative to the project where it lies inside, so that a project can move.
    fn output_key(&self, path: &Path) -> Option<String> {
        let path = std::path::absolute(path).ok()?;
        path.strip_prefix(&self.root)
            .unwrap_or(&path)
            .to_str()
            .map(str::to_owned)
    }

    /// Whether audio is in the store with its very bytes, if need be brought back from its named file; who only looks is
    /// content to know that it can be.
    pub(super) fn has_audio(&self, connection: &Connection, blob: Blob) -> bool {
        let digest = blob.digest;
        self.is_whole(blob) || self.restore_from(digest, &paths_of(connection, digest).unwrap_or_default())
    }

    /// Brings back a missing or damaged blob from a named file, or from where it was left. False if there is none with
    /// those bytes.
    pub(super) fn restore(&self, digest: Digest) -> Result<bool, StoreError> {
        let paths = self.query(|connection| paths_of(connection, digest))?;
        Ok(self.restore_from(digest, &paths))
    }

    fn restore_from(&self, digest: Digest, paths: &[String]) -> bool {
        let kept = self.kept_path(digest);
        let named = paths.iter().map(|path| self.root.join(path));
        let is_restored = std::iter::once(kept.clone()).chain(named).any(|path| {
            let bytes = fs::read(&path).unwrap_or_default();
            Digest::of(&bytes) == digest && (self.looks_only || self.put_blob(digest, &bytes).is_ok())
        });
        if is_restored && !self.looks_only {
            // In its place now; a second copy would only take room.
            let _ = fs::remove(&kept);
        }
        is_restored
    }
}

/// Where a take's file goes; a name that leads out of the folder is refused.
fn output_path(folder: &Path, name: &str) -> Result<PathBuf, StoreError> {
    let plain = Path::new(name)
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    if name.is_empty() || !plain {
        let source = io::Error::new(io::ErrorKind::InvalidInput, "the name leads out of the output folder");
        return Err(Act::Write.failed(&folder.join(name))(source));
    }
    Ok(folder.join(name))
}

fn outputs(connection: &Connection) -> rusqlite::Result<HashMap<String, Digest>> {
    let mut statement = connection.prepare_cached("SELECT path, digest FROM outputs")?;
    let rows = statement.query_map([], |row| Ok((row.get(0)?, super::memory::digest(row, 1)?)))?;
    rows.collect()
}

/// The paths that got this audio, relative to the project where they lie inside.
pub(super) fn paths_of(connection: &Connection, digest: Digest) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare_cached("SELECT path FROM outputs WHERE digest = ?1")?;
    let rows = statement.query_map([digest.hex()], |row| row.get(0))?;
    rows.collect()
}

#[cfg(test)]
mod tests;
