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

/// A part of a path.
enum Part {
    Start(OsString),
    Up,
    Name(OsString),
}

/// On the way along a path.
struct Way<'a> {
    /// Without links.
    at: PathBuf,
    left: VecDeque<Part>,
    links: usize,
    /// The extension, if the path is a folder that is listed.
    listed: Option<&'a str>,
}

impl<'a> Way<'a> {
    fn along(path: &Path, listed: Option<&'a str>) -> Self {
        Self {
            at: PathBuf::new(),
            left: parts(path).collect(),
            links: 0,
            listed,
        }
    }

    /// Goes on to the next name.
    fn next_name(&mut self) -> Option<OsString> {
        loop {
            match self.left.pop_front()? {
                Part::Start(start) => self.at.push(start),
                Part::Up => _ = self.at.pop(),
                Part::Name(name) => return Some(name),
            }
        }
    }

    fn follow_link(&mut self, target: &Path) {
        self.links += 1;
        if target.is_absolute() {
            self.at = PathBuf::new();
        }
        for part in parts(target).rev() {
            self.left.push_front(part);
        }
    }

    /// Whether the name just passed is where a folder must stand.
    fn needs_folder(&self) -> bool {
        !self.left.is_empty() || self.listed.is_some()
    }

    /// Whether that folder is the last one.
    fn is_last_folder(&self) -> bool {
        self.left.len() < if self.listed.is_some() { 1 } else { 2 }
    }
}

impl Ground {
    /// Looks where the followed paths lead now.
    pub(super) fn of(followed: &Followed) -> Self {
        let mut ground = Self::default();
        for (look, _) in followed.looks() {
            // An empty path is the working folder.
            let Ok(path) = std::path::absolute(Path::new(".").join(&look.path)) else {
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
        let mut way = Way::along(path, listed);
        while let Some(name) = way.next_name() {
            let spot = way.at.join(name);
            match fs::standing(&spot) {
                Standing::Link(target) if way.links < MOST_LINKS => {
                    self.watch(&way.at, true);
                    self.ways.insert(name_of(&spot));
                    way.follow_link(&target);
                }
                Standing::Folder if way.needs_folder() => {
                    // The last folder may go and come back wherever it is.
                    self.pass(&way.at, &spot, way.is_last_folder() || is_home(&spot));
                    way.at = spot;
                }
                _ => return self.end(&way, &spot),
            }
        }
        if let Some(extension) = listed {
            self.watch(&way.at, true);
            self.listed.insert((name_of(&way.at), extension.into()));
        }
    }

    /// A file, or the first name that is not there.
    fn end(&mut self, way: &Way<'_>, spot: &Path) {
        self.watch(&way.at, true);
        let places = if way.needs_folder() {
            &mut self.ways
        } else {
            &mut self.spots
        };
        places.insert(name_of(spot));
    }

    fn pass(&mut self, at: &Path, folder: &Path, matters: bool) {
        // The top of a file system does not go away, and some systems would report everything below it.
        if matters && at.parent().is_some() {
            self.watch(at, false);
        }
        if matters {
            self.ways.insert(name_of(folder));
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
        paths
            .map(|path| self.weigh_path(path, &event.kind))
            .max()
            .unwrap_or(Weight::None)
    }

    fn weigh_path(&self, path: &Path, kind: &EventKind) -> Weight {
        // Some systems say of a folder that it was modified whenever something in it was.
        let is_content = matches!(kind, EventKind::Modify(ModifyKind::Any | ModifyKind::Data(_)));
        let path = &name_of(path);
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

/// As names are compared here.
#[cfg(not(any(target_os = "macos", windows)))]
fn name_of(path: &Path) -> PathBuf {
    path.to_owned()
}

/// As names are compared here: the system tells events by the letters on disk, which may be other than those that a
/// pipeline is written with.
#[cfg(any(target_os = "macos", windows))]
fn name_of(path: &Path) -> PathBuf {
    use unicode_normalization::UnicodeNormalization;
    let letters = path.to_string_lossy();
    let name: String = letters.chars().flat_map(char::to_lowercase).nfc().collect();
    name.into()
}

fn parts(path: &Path) -> impl DoubleEndedIterator<Item = Part> {
    path.components().filter_map(|part| match part {
        Component::Prefix(_) | Component::RootDir => Some(Part::Start(part.as_os_str().to_owned())),
        Component::CurDir => None,
        Component::ParentDir => Some(Part::Up),
        Component::Normal(name) => Some(Part::Name(name.to_owned())),
    })
}
