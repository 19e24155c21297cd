use super::{CURRENT, MIGRATIONS, migrate, version};
use crate::{
    audio::{Peaks, Sound},
    event::{Event, RunEnd},
    plan::{Known, Memory},
    store::{
        fs,
        testing::{key, open, request, sound, take_name},
    },
};
use rusqlite::Connection;
use std::path::{Path, PathBuf};

#[test]
fn migrations_are_applied_once() {
    let mut database = Connection::open_in_memory().unwrap();
    assert_eq!(version(&database).unwrap(), 0);
    migrate(&mut database).unwrap();
    assert_eq!(version(&database).unwrap(), CURRENT);
    migrate(&mut database).unwrap();
}

/// Every table's columns, by name.
fn shape(database: &Connection) -> Vec<String> {
    let mut statement = database
        .prepare(
            "SELECT m.name || '.' || c.name || ' ' || c.type || ' ' || c.pk FROM sqlite_schema m, pragma_table_info(m.name) c
             WHERE m.name NOT LIKE 'sqlite_%' ORDER BY 1",
        )
        .unwrap();
    statement
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect()
}

/// Where migrations and stored databases lie.
fn texts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/schema")
}

fn text(name: &str) -> String {
    fs::read_text(&texts().join(name))
        .unwrap()
        .unwrap_or_else(|| panic!("src/store/schema/{name} is missing"))
}

#[test]
fn every_migration_is_a_file_in_the_list_and_has_a_database_of_its_schema() {
    let mut expected: Vec<_> = (1..=CURRENT)
        .flat_map(|version| [format!("{version}.sql"), format!("fixture-{version}.sql")])
        .chain(["tests.rs".to_owned()])
        .collect();
    let mut found = fs::names(&texts());
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
    for (version, migration) in (1..).zip(MIGRATIONS) {
        assert_eq!(
            *migration,
            text(&format!("{version}.sql")),
            "{version} is not where it belongs"
        );
    }
}

#[test]
fn a_stored_database_of_every_schema_opens_with_all_it_knows() {
    for version in 1..=CURRENT {
        opens_with_all_it_knows(version);
    }
}

/// What a database of that schema knows of the sound of its take.
fn measured(schema: u32) -> (Sound, Peaks) {
    let all = sound();
    let few = Sound {
        seconds: all.seconds,
        sample_rate: all.sample_rate,
        channels: all.channels,
        loudness: all.loudness,
        ..Sound::default()
    };
    match schema {
        1 | 2 => (few, Peaks::default()),
        _ => (all, Peaks::new(vec![[-128, 127], [0, 3]])),
    }
}

fn opens_with_all_it_knows(stored: u32) {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join(".takesheet");
    let audio = crate::base::digest::Digest::of(b"audio").hex();
    let blob = own.join("blobs").join(&audio[..2]);
    fs::create_dir_all(&blob).unwrap();
    fs::atomic_write(&blob.join(&audio[2..]), b"audio").unwrap();
    let database = Connection::open(own.join("takesheet.db")).unwrap();
    database.execute_batch(&text(&format!("fixture-{stored}.sql"))).unwrap();
    assert_eq!(
        version(&database).unwrap(),
        stored,
        "the stored database says its schema"
    );
    drop(database);

    let store = open(folder.path());
    let keys = [key("la"), key("unsure")];
    let known = store.recall(&keys);
    let Known::Take(take) = &known[&keys[0]] else {
        panic!("{known:?}")
    };
    assert_eq!(take.digest.hex(), audio);
    assert_eq!((take.sound, take.peaks.clone()), measured(stored), "schema {stored}");
    assert!(matches!(&known[&keys[1]], Known::Unsure { .. }));
    assert_eq!(store.previous("rainy-city", &take_name("hook")), Some(request("la")));
    assert_eq!(store.unsure_takes().unwrap()[0].request_id, "id-unsure");
    let runs = store.runs(1).unwrap();
    assert_eq!(runs[0].end.map(|(_, end)| end), Some(RunEnd::Done));
    let records = store.records(&runs[0].run).unwrap();
    assert_eq!(
        records.last().map(|record| &record.event),
        Some(&Event::RunFinished { end: RunEnd::Done })
    );
    drop(store);

    let migrated = Connection::open(own.join("takesheet.db")).unwrap();
    let mut fresh = Connection::open_in_memory().unwrap();
    migrate(&mut fresh).unwrap();
    assert_eq!(
        shape(&migrated),
        shape(&fresh),
        "schema {stored}: migrated and new databases are alike"
    );
}
