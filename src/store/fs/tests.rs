use super::{Delivery, Disk, atomic_write, deliver, deliver_by, names, read, read_text, write_changed, write_new};
use crate::base::door::Files;
use std::io::{Error, ErrorKind};

#[test]
fn a_file_is_replaced_as_a_whole_and_nothing_is_left_over() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.yaml");
    atomic_write(&path, b"one").unwrap();
    atomic_write(&path, b"two").unwrap();
    assert_eq!(read(&path).unwrap(), b"two");
    assert!(!write_changed(&path, b"two").unwrap());
    assert!(write_changed(&path, b"three").unwrap());
    assert_eq!(names(folder.path()), ["a.yaml"]);
}

#[test]
fn a_failed_write_says_where_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("absent/a.yaml");
    let error = atomic_write(&path, b"one").unwrap_err().to_string();
    assert!(
        error.starts_with("cannot write ") && error.contains("a.yaml"),
        "{error}"
    );
    assert!(!error.contains("os error"), "{error}");
    let taken = folder.path().join("folder");
    super::create_dir_all(&taken.join("inside")).unwrap();
    atomic_write(&taken, b"one").unwrap_err();
    assert_eq!(names(folder.path()), ["folder"]);
}

#[cfg(unix)]
#[test]
fn a_symbolic_link_keeps_pointing_where_it_points() {
    let folder = tempfile::tempdir().unwrap();
    let (real, link) = (folder.path().join("real"), folder.path().join("link"));
    atomic_write(&real, b"one").unwrap();
    std::os::unix::fs::symlink(&real, &link).unwrap();
    atomic_write(&link, b"two").unwrap();
    assert_eq!(read(&real).unwrap(), b"two");
}

#[test]
fn a_new_file_never_replaces_one() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/a.yaml");
    assert!(write_new(&path, b"one").unwrap());
    assert!(!write_new(&path, b"two").unwrap());
    assert_eq!(read_text(&path).unwrap().as_deref(), Some("one"));
    assert_eq!(read_text(&folder.path().join("absent")).unwrap(), None);
}

#[test]
fn where_links_are_not_known_a_copy_is_made() {
    let folder = tempfile::tempdir().unwrap();
    let (from, to) = (folder.path().join("from"), folder.path().join("to"));
    atomic_write(&from, b"audio").unwrap();
    let no_links = |_: &_, _: &_| Err(Error::from(ErrorKind::Unsupported));
    assert_eq!(deliver_by(no_links, &from, &to).unwrap(), Delivery::Done);
    assert_eq!(read(&to).unwrap(), b"audio");
    atomic_write(&to, b"the user's").unwrap();
    assert_eq!(deliver_by(no_links, &from, &to).unwrap(), Delivery::Taken);
    assert_eq!(deliver(&from, &to).unwrap(), Delivery::Taken);
    assert_eq!(read(&to).unwrap(), b"the user's");
    assert_eq!(names(folder.path()).len(), 2, "no temporary file is left");
}

#[test]
fn the_users_files_are_read_within_limits_and_noted() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.hbs");
    atomic_write(&path, b"12345").unwrap();
    atomic_write(&folder.path().join("b.txt"), b"").unwrap();
    let disk = Disk::new();
    assert_eq!(disk.read(&path, 5).unwrap(), b"12345");
    assert_eq!(disk.read(&path, 4).unwrap_err().kind(), ErrorKind::FileTooLarge);
    assert_eq!(disk.read(folder.path(), 5).unwrap_err().kind(), ErrorKind::IsADirectory);
    let absent = folder.path().join("absent.hbs");
    assert_eq!(disk.read(&absent, 5).unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(disk.list(folder.path(), "hbs").unwrap(), std::slice::from_ref(&path));
    assert_eq!(
        disk.list(&absent, "hbs").unwrap(),
        [""; 0].map(std::path::PathBuf::from)
    );
    assert_eq!(disk.asked(), [path, folder.path().to_owned(), absent]);
}
