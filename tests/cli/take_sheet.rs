//! The take sheet: written beside the pipeline, kept when a person writes into it.

use crate::studio::{RAINY, SINGLE, Studio};
use std::fs;

const SHEET: &str = "takesheet.takes.yaml";

#[test]
fn every_take_has_its_line() {
    let studio = Studio::new().pipeline(RAINY);
    studio.run(&["run"]).code(0);
    let sheet = studio.text(SHEET);
    for take in [
        "hook[city=Lisbon]#1",
        "hook[city=Lisbon]#2",
        "hook[city=Osaka]#1",
        "hook[city=Osaka]#2",
    ] {
        assert_eq!(sheet.lines().filter(|line| line.contains(take)).count(), 1, "{sheet}");
    }
}

#[test]
fn a_deleted_sheet_is_written_again() {
    let studio = Studio::new().pipeline(RAINY);
    studio.run(&["run"]).code(0);
    let (sheet, requests) = (studio.text(SHEET), studio.counts().requests);
    fs::remove_file(studio.path(SHEET)).unwrap();
    studio.run(&["run"]).code(0).stderr_has("Up to date");
    assert_eq!((studio.text(SHEET), studio.counts().requests), (sheet, requests));
}

#[test]
fn what_a_person_wrote_stays() {
    let studio = Studio::new().pipeline(SINGLE);
    studio.run(&["run"]).code(0);
    let sheet = studio.text(SHEET);
    let row = sheet.lines().find(|line| line.contains("hook#1")).unwrap();
    let rated = row.replacen('}', ", rating: 4, note: \"the one\" }", 1);
    assert_ne!(rated, row, "{sheet}");
    let commented = format!("  # play this to Ana\n{rated}");
    studio.edit(SHEET, row, &commented);
    studio.edit("takesheet.yaml", "audio: draft }", "audio: draft, takes: 2 }");
    studio.run(&["run"]).code(0).stderr_has("1 rendered · 1 cached");
    let after = studio.text(SHEET);
    for kept in ["rating: 4", "the one", "# play this to Ana", "hook#2"] {
        assert!(after.contains(kept), "{kept} is gone:\n{after}");
    }
    studio.run(&["run"]).code(0).stderr_has("Up to date");
    assert_eq!(studio.text(SHEET), after);
}

#[test]
fn a_broken_sheet_is_found_before_anything_is_bought() {
    let studio = Studio::new().pipeline(SINGLE);
    studio.file(SHEET, b"takes: [ {\n<<<<<<< HEAD\n");
    studio.run(&["run"]).code(4).stderr_has(SHEET);
    assert_eq!(studio.counts().requests, 0);
    assert_eq!(studio.text(SHEET), "takes: [ {\n<<<<<<< HEAD\n", "it was overwritten");
}
