use super::{Found, proof};
use crate::{
    plan::{Known, StoredTake},
    store::{
        Blob, Placing, Store, fs,
        testing::{buy, open, store},
    },
};
use serde_json::json;
use std::path::{Path, PathBuf};

/// Places a take, and says where its file is.
fn place(store: &Store, folder: &Path, take: &StoredTake) -> PathBuf {
    let placing = Placing {
        folder: &folder.join("takes"),
        name: "hook/t01.mp3",
        take,
        card: &json!({}),
        lyrics: None,
    };
    store.place(&placing).unwrap()
}

/// Writes into a file in place, protected or not, without changing its size.
#[expect(clippy::disallowed_methods, reason = "the test plays a program that ruins a file")]
fn ruin(path: &Path) {
    let size = fs::stamp(path).unwrap().size;
    let file = std::fs::File::open(path).unwrap();
    let mut permissions = file.metadata().unwrap().permissions();
    #[cfg(unix)]
    std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o644);
    #[cfg(not(unix))]
    permissions.set_readonly(false);
    file.set_permissions(permissions).unwrap();
    std::fs::write(path, vec![b'?'; usize::try_from(size).unwrap()]).unwrap();
}

fn known(store: &Store, take: &StoredTake) -> Option<Known> {
    store.try_recall(&[take.key]).unwrap().remove(&take.key)
}

#[test]
fn damage_without_a_change_of_size_is_found_when_the_take_is_wanted() {
    let (_folder, store) = store();
    let take = buy(&store, "la", b"audio");
    assert!(matches!(known(&store, &take), Some(Known::Take(_))));
    ruin(&store.blob_path(take.digest));
    assert!(matches!(known(&store, &take), Some(Known::Lost { changed: None, .. })));
}

#[test]
fn a_damaged_blob_is_repaired_from_a_copy() {
    let (folder, store) = store();
    let take = buy(&store, "la", b"audio");
    let file = place(&store, folder.path(), &take);
    // A file of its own with the same bytes, as where there are no hard links.
    fs::remove(&file).unwrap();
    fs::write_new(&file, b"audio").unwrap();
    ruin(&store.blob_path(take.digest));
    assert!(matches!(known(&store, &take), Some(Known::Take(_))));
    assert_eq!(store.read_blob(take.digest).unwrap(), b"audio");

    fs::remove(&store.blob_path(take.digest)).unwrap();
    assert_eq!(
        store.audio(take.digest).unwrap(),
        b"audio",
        "a reference is repaired too"
    );
}

#[cfg(unix)]
#[test]
fn a_named_file_that_is_written_into_in_place_takes_the_store_along_and_is_named() {
    let (folder, store) = store();
    let take = buy(&store, "la", b"audio");
    let file = place(&store, folder.path(), &take);
    ruin(&file);
    let found = known(&store, &take);
    assert!(
        matches!(&found, Some(Known::Lost { changed: Some(path), .. }) if path == "takes/hook/t01.mp3"),
        "{found:?}"
    );
    assert_eq!(fs::read(&file).unwrap(), b"?????", "what somebody wrote is theirs");
}

#[test]
fn a_proof_holds_only_for_what_it_saw() {
    let (_folder, store) = store();
    let take = buy(&store, "la", b"audio");
    let blob = Blob::of(&take);
    let kept = store.query(|connection| proof(connection, take.digest)).unwrap();
    assert!(
        matches!(store.examine(blob, kept), Found::Whole(None)),
        "what was just written is proven"
    );
    ruin(&store.blob_path(take.digest));
    assert!(matches!(store.examine(blob, kept), Found::Broken));
}

#[test]
fn audio_that_is_put_back_is_found_again_and_may_not_be_written_into() {
    let (folder, store) = store();
    let take = buy(&store, "la", b"audio");
    let file = place(&store, folder.path(), &take);
    fs::remove(&store.blob_path(take.digest)).unwrap();
    fs::remove(&file).unwrap();
    assert!(matches!(known(&store, &take), Some(Known::Lost { .. })));
    fs::write_new(&file, b"audio").unwrap();
    let store = open(folder.path());
    assert!(matches!(known(&store, &take), Some(Known::Take(_))));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        #[expect(clippy::disallowed_methods, reason = "the test looks at a protection")]
        let mode = std::fs::metadata(store.blob_path(take.digest))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o444);
    }
}
