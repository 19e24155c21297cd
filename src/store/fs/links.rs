//! Whether a place that is about to be written lies where it seems to: inside the project, once links are followed.
//!
//! A project may come from anybody. A link in it that leads elsewhere would make a run write there, so what is written
//! never passes such a link; what is read may. A link that stays inside is fine.

use super::super::StoreError;
use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

/// An error if a link below `root` leads out of it, or nowhere, on the way to `path`. What is not there yet is fine,
/// and so is a path that does not lie below `root`: it was not found by way of the project. Both are absolute.
pub(in crate::store) fn stay_inside(root: &Path, path: &Path) -> Result<(), StoreError> {
    let Ok(below) = path.strip_prefix(root) else {
        return Ok(());
    };
    let mut place = root.to_owned();
    for part in below.components() {
        place.push(part);
        match fs::symlink_metadata(&place) {
            Ok(found) if found.is_symlink() => follow(root, &place)?,
            Ok(_) => {}
            // Nothing stands behind what is not there; what cannot be looked at cannot be written either.
            Err(_) => return Ok(()),
        }
    }
    Ok(())
}

/// Whether a path is a link, wherever it leads.
pub(in crate::store) fn is_link(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink())
}

/// The links among the names in a folder.
pub(in crate::store) fn links_in(folder: &Path) -> Vec<OsString> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_symlink()))
        .map(|entry| entry.file_name())
        .collect()
}

fn follow(root: &Path, link: &Path) -> Result<(), StoreError> {
    let target = fs::canonicalize(link).ok();
    let is_inside = |target: &PathBuf| fs::canonicalize(root).is_ok_and(|root| target.starts_with(root));
    if target.as_ref().is_some_and(is_inside) {
        return Ok(());
    }
    Err(StoreError::LeadsOut {
        link: link.to_owned(),
        target: target.or_else(|| fs::read_link(link).ok()).unwrap_or_default(),
    })
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn only_links_that_lead_out_or_nowhere_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let (root, other) = (folder.path().join("root"), folder.path().join("other"));
        for made in [&root.join("in/deep"), &other] {
            super::super::create_dir_all(made).unwrap();
        }
        symlink(root.join("in"), root.join("within")).unwrap();
        symlink("in/../..", root.join("above")).unwrap();
        symlink(&other, root.join("out")).unwrap();
        symlink("nowhere", root.join("dangling")).unwrap();
        symlink("loop", root.join("loop")).unwrap();
        let check = |path: &str| stay_inside(&root, &root.join(path));
        for fine in ["in/deep/x", "within/deep/x", "absent/x", "in/out", "."] {
            assert!(check(fine).is_ok(), "{fine}");
        }
        for refused in ["out", "out/x", "above/other", "dangling", "dangling/x", "loop/x"] {
            assert!(matches!(check(refused), Err(StoreError::LeadsOut { .. })), "{refused}");
        }
        assert!(
            stay_inside(&root, &other.join("x")).is_ok(),
            "it is no path of the project's"
        );
        // The project itself may be reached through a link.
        let door = folder.path().join("door");
        symlink(&root, &door).unwrap();
        assert!(stay_inside(&door, &door.join("within/x")).is_ok());
        assert!(stay_inside(&door, &door.join("out/x")).is_err());
    }
}
