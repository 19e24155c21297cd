//! What a look at one of the user's paths shows, as far as a plan can tell: the content of a file by its digest, that
//! there is none, or which files a folder lists.
//!
//! Knows nothing of who looks. Two looks that show the same make the same plan.

use super::{LARGEST, digest_of, open, read_limited};
use crate::base::digest::Digest;
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Larger texts are not kept.
const LARGEST_KEPT: u64 = 1 << 20;

/// A way to look at a path.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Look {
    /// As the planner named it.
    pub path: PathBuf,
    /// For what.
    pub at: LookAt,
}

/// What a path is looked at for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LookAt {
    /// The content of a file of at most so many bytes.
    Content {
        /// Bytes.
        limit: u64,
    },
    /// The content of a reference: a store may know it without reading it.
    Sound,
    /// The names of the files in a folder that end in an extension.
    Names {
        /// Without the dot.
        extension: String,
    },
}

/// What a look shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen {
    /// A file.
    Content(Digest),
    /// The files of a folder, sorted; none if there is no such folder.
    Names(Vec<PathBuf>),
    /// No file.
    Absent,
    /// Something that cannot be read.
    Unreadable(io::ErrorKind),
}

impl Look {
    /// For a file of the pipeline.
    pub fn content(path: &Path, limit: u64) -> Self {
        Self {
            path: path.to_owned(),
            at: LookAt::Content { limit },
        }
    }

    /// For a sound file.
    pub fn sound(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            at: LookAt::Sound,
        }
    }

    /// For the files of a folder.
    pub fn names(folder: &Path, extension: &str) -> Self {
        Self {
            path: folder.to_owned(),
            at: LookAt::Names {
                extension: extension.to_owned(),
            },
        }
    }

    /// Looks, and gives a text of moderate size along with its digest.
    pub fn take(&self) -> (Seen, Option<String>) {
        let content =
            |limit| content(&self.path, limit).unwrap_or_else(|error| (Seen::failed(&error), None));
        match &self.at {
            LookAt::Content { limit } => content(*limit),
            LookAt::Sound => content(LARGEST),
            LookAt::Names { extension } => (Seen::of_names(&list(&self.path, extension)), None),
        }
    }
}

impl Seen {
    /// What it means that a file could not be read.
    pub fn failed(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => Self::Absent,
            kind => Self::Unreadable(kind),
        }
    }

    pub(super) fn of_read(read: &io::Result<Vec<u8>>) -> Self {
        match read {
            Ok(bytes) => Self::Content(Digest::of(bytes)),
            Err(error) => Self::failed(error),
        }
    }

    pub(super) fn of_names(listed: &io::Result<Vec<PathBuf>>) -> Self {
        match listed {
            Ok(names) => Self::Names(names.clone()),
            Err(error) => Self::Unreadable(error.kind()),
        }
    }
}

fn content(path: &Path, limit: u64) -> io::Result<(Seen, Option<String>)> {
    let mut file = open(path, limit)?;
    if file.metadata()?.len() > LARGEST_KEPT {
        let (digest, _) = digest_of(&mut file, limit)?;
        return Ok((Seen::Content(digest), None));
    }
    let bytes = read_limited(path, limit)?;
    Ok((Seen::Content(Digest::of(&bytes)), String::from_utf8(bytes).ok()))
}

/// The regular files directly inside a folder that end in an extension, sorted; an absent folder is empty.
pub(super) fn list(folder: &Path, extension: &str) -> io::Result<Vec<PathBuf>> {
    // An empty path is the working folder to everything but the system.
    let here = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    let entries = match fs::read_dir(here) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = folder.join(entry?.file_name());
        if path.extension().is_some_and(|own| own == extension) && path.is_file() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// What stands under a name, links not followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing that can be seen.
    Nothing,
    /// A link to this path.
    Link(PathBuf),
    /// A folder.
    Folder,
    /// A file, or something like it.
    File,
}

/// What stands under a name, links not followed.
pub fn standing(path: &Path) -> Standing {
    let Ok(found) = fs::symlink_metadata(path) else {
        return Standing::Nothing;
    };
    if found.is_symlink() {
        fs::read_link(path).map_or(Standing::Nothing, Standing::Link)
    } else if found.is_dir() {
        Standing::Folder
    } else {
        Standing::File
    }
}
