//! Where a pipeline's store and output live.

use crate::store::fs;
use std::path::{Component, Path, PathBuf};

/// Names a pipeline is found by when none is given.
const DEFAULT_NAMES: [&str; 2] = ["takesheet.yaml", "takesheet.yml"];

/// The folder that holds `.takesheet/` and `takes/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Absolute.
    pub root: PathBuf,
}

impl Project {
    /// The project of a pipeline in `folder` (absolute). A store that exists is found first: a project that becomes a
    /// git repository later must not lose sight of what was paid for.
    pub fn of(folder: &Path) -> Self {
        // `song/../other` has `song` among its ancestors by name, and a store in there is not this pipeline's.
        let climbs = folder.components().any(|part| part == Component::ParentDir);
        let real = climbs.then(|| fs::real(folder)).flatten();
        let folder = real.as_deref().unwrap_or(folder);
        let holds = |name: &str| folder.ancestors().find(|ancestor| fs::exists(&ancestor.join(name)));
        let root = holds(".takesheet").or_else(|| holds(".git")).unwrap_or(folder);
        Self { root: root.to_owned() }
    }

    /// Where takes are written.
    pub fn takes(&self) -> PathBuf {
        self.root.join("takes")
    }

    /// What a file is called in the project, whatever it was named by: its path from the root, with `/` between its
    /// parts; the whole path if it lies elsewhere.
    pub fn name_of(&self, file: &Path) -> String {
        let (root, real) = (fs::real(&self.root), fs::real(file));
        let (root, real) = (root.as_deref().unwrap_or(&self.root), real.as_deref().unwrap_or(file));
        let below = real.strip_prefix(root).unwrap_or(real);
        let parts: Vec<_> = below
            .components()
            .map(|part| part.as_os_str().to_string_lossy())
            .collect();
        parts.join("/")
    }
}

/// The pipeline to use when none is named: in the working folder or above it, up to the git root.
pub fn find_pipeline(folder: &Path) -> Option<PathBuf> {
    for ancestor in folder.ancestors() {
        let found = DEFAULT_NAMES
            .iter()
            .map(|name| ancestor.join(name))
            .find(|path| fs::exists(path));
        if found.is_some() || fs::exists(&ancestor.join(".git")) {
            return found;
        }
    }
    None
}

/// A path as a user in `folder` would type it: relative where that is possible, with `/` between its parts.
pub fn shown(path: &Path, folder: &Path) -> String {
    let (mut path_parts, mut folder_parts) = (path.components().peekable(), folder.components().peekable());
    while path_parts.peek().is_some() && path_parts.peek() == folder_parts.peek() {
        path_parts.next();
        folder_parts.next();
    }
    let climbs = folder_parts.map(|_| "..".to_owned());
    let rest = path_parts.map(|part| match part {
        Component::Normal(name) => name.to_string_lossy().into_owned(),
        other => other.as_os_str().to_string_lossy().into_owned(),
    });
    let parts: Vec<_> = climbs.chain(rest).collect();
    // From another drive or root nothing relative is shorter to read.
    if parts.iter().filter(|part| *part == "..").count() > 3 || path.is_relative() {
        let text = path.to_string_lossy();
        return if cfg!(windows) {
            text.replace('\\', "/")
        } else {
            text.into_owned()
        };
    }
    if parts.is_empty() {
        ".".to_owned()
    } else {
        parts.join("/")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_shown_from_where_the_user_stands() {
        let at = |path: &str| shown(Path::new(path), Path::new("/home/ana/song"));
        assert_eq!(at("/home/ana/song/takes"), "takes");
        assert_eq!(at("/home/ana/takes/x"), "../takes/x");
        assert_eq!(at("/home/ana/song"), ".");
    }

    #[test]
    fn a_file_is_called_the_same_whatever_it_was_named_by() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().to_owned();
        fs::write_new(&root.join("songs/night.yaml"), b"version: 1\n").unwrap();
        let project = Project { root: root.clone() };
        for named in ["songs/night.yaml", "songs/../songs/night.yaml"] {
            assert_eq!(project.name_of(&root.join(named)), "songs/night.yaml");
        }
    }

    #[test]
    fn the_folder_one_stands_in_does_not_decide_whose_project_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let root = fs::real(folder.path()).unwrap();
        for made in ["git/.git", "git/song/.takesheet", "git/other"] {
            fs::create_dir_all(&root.join(made)).unwrap();
        }
        assert_eq!(Project::of(&root.join("git/other")).root, root.join("git"));
        assert_eq!(Project::of(&root.join("git/song/../other")).root, root.join("git"));
    }

    #[test]
    fn a_store_that_exists_is_found_before_a_git_root() {
        let folder = tempfile::tempdir().unwrap();
        let deep = folder.path().join("a/b");
        fs::create_dir_all(&deep).unwrap();
        fs::create_dir_all(&folder.path().join("a/.takesheet")).unwrap();
        fs::create_dir_all(&deep.join(".git")).unwrap();
        assert_eq!(Project::of(&deep).root, folder.path().join("a"));
    }
}
