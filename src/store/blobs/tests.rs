use crate::{
    base::{digest::Digest, door::Sink},
    store::{
        StoreError, blobs, fs,
        testing::{blob, open, store},
    },
};

#[test]
fn bytes_come_back_under_their_digest() {
    let (_folder, store) = store();
    let mut writer = store.blob_writer().unwrap();
    assert!(writer.is_empty());
    for piece in [b"ta".as_slice(), b"ke", b" one"] {
        writer.write(piece).unwrap();
    }
    assert_eq!(writer.len(), 8);
    let blob = writer.finish().unwrap();
    assert_eq!((blob.digest, blob.bytes), (Digest::of(b"take one"), 8));
    assert_eq!(store.read_blob(blob.digest).unwrap(), b"take one");
    assert!(store.has_blob(blob.digest, 8));
    assert!(!store.has_blob(blob.digest, 9));
    assert_eq!(fs::names(&blobs::temps(&store.folder)), [""; 0]);
}

#[test]
fn a_restart_forgets_what_came() {
    let (_folder, store) = store();
    let mut writer = store.blob_writer().unwrap();
    writer.write(&[7; 10_000]).unwrap();
    writer.restart().unwrap();
    writer.write(b"anew").unwrap();
    let blob = writer.finish().unwrap();
    assert_eq!(store.read_blob(blob.digest).unwrap(), b"anew");
}

#[test]
fn what_is_not_finished_leaves_nothing_behind() {
    let (_folder, store) = store();
    let mut writer = store.blob_writer().unwrap();
    writer.write(b"half").unwrap();
    assert_eq!(fs::names(&blobs::temps(&store.folder)).len(), 1);
    drop(writer);
    assert_eq!(fs::names(&blobs::temps(&store.folder)).len(), 0);
    assert!(!store.has_blob(Digest::of(b"half"), 4));
}

#[test]
fn torn_files_of_a_killed_process_are_tidied_up_and_those_of_a_living_one_are_not() {
    let (folder, store) = store();
    let mut writer = store.blob_writer().unwrap();
    writer.write(b"mine").unwrap();
    let torn = blobs::temps(&store.folder).join("0123456789abcdef-torn");
    fs::atomic_write(&torn, b"half").unwrap();
    fs::atomic_write(&store.folder.join("owners/0123456789abcdef.lock"), b"").unwrap();
    let other = open(folder.path());
    drop(other.blob_writer().unwrap());
    assert!(!fs::exists(&torn));
    let blob = writer.finish().unwrap();
    assert_eq!(store.read_blob(blob.digest).unwrap(), b"mine");
}

#[test]
fn what_a_killed_process_was_bringing_back_is_tidied_up() {
    let (folder, store) = store();
    let blob = blob(&store, b"audio");
    let torn = store
        .blob_path(blob.digest)
        .with_file_name(format!(".0123456789abcdef{}", fs::MARK));
    fs::atomic_write(&torn, b"au").unwrap();
    fs::atomic_write(&store.folder.join("owners/0123456789abcdef.lock"), b"").unwrap();
    let other = open(folder.path());
    assert!(!fs::exists(&torn));
    assert_eq!(other.read_blob(blob.digest).unwrap(), b"audio");
}

#[test]
fn damaged_audio_is_never_given_out() {
    let (_folder, store) = store();
    let blob = blob(&store, b"audio");
    fs::atomic_write(&store.blob_path(blob.digest), b"Audio").unwrap();
    let refused = store.read_blob(blob.digest);
    assert!(
        matches!(refused, Err(StoreError::Blob { what: "damaged", .. })),
        "{refused:?}"
    );
    fs::remove(&store.blob_path(blob.digest)).unwrap();
    let refused = store.read_blob(blob.digest);
    assert!(
        matches!(refused, Err(StoreError::Blob { what: "missing", .. })),
        "{refused:?}"
    );
}

#[cfg(unix)]
#[test]
fn stored_audio_is_protected_from_being_changed_in_place() {
    use std::os::unix::fs::PermissionsExt;
    let (_folder, store) = store();
    let blob = blob(&store, b"audio");
    let mode = std::path::Path::metadata(&store.blob_path(blob.digest))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o222, 0);
}

#[test]
fn nothing_is_begun_on_a_disk_that_is_almost_full() {
    assert!(super::check_room(None).is_ok());
    assert!(super::check_room(Some(super::ROOM)).is_ok());
    let error = super::check_room(Some(super::ROOM - 1)).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
    assert!(error.to_string().starts_with("only 63 MiB are free"), "{error}");
}

#[cfg(unix)]
#[test]
fn the_disk_tells_how_much_is_free() {
    let folder = tempfile::tempdir().unwrap();
    assert!(crate::store::fs::free_space(folder.path()).is_some_and(|free| free > 0));
}
