//! Where the events of the followed paths come from: the folders to be watched, and the names in them that matter.
//!
//! Files are never watched themselves: a program that saves by renaming puts another file in their place. Links are
//! followed by hand, so that what they lead to, and the links themselves, are both on the ground. Of a path that is not
//! there, the nearest folder above it that is.

use super::followed::Followed;
use crate::store::fs::{self, LookAt, Standing};
use notify::{
    Event, EventKind,
    event::{AccessKind, AccessMode, ModifyKind},
};
use std::{
    collections::{BTreeMap, HashSet, VecDeque},
    ffi::OsString,
    path::{Component, Path, PathBuf},
};

/// As many links as Linux follows.
const MOST_LINKS: usize = 40;

/// What an event means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// Nothing.
    None,
    /// A followed path may have changed.
    Stirs,
    /// The ground may have changed, or events were lost.
    Shakes,
}

/// Folders and names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Ground {
    /// To be watched, and whether nothing can be noticed without. Those above come first.
    pub(super) folders: BTreeMap<PathBuf, bool>,
    /// Where files stand or would stand.
    spots: HashSet<PathBuf>,
    /// What leads there: folders, links, and names of folders that are not there.
    ways: HashSet<PathBuf>,
    /// Folders that are listed, and by which extension.
    listed: HashSet<(PathBuf, OsString)>,
}

/// A part of a path on the way.
enum Part {
    Start(OsString),
    Up,
    Name(OsString),
}

impl Ground {
    /// Looks where the followed paths lead now.
    pub(super) fn of(followed: &Followed) -> Self {
        let mut ground = Self::default();
        for (look, _) in followed.looks() {
            let Ok(path) = std::path::absolute(&look.path) else {
                continue;
            };
            let extension = match &look.at {
                LookAt::Names { extension } => Some(extension.as_str()),
                LookAt::Content { .. } | LookAt::Sound => None,
            };
            let is_home = |folder: &Path| followed.homes().iter().any(|home| folder.starts_with(home));
            ground.walk(&path, extension, &is_home);
        }
        ground
    }

    /// Goes along a path as the system would.
    fn walk(&mut self, path: &Path, listed: Option<&str>, is_home: &dyn Fn(&Path) -> bool) {
        let mut left: VecDeque<_> = parts(path).collect();
        let (mut at, mut links) = (PathBuf::new(), 0);
        while let Some(part) = left.pop_front() {
            let name = match part {
                Part::Start(start) => {
                    at.push(start);
                    continue;
                }
                Part::Up => {
                    at.pop();
                    continue;
                }
                Part::Name(name) => name,
            };
            let spot = at.join(name);
            match fs::standing(&spot) {
                Standing::Link(target) if links < MOST_LINKS => {
                    links += 1;
                    self.watch(&at, true);
                    self.ways.insert(spot);
                    if target.is_absolute() {
                        at = PathBuf::new();
                    }
                    parts(&target).rev().for_each(|part| left.push_front(part));
                }
                Standing::Folder if !left.is_empty() || listed.is_some() => {
                    // The folder of the file itself may go and come back wherever it is.
                    self.pass(&at, &spot, left.len() < 2 || is_home(&spot));
                    at = spot;
                }
                _ => {
                    self.watch(&at, true);
                    let is_spot = left.is_empty() && listed.is_none();
                    let places = if is_spot { &mut self.spots } else { &mut self.ways };
                    places.insert(spot);
                    return;
                }
            }
        }
        if let Some(extension) = listed {
            self.watch(&at, true);
            self.listed.insert((at, extension.into()));
        }
    }

    fn pass(&mut self, at: &Path, folder: &Path, matters: bool) {
        // The top of a file system does not go away, and some systems would report everything below it.
        if matters && at.parent().is_some() {
            self.watch(at, false);
        }
        if matters {
            self.ways.insert(folder.to_owned());
        }
    }

    fn watch(&mut self, folder: &Path, is_needed: bool) {
        if let Some(known) = self.folders.get_mut(folder) {
            *known |= is_needed;
        } else {
            self.folders.insert(folder.to_owned(), is_needed);
        }
    }

    /// What an event means here.
    pub(super) fn weigh(&self, event: &Event) -> Weight {
        if event.need_rescan() {
            return Weight::Shakes;
        }
        // Reading is an access, too: whoever looks would wake himself.
        let is_access = matches!(event.kind, EventKind::Access(_));
        if is_access && event.kind != EventKind::Access(AccessKind::Close(AccessMode::Write)) {
            return Weight::None;
        }
        let paths = event.paths.iter();
        paths.map(|path| self.weigh_path(path, &event.kind)).max().unwrap_or(Weight::None)
    }

    fn weigh_path(&self, path: &Path, kind: &EventKind) -> Weight {
        // Some systems say of a folder that it was modified whenever something in it was.
        let is_content = matches!(kind, EventKind::Modify(ModifyKind::Any | ModifyKind::Data(_)));
        if self.ways.contains(path) && !is_content {
            return Weight::Shakes;
        }
        let in_list = || {
            let (Some(folder), Some(extension)) = (path.parent(), path.extension()) else {
                return false;
            };
            self.listed.contains(&(folder.to_owned(), extension.to_owned()))
        };
        if self.spots.contains(path) || in_list() {
            Weight::Stirs
        } else {
            Weight::None
        }
    }
}

fn parts(path: &Path) -> impl DoubleEndedIterator<Item = Part> {
    path.components().filter_map(|part| match part {
        Component::Prefix(_) | Component::RootDir => Some(Part::Start(part.as_os_str().to_owned())),
        Component::CurDir => None,
        Component::ParentDir => Some(Part::Up),
        Component::Normal(name) => Some(Part::Name(name.to_owned())),
    })
}
