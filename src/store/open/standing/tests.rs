use crate::{
    base::door::Sink,
    store::{
        Claimed, Store, StoreError, TakenOver, database_files, fs,
        open::Durability,
        testing::{ask, blob, claim, clock, open, store, take_of},
    },
};
use std::{
    fs::remove_dir_all,
    path::Path,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
};

fn own(folder: &Path) -> std::path::PathBuf {
    folder.join(".takesheet")
}

fn is_held(store: &Store, lyrics: &str) -> bool {
    matches!(ask(store, lyrics), Claimed::Held { .. })
}

fn is_astray(error: &StoreError) -> bool {
    error
        .to_string()
        .ends_with("was taken away or replaced while it was in use")
}

#[test]
fn a_store_that_is_put_back_has_the_lock_of_its_process() {
    let (folder, store) = store();
    let first = claim(&store, "a");
    remove_dir_all(own(folder.path())).unwrap();
    claim(&store, "b");
    let other = open(folder.path());
    assert!(is_held(&other, "a") && is_held(&other, "b"));
    assert_eq!(other.take_over(first).unwrap(), TakenOver::Nothing);
    drop(store);
    assert!(matches!(ask(&other, "a"), Claimed::Unsure { .. }), "now it is gone");
}

#[test]
fn a_lock_that_was_deleted_or_replaced_is_made_anew() {
    let (folder, store) = store();
    claim(&store, "a");
    let owners = own(folder.path()).join("owners");
    let lock = owners.join(format!("{}.lock", store.owner().unwrap().name));
    remove_dir_all(&owners).unwrap();
    claim(&store, "b");
    assert!(is_held(&open(folder.path()), "a"), "deleted");
    // As from a copy of the folder.
    fs::remove(&lock).unwrap();
    fs::write_new(&lock, b"").unwrap();
    store.stand_up().unwrap();
    assert!(is_held(&open(folder.path()), "a"), "replaced");
    assert_eq!(fs::names(&owners).len(), 1, "nothing else is left there");
}

#[test]
fn what_is_deleted_is_put_back_before_the_next_change() {
    let (folder, store) = store();
    claim(&store, "a");
    remove_dir_all(own(folder.path())).unwrap();
    store.stand_up().unwrap();
    assert!(is_held(&open(folder.path()), "a"));
}

#[test]
fn a_place_for_audio_in_a_deleted_store_is_made_in_one_that_is_put_back() {
    let (folder, store) = store();
    let claimed = claim(&store, "a");
    remove_dir_all(own(folder.path())).unwrap();
    let mut writer = store.blob_writer().unwrap();
    assert!(is_held(&open(folder.path()), "a"));
    writer.write(b"audio").unwrap();
    let audio = store.land(claimed, writer, None, &[]).unwrap();
    store.received(claimed, &audio, None, &[]).unwrap();
}

#[test]
fn all_who_used_a_deleted_store_go_on_with_the_one_that_was_put_back() {
    let (folder, first) = store();
    let second = open(folder.path());
    let of_first = claim(&first, "a");
    let of_second = claim(&second, "b");
    for (round, lyrics) in [["c", "d"], ["e", "f"]].into_iter().enumerate() {
        remove_dir_all(own(folder.path())).unwrap();
        claim(&first, lyrics[0]);
        assert!(is_held(&second, lyrics[0]) && is_held(&second, "a"), "round {round}");
        claim(&second, lyrics[1]);
        let third = open(folder.path());
        for held in ["a", "b"].into_iter().chain(lyrics) {
            assert!(is_held(&third, held), "{held} in round {round}");
        }
    }
    for (store, claimed, lyrics) in [(&first, of_first, "a"), (&second, of_second, "b")] {
        let audio = blob(store, lyrics.as_bytes());
        store.received(claimed, &audio, None, &[]).unwrap();
        store.commit(claimed, &take_of(lyrics, audio)).unwrap();
    }
    assert!(matches!(ask(&first, "b"), Claimed::Done(_)));
}

#[test]
fn who_has_not_noticed_yet_is_not_taken_for_dead() {
    for deleted in [".takesheet", ".takesheet/owners"] {
        let (folder, first) = store();
        let second = open(folder.path());
        claim(&first, "a");
        let of_second = claim(&second, "b");
        remove_dir_all(folder.path().join(deleted)).unwrap();
        first.stand_up().unwrap();
        assert!(is_held(&first, "b") && is_held(&open(folder.path()), "b"), "{deleted}");
        second.stand_up().unwrap();
        drop(first);
        assert!(is_held(&open(folder.path()), "b"), "it holds its own lock now");
        let audio = blob(&second, b"audio");
        second.received(of_second, &audio, None, &[]).unwrap();
    }
}

#[test]
fn who_slept_while_the_store_was_put_back_twice_finds_it() {
    let (folder, first) = store();
    let second = open(folder.path());
    claim(&second, "b");
    for lyrics in ["c", "d"] {
        remove_dir_all(own(folder.path())).unwrap();
        claim(&first, lyrics);
    }
    assert!(is_held(&second, "d"));
    assert!(is_held(&open(folder.path()), "b"));
}

#[test]
fn a_store_of_others_in_its_place_is_left_alone() {
    let (folder, store) = store();
    claim(&store, "a");
    remove_dir_all(own(folder.path())).unwrap();
    let other = open(folder.path());
    claim(&other, "b");
    for _ in 0..2 {
        assert!(is_astray(&store.set_mark("name", "value").unwrap_err()));
    }
    drop(store);
    assert!(is_held(&open(folder.path()), "b"));
    assert_eq!(other.mark("name").unwrap(), None);
}

#[test]
fn an_earlier_copy_in_its_place_lacks_what_was_written_since() {
    let (folder, first) = store();
    let second = open(folder.path());
    // Put back once: the copy has the mark of that.
    remove_dir_all(own(folder.path())).unwrap();
    first.set_mark("name", "old").unwrap();
    second.set_mark("name", "older").unwrap();
    let [path, log] = database_files(folder.path());
    let copy = folder.path().join("copy");
    let sql = format!("VACUUM INTO '{}'", copy.display());
    first.query(|connection| connection.execute_batch(&sql)).unwrap();
    claim(&first, "a");
    fs::remove(&log).unwrap();
    fs::rename_durably(&copy, &path).unwrap();
    assert!(is_astray(&first.set_mark("name", "new").unwrap_err()));
    assert!(is_astray(&second.set_mark("name", "new").unwrap_err()));
    let found = Store::open_existing(folder.path(), clock()).unwrap().unwrap();
    assert_eq!(found.mark("name").unwrap().as_deref(), Some("older"));
}

#[test]
fn a_log_that_is_deleted_beside_its_ledger_loses_nothing() {
    for left in ["takesheet.db-wal", "takesheet.db-shm"] {
        let (folder, first) = store();
        let second = open(folder.path());
        claim(&first, "a");
        fs::remove(&own(folder.path()).join(left)).unwrap();
        claim(&second, "b");
        claim(&first, "c");
        let third = open(folder.path());
        for held in ["a", "b", "c"] {
            assert!(is_held(&third, held), "{held} without {left}");
        }
    }
}

#[test]
fn a_change_during_which_the_store_is_deleted_is_in_the_one_that_is_put_back() {
    let (folder, store) = store();
    let done = store.change(Durability::Synced, |transaction| {
        remove_dir_all(own(folder.path())).unwrap();
        transaction
            .execute("INSERT INTO marks VALUES ('name', 'value')", [])
            .map_err(|error| store.failed(error))
    });
    assert_eq!(done.unwrap(), 1);
    let other = Store::open_existing(folder.path(), clock()).unwrap().unwrap();
    assert_eq!(other.mark("name").unwrap().as_deref(), Some("value"));
}

#[test]
fn nothing_that_was_written_is_missing_however_often_the_store_is_deleted() {
    const ROUNDS: usize = 5;
    let (folder, first) = store();
    let second = open(folder.path());
    let is_over = AtomicBool::new(false);
    let written = [AtomicUsize::new(0), AtomicUsize::new(0)];
    let write = |store: &Store, who: usize| {
        while !is_over.load(SeqCst) {
            let number = written[who].load(SeqCst);
            store.set_mark(&format!("{who} {number}"), "").unwrap();
            written[who].store(number + 1, SeqCst);
        }
    };
    std::thread::scope(|scope| {
        let threads = [scope.spawn(|| write(&first, 0)), scope.spawn(|| write(&second, 1))];
        for round in 0..ROUNDS {
            // All of it at once, in the middle of whatever they do.
            assert!(fs::move_aside(&own(folder.path()), &folder.path().join(format!("moved-{round}"))).unwrap());
            let before = [0, 1].map(|who: usize| written[who].load(SeqCst));
            // What is being written at that moment counts once more.
            let is_written = || (0..2).all(|who| written[who].load(SeqCst) > before[who] + 2);
            while !is_written() && threads.iter().all(|thread| !thread.is_finished()) {
                std::thread::yield_now();
            }
        }
        is_over.store(true, SeqCst);
    });
    let found = Store::open_existing(folder.path(), clock()).unwrap().unwrap();
    for (who, count) in written.iter().enumerate() {
        for number in 0..count.load(SeqCst) {
            assert!(
                found.mark(&format!("{who} {number}")).unwrap().is_some(),
                "{who} {number}"
            );
        }
    }
}
