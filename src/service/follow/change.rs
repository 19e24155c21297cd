//! What changed, as a person is told: which file, how, and where in it.
//!
//! Compares two looks at one path; takes none itself.

use crate::store::fs::{Look, Seen};
use std::path::PathBuf;

/// What happened to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// It was not there before.
    Came,
    /// It has another content.
    Changed,
    /// It is not there any more.
    Went,
}

/// A file that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// As the planner named it.
    pub path: PathBuf,
    /// What happened to it.
    pub kind: Kind,
    /// The first line of a text that is not what it was, from 1.
    pub line: Option<usize>,
}

/// Everything that changed since it was last told, each file once, sorted by path. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Changes(Vec<Change>);

impl Changes {
    /// None if there is nothing to tell.
    pub(super) fn of(mut list: Vec<Change>) -> Option<Self> {
        // The file itself before its folder's word for it, which knows no line.
        list.sort_by(|a, b| a.path.cmp(&b.path).then(b.line.cmp(&a.line)));
        list.dedup_by(|next, kept| next.path == kept.path);
        (!list.is_empty()).then_some(Self(list))
    }

    /// All of them.
    pub fn iter(&self) -> std::slice::Iter<'_, Change> {
        self.0.iter()
    }

    /// How many files.
    #[expect(clippy::len_without_is_empty, reason = "it is never empty")]
    pub fn len(&self) -> usize {
        self.0.len()
    }
}

impl<'a> IntoIterator for &'a Changes {
    type Item = &'a Change;
    type IntoIter = std::slice::Iter<'a, Change>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// What a look showed, and the text of it.
pub(super) type View<'a> = (&'a Seen, Option<&'a str>);

/// What there is to tell between two views of one path.
pub(super) fn between(look: &Look, (old, old_text): View<'_>, (new, new_text): View<'_>) -> Vec<Change> {
    let change = |path: &PathBuf, kind, line| Change {
        path: path.clone(),
        kind,
        line,
    };
    match (old, new) {
        (old, new) if old == new => Vec::new(),
        (Seen::Names(old), Seen::Names(new)) => {
            let came = new.iter().filter(|path| !old.contains(path));
            let went = old.iter().filter(|path| !new.contains(path));
            came.map(|path| change(path, Kind::Came, None))
                .chain(went.map(|path| change(path, Kind::Went, None)))
                .collect()
        }
        (Seen::Absent, _) => vec![change(&look.path, Kind::Came, None)],
        (_, Seen::Absent) => vec![change(&look.path, Kind::Went, None)],
        _ => {
            let line = old_text.zip(new_text).map(|(old, new)| first_difference(old, new));
            vec![change(&look.path, Kind::Changed, line)]
        }
    }
}

/// The first line that differs, as it is counted in the new text; where lines were cut off its end, the last one.
fn first_difference(old: &str, new: &str) -> usize {
    let same = old.lines().zip(new.lines()).take_while(|(old, new)| old == new).count();
    (same + 1).min(new.lines().count()).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn the_first_line_that_differs_is_counted_in_the_new_text() {
        assert_eq!(first_difference("a\nb\nc\n", "a\nx\nc\n"), 2);
        assert_eq!(first_difference("a\n", "a\nb\n"), 2);
        assert_eq!(first_difference("a\nb\n", "a\n"), 1);
        assert_eq!(first_difference("a\nb", "a\nb\n"), 2);
        assert_eq!(first_difference("", "a"), 1);
        assert_eq!(first_difference("a", ""), 1);
    }

    #[test]
    fn a_file_is_told_of_once_and_with_its_line() {
        let change = |path: &str, line| Change {
            path: path.into(),
            kind: Kind::Changed,
            line,
        };
        let changes = Changes::of(vec![change("b", None), change("a", None), change("a", Some(3))]).unwrap();
        assert_eq!(changes.0, [change("a", Some(3)), change("b", None)]);
        assert_eq!(Changes::of(Vec::new()), None);
    }

    #[test]
    fn a_folder_tells_which_files_came_and_went() {
        let names = |names: &[&str]| Seen::Names(names.iter().map(PathBuf::from).collect());
        let told = between(
            &Look::names(Path::new(""), "md"),
            (&names(&["a", "b"]), None),
            (&names(&["b", "c"]), None),
        );
        let told: Vec<_> = told.iter().map(|change| (change.path.to_str().unwrap(), change.kind)).collect();
        assert_eq!(told, [("c", Kind::Came), ("a", Kind::Went)]);
    }
}
