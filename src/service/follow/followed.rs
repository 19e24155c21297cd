//! What is to be followed: the looks that planning took, with what they showed.

use crate::{
    service::Project,
    store::{
        Disk,
        fs::{self, Look, Seen},
    },
};
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

/// How the record of takes ends, which a run writes by itself.
const RECORD: &str = ".takes.yaml";

/// What one plan or several were made of.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Followed {
    /// With what the planner saw; without, where it is only to go on being followed.
    looks: BTreeMap<Look, Option<Seen>>,
    /// The projects' folders. Within them and one above, every folder on the way to a file is followed too.
    homes: BTreeSet<PathBuf>,
}

impl Followed {
    /// Everything that was read through a disk, whether it made a plan or not.
    pub fn of(disk: &Disk, project: &Project) -> Self {
        let looks = disk.seen().into_iter().map(|(look, seen)| (look, Some(without_records(seen))));
        let home = fs::real(&project.root).unwrap_or_else(|| project.root.clone());
        Self {
            looks: looks.collect(),
            homes: BTreeSet::from([home]),
        }
    }

    /// This, and what an earlier plan was made of: for a pipeline that cannot be read any more. An earlier plan says
    /// only where to look, not what was seen there: that may have been told of since.
    #[must_use]
    pub fn keeping(mut self, earlier: &Self) -> Self {
        for look in earlier.looks.keys() {
            self.looks.entry(look.clone()).or_insert(None);
        }
        self.homes.extend(earlier.homes.iter().cloned());
        self
    }

    /// What two pipelines were made of.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.homes.extend(other.homes);
        for (look, seen) in other.looks {
            let known = self.looks.entry(look).or_insert(None);
            *known = known.take().or(seen);
        }
        self
    }

    /// Whether a change of this path, as it was told, is one of these.
    pub fn holds(&self, path: &Path) -> bool {
        self.looks.iter().any(|(look, _)| {
            let names = matches!(&look.at, fs::LookAt::Names { .. });
            look.path == path || names && path.parent() == Some(&look.path)
        })
    }

    /// The files that were read or looked for in vain, and the folders that were listed, each once.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        let paths: BTreeSet<_> = self.looks.keys().map(|look| look.path.as_path()).collect();
        paths.into_iter()
    }

    pub(super) fn looks(&self) -> impl Iterator<Item = (&Look, Option<&Seen>)> {
        self.looks.iter().map(|(look, seen)| (look, seen.as_ref()))
    }

    pub(super) const fn homes(&self) -> &BTreeSet<PathBuf> {
        &self.homes
    }
}

/// A folder's names without the records of takes: those are written by runs, and listed only to guess what was meant.
pub(super) fn without_records(seen: Seen) -> Seen {
    let is_record = |path: &Path| path.to_str().is_some_and(|path| path.ends_with(RECORD));
    match seen {
        Seen::Names(names) => Seen::Names(names.into_iter().filter(|path| !is_record(path)).collect()),
        other => other,
    }
}
