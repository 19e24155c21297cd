use crate::{
    base::money::Usd,
    store::{
        Store, StoreError, fs,
        testing::{buy, claim, clock, open, store},
    },
};

#[test]
fn a_sound_store_has_nothing_to_complain_of() {
    let (folder, store) = store();
    buy(&store, "la", b"audio");
    assert_eq!(store.database_complaints().unwrap(), [""; 0]);
    let health = store.audio_health().unwrap();
    assert_eq!((health.takes, health.bytes), (1, 5));
    assert!(health.restorable == 0 && health.lost.is_empty() && health.kept == 0);
    drop(store);
    let (found, known) = Store::schemas(folder.path()).unwrap().unwrap();
    assert_eq!(found, known);
}

#[test]
fn audio_that_is_missing_or_of_another_size_is_named_with_its_price() {
    let (_folder, store) = store();
    let takes = ["la", "li", "lo"].map(|lyrics| buy(&store, lyrics, lyrics.as_bytes()));
    let path = |number: usize| store.blob_path(takes[number].digest);
    fs::remove(&path(0)).unwrap();
    fs::atomic_write(&path(1), b"longer than it was").unwrap();
    let health = store.audio_health().unwrap();
    assert_eq!((health.takes, health.restorable), (3, 0));
    // All were bought for the same take; it is called by its name where a name leads to it, else by its key.
    assert_eq!(health.lost.len(), 2, "{health:?}");
    assert_eq!(health.lost_price.known, Usd::from_nanos(63_000_000));
}

#[test]
fn audio_that_lies_elsewhere_is_not_lost() {
    let (folder, store) = store();
    let takes = ["la", "li"].map(|lyrics| buy(&store, lyrics, lyrics.as_bytes()));
    let named = folder.path().join("takes/la.mp3");
    fs::write_new(&named, b"la").unwrap();
    store.note_output(&named, takes[0].digest).unwrap();
    fs::remove(&store.blob_path(takes[0].digest)).unwrap();
    fs::write_new(&store.kept_path(takes[1].digest), b"li").unwrap();
    fs::remove(&store.blob_path(takes[1].digest)).unwrap();
    let health = store.audio_health().unwrap();
    assert_eq!((health.restorable, health.lost.len(), health.kept), (2, 0, 1));
    drop(store);

    // Who only looks puts nothing back, and knows that it can be.
    let looking = Store::open_existing(folder.path(), clock()).unwrap().unwrap();
    let keys = takes.each_ref().map(|take| take.key);
    assert_eq!(looking.try_recall(&keys).unwrap().len(), 2);
    assert!(takes.iter().all(|take| !fs::exists(&looking.blob_path(take.digest))));
    drop(looking);
    assert_eq!(open(folder.path()).try_recall(&keys).unwrap().len(), 2);
    assert_eq!(open(folder.path()).audio_health().unwrap().restorable, 0);
}

#[test]
fn calls_of_the_living_are_under_way_and_those_of_the_dead_are_unsure() {
    let (folder, store) = store();
    claim(&store, "la");
    let other = open(folder.path());
    let calls = other.calls_under_way().unwrap();
    assert_eq!((calls.len(), calls[0].take.as_str()), (1, "songs.hook#1"));
    assert_eq!(calls[0].pid, std::process::id());
    assert!(other.unsure_takes().unwrap().is_empty());
    drop(store);
    assert!(other.calls_under_way().unwrap().is_empty());
    assert_eq!(other.unsure_takes().unwrap().len(), 1);
}

#[test]
fn a_database_that_is_not_whole_complains() {
    let (folder, store) = store();
    for number in 0..200 {
        buy(&store, &format!("la {number}"), b"audio");
    }
    drop(store);
    let path = folder.path().join(".takesheet/takesheet.db");
    let mut bytes = fs::read(&path).unwrap();
    // The header and the schema stay; something behind them goes.
    let page = 4096;
    let last = bytes.len() - page;
    bytes[last..].fill(0xa5);
    fs::atomic_write(&path, &bytes).unwrap();
    let store = Store::open_existing(folder.path(), clock()).unwrap().unwrap();
    match store.database_complaints() {
        Ok(complaints) => assert!(!complaints.is_empty()),
        Err(error) => assert!(error.to_string().ends_with("it is damaged"), "{error}"),
    }
}

#[test]
fn looking_at_the_schema_changes_none() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(Store::schemas(folder.path()).unwrap(), None);
    assert_eq!(fs::names(folder.path()), [""; 0]);
    let path = folder.path().join(".takesheet/takesheet.db");
    fs::write_new(&path, b"").unwrap();
    assert_eq!(Store::schemas(folder.path()).unwrap().map(|(found, _)| found), Some(0));
    assert_eq!(fs::read(&path).unwrap(), b"");
    fs::atomic_write(&path, &[b'x'; 5000]).unwrap();
    let error = Store::schemas(folder.path()).unwrap_err();
    assert!(matches!(error, StoreError::Database { .. }), "{error:?}");
}

#[cfg(unix)]
#[test]
fn a_store_where_nothing_can_be_written_can_be_read() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, store) = store();
    let take = buy(&store, "la", b"audio");
    drop(store);
    let own = folder.path().join(".takesheet");
    let allow = |mode| std::fs::set_permissions(&own, std::fs::Permissions::from_mode(mode)).unwrap();
    allow(0o555);
    let looked = Store::open_existing(folder.path(), clock()).and_then(|store| {
        let store = store.expect("it is there");
        Ok((store.try_recall(&[take.key])?.len(), store.audio_health()?.takes))
    });
    let is_writable = fs::write_new(&own.join("probe"), b"").is_ok();
    allow(0o755);
    assert_eq!(looked.unwrap(), (1, 1));
    // Whoever may do anything has proven nothing; say so rather than pass in silence.
    if is_writable {
        println!("this user may write everywhere: the test looked at a store that can be written");
    }
}
