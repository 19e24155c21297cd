use crate::{
    plan::StoredTake,
    store::{
        Placing, Store, StoreError, fs,
        testing::{ask, buy, open, store},
    },
};
use serde_json::json;
use std::path::{Path, PathBuf};

const NAME: &str = "rainy-city/hook/lisbon_t01.mp3";

fn place(store: &Store, folder: &Path, take: &StoredTake) -> PathBuf {
    let card = json!({ "model": "music-01" });
    let placing = Placing {
        folder,
        name: NAME,
        take,
        card: &card,
        lyrics: Some("la la\n"),
    };
    store.place(&placing).unwrap()
}

#[test]
fn a_take_gets_its_name_its_card_and_its_lyrics() {
    let (folder, store) = store();
    let takes = folder.path().join("takes");
    let take = buy(&store, "la", b"audio");
    assert!(!store.is_placed(&takes, NAME, &take));
    let path = place(&store, &takes, &take);
    assert_eq!(path, takes.join(NAME));
    assert!(store.is_placed(&takes, NAME, &take));
    assert_eq!(fs::read(&path).unwrap(), b"audio");
    let card = fs::read(&takes.join("rainy-city/hook/lisbon_t01.json")).unwrap();
    assert_eq!(
        serde_json::from_slice::<serde_json::Value>(&card).unwrap()["model"],
        "music-01"
    );
    let lyrics = fs::read_text(&takes.join("rainy-city/hook/lisbon_t01.lyrics.txt")).unwrap();
    assert_eq!(lyrics.as_deref(), Some("la la\n"));
    // Another process sees it too.
    assert!(open(folder.path()).is_placed(&takes, NAME, &take));
    fs::remove(&path).unwrap();
    assert!(!store.is_placed(&takes, NAME, &take));
}

#[test]
fn placing_again_touches_nothing() {
    let (folder, store) = store();
    let take = buy(&store, "la", b"audio");
    let path = place(&store, folder.path(), &take);
    let before = (
        fs::stamp(&path).unwrap(),
        fs::stamp(&path.with_extension("json")).unwrap(),
    );
    place(&store, folder.path(), &take);
    let after = (
        fs::stamp(&path).unwrap(),
        fs::stamp(&path.with_extension("json")).unwrap(),
    );
    assert_eq!(before, after);
}

#[test]
fn the_same_audio_in_its_place_is_kept_and_a_file_of_the_users_moves_aside() {
    let (folder, store) = store();
    let take = buy(&store, "la", b"audio");
    let path = folder.path().join(NAME);
    fs::write_new(&path, b"audio").unwrap();
    let before = fs::stamp(&path).unwrap();
    place(&store, folder.path(), &take);
    assert_eq!(fs::stamp(&path).unwrap(), before);

    fs::atomic_write(&path, b"my own mix").unwrap();
    let other = buy(&store, "lo", b"other audio");
    place(&store, folder.path(), &other);
    assert_eq!(fs::read(&path).unwrap(), b"other audio");
    assert_eq!(
        fs::read(&path.with_file_name("lisbon_t01.kept-1.mp3")).unwrap(),
        b"my own mix"
    );

    fs::atomic_write(&path, b"my second mix").unwrap();
    place(&store, folder.path(), &take);
    assert_eq!(
        fs::read(&path.with_file_name("lisbon_t01.kept-2.mp3")).unwrap(),
        b"my second mix"
    );
    assert_eq!(
        fs::read(&path.with_file_name("lisbon_t01.kept-1.mp3")).unwrap(),
        b"my own mix"
    );
}

#[test]
fn what_the_user_made_of_a_placed_take_stays() {
    let (folder, store) = store();
    let take = buy(&store, "la", b"audio");
    let path = place(&store, folder.path(), &take);
    fs::atomic_write(&path, b"audio with tags").unwrap();
    assert!(store.is_placed(folder.path(), NAME, &take));
    place(&store, folder.path(), &take);
    assert_eq!(fs::read(&path).unwrap(), b"audio with tags");
}

#[test]
fn an_earlier_take_of_the_same_name_makes_way_and_stays_in_the_store() {
    let (folder, store) = store();
    let (first, second) = (buy(&store, "la", b"first"), buy(&store, "lo", b"second"));
    let path = place(&store, folder.path(), &first);
    assert!(!store.is_placed(folder.path(), NAME, &second));
    place(&store, folder.path(), &second);
    assert_eq!(fs::read(&path).unwrap(), b"second");
    assert_eq!(store.read_blob(first.digest).unwrap(), b"first");
    assert_eq!(fs::names(path.parent().unwrap()).len(), 3, "nothing was moved aside");
}

#[test]
fn an_empty_file_is_no_take() {
    let (folder, store) = store();
    let take = buy(&store, "la", b"audio");
    let path = place(&store, folder.path(), &take);
    fs::atomic_write(&path, b"").unwrap();
    assert!(!store.is_placed(folder.path(), NAME, &take));
    place(&store, folder.path(), &take);
    assert_eq!(fs::read(&path).unwrap(), b"audio");
}

#[test]
fn lost_audio_comes_back_from_its_named_file_before_it_is_bought_again() {
    let (folder, store) = store();
    let take = buy(&store, "la", b"audio");
    place(&store, &folder.path().join("takes"), &take);
    fs::remove(&store.blob_path(take.digest)).unwrap();
    assert_eq!(ask(&store, "la"), crate::store::Claimed::Done(take.clone()));
    assert_eq!(store.read_blob(take.digest).unwrap(), b"audio");
    fs::atomic_write(&store.blob_path(take.digest), b"damaged").unwrap();
    assert_eq!(store.try_recall(&[take.key]).unwrap().len(), 1);
    assert_eq!(store.read_blob(take.digest).unwrap(), b"audio");
}

#[test]
fn a_name_never_leads_out_of_the_folder() {
    let (folder, store) = store();
    let take = buy(&store, "la", b"audio");
    for name in ["../x.mp3", "/x.mp3", "a/../../x.mp3", ""] {
        let placing = Placing {
            folder: folder.path(),
            name,
            take: &take,
            card: &json!({}),
            lyrics: None,
        };
        let refused = store.place(&placing);
        assert!(matches!(refused, Err(StoreError::Io { .. })), "{name}: {refused:?}");
        assert!(!store.is_placed(folder.path(), name, &take));
    }
}
