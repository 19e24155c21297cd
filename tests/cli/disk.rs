//! The folder: what is lost is put back, and without a place to write nothing is bought.

use crate::studio::{QUESTIONS, RAINY, SINGLE, Studio};
use std::fs;

#[test]
fn a_deleted_folder_of_takes_is_put_back_without_a_request() {
    let studio = Studio::new().pipeline(RAINY);
    studio.run(&["run"]).code(0);
    let (takes, requests) = (studio.files("takes"), studio.counts().requests);
    fs::remove_dir_all(studio.path("takes")).unwrap();
    studio.run(&["run"]).code(0);
    assert_eq!(studio.counts().requests, requests);
    let back = studio.files("takes");
    assert!(back.keys().eq(takes.keys()), "{:?}", back.keys());
    assert!(studio.takes().iter().all(|name| back[name] == takes[name]));
}

#[test]
fn putting_takes_back_needs_no_key() {
    let studio = Studio::new().pipeline(RAINY);
    studio.run(&["run"]).code(0);
    fs::remove_dir_all(studio.path("takes")).unwrap();
    studio.unset("AIML_API_KEY");
    studio.run(&["run"]).code(0);
    assert_eq!(studio.takes().len(), 4);
}

#[test]
fn a_file_of_the_users_is_never_overwritten() {
    let studio = Studio::new().pipeline(SINGLE);
    studio.run(&["run"]).code(0);
    let name = studio.takes().remove(0);
    fs::remove_file(studio.path(&name)).unwrap();
    studio.file(&name, b"my own recording");
    let told = studio.run(&["run"]);
    assert_eq!(fs::read(studio.path(&name)).unwrap(), b"my own recording", "{told}");
    assert_eq!(studio.counts().charged, 1);
}

#[test]
fn without_a_store_nothing_is_bought() {
    let studio = Studio::new().pipeline(SINGLE);
    studio.file(".takesheet", b"not a folder");
    studio.run(&["run"]).code(4).stderr_has(".takesheet");
    assert_eq!(studio.counts().requests, 0);
}

#[test]
fn without_a_ledger_nothing_is_bought() {
    let studio = Studio::new().pipeline(SINGLE);
    fs::create_dir_all(studio.path(".takesheet/takesheet.db")).unwrap();
    studio.run(&["run"]).code(4).stderr_has("takesheet.db");
    assert_eq!(studio.counts().requests, 0);
}

#[test]
fn a_damaged_ledger_is_named_and_nothing_is_bought() {
    let studio = Studio::new().pipeline(SINGLE);
    studio.file(".takesheet/takesheet.db", &[7; 8192]);
    // Not `studio.run`: its audit could not read the ledger either.
    let output = studio.command(&["run"]).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.code() == Some(4) && stderr.contains("takesheet.db"),
        "{stderr}"
    );
    assert_eq!(
        fs::read(studio.path(".takesheet/takesheet.db")).unwrap(),
        [7; 8192],
        "it was touched"
    );
    assert_eq!(studio.counts().requests, 0);
}

#[test]
fn without_a_place_for_audio_no_music_is_asked_for() {
    let studio = Studio::new().pipeline(SINGLE);
    studio.file(".takesheet/blobs", b"not a folder");
    studio.run(&["run"]).code(4).stderr_has("blobs");
    assert_eq!(studio.asked(crate::studio::GENERATE), 0);
}

#[test]
fn a_store_of_a_newer_program_is_left_alone() {
    let studio = Studio::new().pipeline(SINGLE);
    studio.run(&["run"]).code(0);
    let database = rusqlite::Connection::open(studio.path(".takesheet/takesheet.db")).unwrap();
    database.pragma_update(None, "user_version", 999).unwrap();
    drop(database);
    studio.edit("takesheet.yaml", "nothing more", "nothing less");
    studio.run(&["run"]).code(4).stderr_has("newer");
    assert_eq!(studio.counts().charged, 1);
}

#[test]
fn lost_audio_is_not_taken_for_a_take() {
    let studio = Studio::new().pipeline(SINGLE);
    studio.run(&["run"]).code(0);
    fs::remove_dir_all(studio.path("takes")).unwrap();
    fs::remove_dir_all(studio.path(".takesheet/blobs")).unwrap();
    studio
        .run(&["plan"])
        .code(0)
        .stdout_has("1 unsure")
        .stdout_has("its audio was paid for ($0.0315) and is gone");
}

#[test]
fn what_is_kept_in_the_store_is_ignored_by_git() {
    let studio = Studio::new().pipeline(SINGLE);
    studio.run(&["run"]).code(0);
    assert_eq!(studio.text(".takesheet/.gitignore"), "*\n");
}

#[test]
fn lost_audio_is_put_back_from_the_named_file() {
    let studio = Studio::new().pipeline(RAINY);
    studio.run(&["run"]).code(0);
    let (takes, requests) = (studio.files("takes"), studio.counts().requests);
    fs::remove_dir_all(studio.path(".takesheet/blobs")).unwrap();
    studio.run(&["run"]).code(0);
    fs::remove_dir_all(studio.path("takes")).unwrap();
    studio.run(&["run"]).code(0);
    assert_eq!(studio.counts().requests, requests);
    assert!(
        studio
            .takes()
            .iter()
            .all(|name| studio.files("takes")[name] == takes[name])
    );
}

#[test]
fn audio_of_a_lost_store_is_never_overwritten() {
    let studio = Studio::new().pipeline(SINGLE);
    studio.run(&["run"]).code(0);
    let old = studio.files("takes")[&studio.takes()[0]].clone();
    fs::remove_dir_all(studio.path(".takesheet")).unwrap();
    // Not `studio.run`: what the lost ledger said was bought cannot be audited.
    assert!(studio.command(&["run"]).output().unwrap().status.success());
    assert!(studio.files("takes").values().any(|bytes| *bytes == old));
}

#[test]
fn many_takes_land_each_under_its_own_name() {
    let cities: Vec<_> = (0..60).map(|number| format!("Town{number}")).collect();
    let text = RAINY
        .replace("Lisbon, Osaka", &cities.join(", "))
        .replace("concurrency: 4", "concurrency: 20");
    let studio = Studio::new().pipeline(&text);
    studio.run(&["run"]).code(0).stderr_has("120 rendered");
    assert_eq!((studio.takes().len(), studio.counts().charged), (120, 120));
    studio.run(&["run"]).code(0).stderr_has("Up to date: 120 takes");
    assert_eq!(studio.counts().requests, QUESTIONS + 122);
}
