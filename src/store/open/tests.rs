use crate::{
    base::door::Sink,
    catalog::Purpose,
    store::{
        Claimed, Store, StoreError, blobs, database_files, fs, schema,
        testing::{ask, buy, claim, clock, key, open, store},
    },
};
use std::{path::Path, process::Command};

#[test]
fn a_store_is_made_on_first_use_and_git_ignores_it() {
    let (folder, store) = store();
    let own = folder.path().join(".takesheet");
    assert_eq!(fs::read_text(&own.join(".gitignore")).unwrap().as_deref(), Some("*\n"));
    assert_eq!(store.root(), folder.path());
    let take = buy(&store, "la", b"audio");
    drop(store);
    let again = Store::open_existing(folder.path(), clock()).unwrap().unwrap();
    assert_eq!(ask(&again, "la"), Claimed::Done(take));
}

#[test]
fn looking_for_a_store_makes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    assert!(Store::open_existing(folder.path(), clock()).unwrap().is_none());
    assert_eq!(fs::names(folder.path()), [""; 0]);
}

#[test]
fn who_only_looks_owns_nothing() {
    let (folder, store) = store();
    store.try_recall(&[key("la")]).unwrap();
    assert!(!fs::exists(&folder.path().join(".takesheet/owners")));
    claim(&store, "la");
    assert_eq!(fs::names(&folder.path().join(".takesheet/owners")).len(), 1);
    drop(store);
    assert_eq!(fs::names(&folder.path().join(".takesheet/owners")).len(), 0);
}

#[test]
fn a_store_of_a_newer_program_is_left_alone() {
    let (folder, store) = store();
    drop(store);
    let path = folder.path().join(".takesheet/takesheet.db");
    let database = rusqlite::Connection::open(&path).unwrap();
    database.pragma_update(None, "user_version", 99).unwrap();
    drop(database);
    let error = Store::open(folder.path(), clock()).unwrap_err();
    assert!(matches!(error, StoreError::Newer { found: 99, .. }), "{error:?}");
    assert!(error.to_string().ends_with("update takesheet"), "{error}");
}

#[test]
fn a_damaged_database_is_a_clear_error() {
    let folder = tempfile::tempdir().unwrap();
    fs::write_new(&folder.path().join(".takesheet/takesheet.db"), &[b'x'; 5000]).unwrap();
    let error = Store::open(folder.path(), clock()).unwrap_err().to_string();
    assert!(
        error.starts_with("cannot use the ledger ") && error.ends_with(": it is damaged"),
        "{error}"
    );
}

#[test]
fn a_store_that_cannot_be_made_says_where() {
    let folder = tempfile::tempdir().unwrap();
    fs::atomic_write(&folder.path().join(".takesheet"), b"a file").unwrap();
    let error = Store::open(folder.path(), clock()).unwrap_err().to_string();
    assert!(
        error.starts_with("cannot make the folder ") && error.contains(".takesheet"),
        "{error}"
    );
}

#[test]
fn where_no_owner_can_be_noted_nothing_is_claimed() {
    let (folder, store) = store();
    // Also what a read-only folder comes to, but it holds for a superuser too.
    fs::atomic_write(&folder.path().join(".takesheet/owners"), b"a file").unwrap();
    let (take, request) = (
        crate::store::testing::take_name("hook"),
        crate::store::testing::request("la"),
    );
    let new = crate::store::NewClaim {
        key: key("la"),
        take: &take,
        pipeline: "p",
        run: "r",
        request: &request,
        request_id: "id",
        price: crate::store::testing::PRICE,
        account: crate::base::digest::Digest::of(b"an account"),
        day: None,
    };
    let error = store.claim(&new).unwrap_err().to_string();
    assert!(
        error.contains("owners") && error.ends_with("; nothing was bought"),
        "{error}"
    );
    assert!(store.blob_writer().is_err());
    assert_eq!(store.request(key("la")).unwrap(), None);
}

#[test]
fn a_sync_reaches_the_disk_itself() {
    let (_folder, store) = store();
    let asked = |name: &str| {
        let read = |connection: &rusqlite::Connection| connection.pragma_query_value(None, name, |row| row.get(0));
        store.query(read).unwrap()
    };
    let (level, full): (i64, i64) = (asked("synchronous"), asked("fullfsync"));
    assert_eq!((level, full), (2, 1));
}

#[test]
fn many_may_open_a_new_store_at_once() {
    let folder = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(|| open(folder.path()))).collect();
        for thread in threads {
            thread.join().unwrap();
        }
    });
}

#[test]
fn upload_ids_are_good_for_one_account_content_and_purpose() {
    let (_folder, store) = store();
    let (account, content) = (key("account").0, key("content").0);
    let ids = (Some("v-1".to_owned()), None);
    store.remember_upload(account, content, Purpose::Voice, &ids).unwrap();
    assert_eq!(store.upload_ids(account, content, Purpose::Voice).unwrap(), Some(ids));
    assert_eq!(store.upload_ids(account, content, Purpose::Song).unwrap(), None);
    assert_eq!(store.upload_ids(content, content, Purpose::Voice).unwrap(), None);
    let newer = (Some("v-2".to_owned()), Some("i-2".to_owned()));
    store.remember_upload(account, content, Purpose::Voice, &newer).unwrap();
    assert_eq!(store.upload_ids(account, content, Purpose::Voice).unwrap(), Some(newer));
}

/// What the child process of the next test does: it dies in the middle of a paid call.
#[test]
#[ignore = "run by `a_process_that_dies_leaves_its_call_unsure`, as a process of its own"]
fn die_in_the_middle_of_a_call() {
    if !fs::exists(Path::new("die-here")) {
        return;
    }
    let store = open(Path::new("."));
    claim(&store, "la");
    store.blob_writer().unwrap().write(&[0; 10_000]).unwrap();
    let mut torn = store.blob_writer().unwrap();
    torn.write(&[0; 10_000]).unwrap();
    std::process::abort();
}

#[test]
fn a_process_that_dies_leaves_its_call_unsure() {
    let folder = tempfile::tempdir().unwrap();
    fs::write_new(&folder.path().join("die-here"), b"").unwrap();
    let name = "store::open::tests::die_in_the_middle_of_a_call";
    let child = Command::new(std::env::current_exe().unwrap())
        .args([name, "--exact", "--ignored", "--test-threads=1"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(!child.status.success(), "the child was to die");
    let temps = blobs::temps(&folder.path().join(".takesheet"));
    assert_eq!(fs::names(&temps).len(), 1, "a torn file is left");
    let store = open(folder.path());
    assert_eq!(fs::names(&temps).len(), 0, "whoever opens the store next tidies up");
    assert!(matches!(ask(&store, "la"), Claimed::Unsure { .. }));
}

#[test]
fn a_frozen_database_is_read_as_it_lies_there_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let odd = if cfg!(windows) { "a b#c%20d" } else { "a b?c#d%20e=ü" };
    let root = folder.path().join(odd);
    fs::create_dir_all(&root).unwrap();
    drop(open(&root));
    let [path, log] = database_files(&root);
    let before = fs::names(&root.join(".takesheet"));
    let frozen = crate::store::database::connect_frozen(&path).unwrap().unwrap();
    assert_eq!(schema::version(&frozen).unwrap(), schema::CURRENT);
    assert!(frozen.execute_batch("DELETE FROM claims").is_err(), "it can be written");
    drop(frozen);
    assert_eq!(fs::names(&root.join(".takesheet")), before);
    // What stands in the log would be overlooked.
    fs::write_new(&log, b"changes").unwrap();
    assert!(crate::store::database::connect_frozen(&path).is_none());
}
