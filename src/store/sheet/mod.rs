//! The take sheet: `NAME.takes.yaml` beside the pipeline, the record of takes that goes into git.
//!
//! Knows nothing of pipelines; takes are texts here. Its invariants:
//!
//! * One line a take, sorted by name and then key, so that two branches merge. The same content is the same bytes.
//! * What a person wrote (ratings, choices, notes, fields of their own, comment lines) survives, also what they wrote
//!   while a run was under way.
//! * A sheet that cannot be read is an error that says where, and is left as it is.

mod comments;
mod measures;
mod row;

pub use measures::Measures;
pub use row::{Choice, SheetRow};

use super::{StoreError, fs};
use crate::plan::Key;
use serde::Deserialize;
use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
};

/// The version of the format.
const VERSION: u32 = 1;

const HEADER: &str = "\
# The takes of this pipeline, one line each. takesheet adds lines and keeps what you write:
# `rating` (1 to 5), `state` (kept or rejected), `note`, and fields of your own.
";

/// A take sheet as it was read, with what was added since.
#[derive(Clone, Debug, Default)]
pub struct TakeSheet {
    path: PathBuf,
    /// As read; nothing if there is no such file.
    source: Option<String>,
    header: String,
    rows: Vec<SheetRow>,
    tail: Vec<String>,
    /// Names of takes that the pipeline has, on disk or not: no row under such a name is a renamed one.
    alive: HashSet<String>,
    /// What was added since reading, to be added again if the file changed meanwhile.
    added: Vec<SheetRow>,
}

/// The file's shape. Fields of a person's own live in rows only, so an unknown one here is a slip.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    #[serde(default)]
    takes: Option<Vec<SheetRow>>,
}

impl TakeSheet {
    /// Where the take sheet of a pipeline lies.
    pub fn path(folder: &Path, pipeline: &str) -> PathBuf {
        folder.join(format!("{pipeline}.takes.yaml"))
    }

    /// Reads a take sheet; one that is not there has no rows. A link is followed if it stays inside the project, whose
    /// root is given: the sheet is written there, too.
    pub fn read_in(root: &Path, path: &Path) -> Result<Self, StoreError> {
        let place = std::path::absolute(path).map_err(fs::Act::Read.failed(path))?;
        // The pipeline's folder may have been named by way of `..` or of a link, which is for the user to do.
        let folder = place.parent().and_then(fs::real);
        if let (Some(root), Some(folder), Some(name)) = (fs::real(root), folder, place.file_name()) {
            fs::stay_inside(&root, &folder.join(name))?;
        }
        Self::read(path)
    }

    /// Reads a take sheet, wherever it lies; one that is not there has no rows.
    pub fn read(path: &Path) -> Result<Self, StoreError> {
        let source = fs::read_text(path)?;
        let mut sheet = Self {
            path: path.to_owned(),
            header: HEADER.into(),
            ..Self::default()
        };
        if let Some(text) = &source {
            sheet.fill(text)?;
        }
        sheet.source = source;
        Ok(sheet)
    }

    fn fill(&mut self, text: &str) -> Result<(), StoreError> {
        let broken = |line: Option<usize>, message: String| StoreError::Sheet {
            path: self.path.clone(),
            line,
            message,
        };
        let text = text.trim_start_matches('\u{feff}');
        if let Some(line) = text.lines().position(|line| line.starts_with("<<<<<<<")) {
            let message = "an unresolved merge conflict: keep the lines of both sides".into();
            return Err(broken(Some(line + 1), message));
        }
        let found = comments::collect(text);
        if !found.header.trim().is_empty() {
            self.header = found.header;
        }
        if found.is_blank {
            return Ok(());
        }
        let file: File = serde_yaml::from_str(text).map_err(|error| {
            let line = error.location().map(|place| place.line());
            broken(line, row::without_place(&error.to_string()))
        })?;
        if file.version != VERSION {
            let message = format!(
                "version {} is not known to this takesheet; it writes {VERSION}",
                file.version
            );
            return Err(broken(None, message));
        }
        self.rows = file.takes.unwrap_or_default();
        self.tail = comments::attach(&mut self.rows, found.rows, found.tail);
        self.settle();
        Ok(())
    }

    /// Says which takes the pipeline has, those of no concern to this run included.
    #[must_use]
    pub fn of_takes(mut self, names: impl IntoIterator<Item = String>) -> Self {
        self.alive = names.into_iter().collect();
        self
    }

    /// Every row, in order.
    pub fn rows(&self) -> &[SheetRow] {
        &self.rows
    }

    /// Takes in takes that are on disk. What a person wrote stays; rows of other takes stay too, unless such a take
    /// lives on under another name: then its row is renamed.
    pub fn update(&mut self, rows: &[SheetRow]) {
        let names: HashSet<&str> = rows.iter().map(|row| row.take.as_str()).collect();
        let mut places: HashMap<Key, Vec<usize>> = HashMap::new();
        for (at, row) in self.rows.iter().enumerate() {
            places.entry(row.key).or_default().push(at);
        }
        for new in rows {
            let places = places.entry(new.key).or_default();
            let same = |at: &&usize| self.rows[**at].take == new.take;
            let is_alive = |name: &str| names.contains(name) || self.alive.contains(name);
            let renamed = |at: &&usize| !is_alive(&self.rows[**at].take);
            let at = places.iter().find(same).or_else(|| places.iter().find(renamed));
            if let Some(at) = at.copied() {
                self.rows[at].measure_again(new);
            } else {
                places.push(self.rows.len());
                self.rows.push(new.clone());
            }
        }
        self.added.extend_from_slice(rows);
        self.settle();
    }

    /// Writes the sheet if it says something new, and returns whether it did. What was changed in the file since it
    /// was read is read again first.
    pub fn write(&mut self) -> Result<bool, StoreError> {
        let now = fs::read_text(&self.path)?;
        if now != self.source {
            let mut sheet = Self::read(&self.path)?.of_takes(std::mem::take(&mut self.alive));
            sheet.update(&self.added);
            *self = sheet;
        }
        let text = self.text();
        if self.rows.is_empty() || self.source.as_deref() == Some(&text) {
            return Ok(false);
        }
        fs::atomic_write(&self.path, text.as_bytes())?;
        self.source = Some(text);
        Ok(true)
    }

    /// Sorts, and makes one of two rows for the same take, as a merge may leave them.
    fn settle(&mut self) {
        self.rows.sort_by(|a, b| (&a.take, a.key).cmp(&(&b.take, b.key)));
        self.rows.dedup_by(|later, earlier| {
            let is_same = later.key == earlier.key && later.take == earlier.take;
            if is_same {
                earlier.fill_gaps(later);
            }
            is_same
        });
    }

    fn text(&self) -> String {
        let mut text = format!("{}version: {VERSION}\ntakes:\n", self.header);
        for row in &self.rows {
            for comment in &row.comments {
                text.push_str(comment);
                text.push('\n');
            }
            text.push_str("- ");
            text.push_str(&row.line());
            text.push('\n');
        }
        for comment in &self.tail {
            text.push_str(comment);
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests;
