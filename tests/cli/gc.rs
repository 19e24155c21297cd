//! What the store holds and nothing needs any more.

use crate::studio::{GENERATE, RAINY, SINGLE, Studio, api};
use std::{fs, time::Duration};
use takesheet::sandbox::Options;

const SHEET: &str = "takesheet.takes.yaml";

/// A take of an older text, whose file and row in the sheet a person took away.
fn with_an_idle_take() -> Studio {
    let studio = Studio::new().pipeline(SINGLE);
    studio.run(&["run"]).code(0);
    let old = studio.takes().remove(0);
    studio.edit("takesheet.yaml", "nothing more", "nothing less");
    studio.run(&["run"]).code(0);
    take_away(&studio, &old);
    studio
}

/// Deletes a take's file, and its row.
fn take_away(studio: &Studio, name: &str) {
    let key = name.rsplit_once('_').unwrap().1.trim_end_matches(".wav");
    fs::remove_file(studio.path(name)).unwrap();
    let sheet = studio.text(SHEET);
    let rows: Vec<_> = sheet
        .lines()
        .filter(|line| !line.contains(&format!("key: {key}")) && !line.contains(&format!("key: \"{key}")))
        .collect();
    assert_eq!(rows.len() + 1, sheet.lines().count(), "{key} in\n{sheet}");
    studio.file(SHEET, (rows.join("\n") + "\n").as_bytes());
}

fn blobs(studio: &Studio) -> usize {
    studio.files(".takesheet/blobs").len()
}

#[test]
fn what_nothing_refers_to_is_listed_with_its_price_and_deleted_only_on_request() {
    let studio = with_an_idle_take();
    for _ in 0..2 {
        studio
            .run(&["gc"])
            .code(0)
            .stdout_has("songs.hook#1  ")
            .stdout_has("$0.0315 to render again")
            .stderr_has("1 take, ")
            .stderr_has("takesheet gc --delete");
        assert_eq!(blobs(&studio), 2);
    }
    let found = studio.run(&["gc", "--json"]).code(0).json();
    assert_eq!(found["takes"].as_array().unwrap().len(), 1);
    assert_eq!((&found["deleted"], &found["needed"]), (&false.into(), &1.into()));
    assert_eq!(found["price_again"], "0.0315");
    studio.run(&["gc", "--delete"]).code(0).stderr_has("Deleted 1 take");
    assert_eq!(blobs(&studio), 1);
    studio
        .run(&["gc"])
        .code(0)
        .stdout_is_empty()
        .stderr_has("Nothing to delete");

    studio.edit("takesheet.yaml", "nothing less", "nothing more");
    studio
        .run(&["plan"])
        .code(0)
        .stdout_has("collected by gc, had cost $0.0315")
        .stdout_has("1 new · $0.0315");
    assert_eq!(studio.counts().charged, 2);
    studio.run(&["run"]).code(0).stderr_has("1 rendered");
}

#[test]
fn what_a_sheet_a_file_or_a_name_refers_to_stays() {
    let studio = Studio::new().pipeline(RAINY);
    studio.run(&["run"]).code(0);
    // The latest under their names, in the sheet, with files.
    studio.run(&["gc", "--delete"]).code(0).stderr_has("4 takes needed");
    studio.edit("takesheet.yaml", "low and wide", "high and wide");
    studio.run(&["run"]).code(0);
    let sheet = studio.text(SHEET);
    let takes = studio.takes();
    // Their files are gone, their rows are not.
    for name in &takes {
        fs::remove_file(studio.path(name)).unwrap();
    }
    studio.run(&["gc", "--delete"]).code(0).stderr_has("8 takes needed");
    // Nor is anything deleted that only a sheet elsewhere in the project refers to.
    studio.file("old/songs.takes.yaml", sheet.as_bytes());
    fs::remove_file(studio.path(SHEET)).unwrap();
    studio.run(&["gc", "--delete"]).code(0).stderr_has("8 takes needed");
    assert_eq!(blobs(&studio), 8);
    // Without any sheet the latest ones must be named.
    fs::remove_file(studio.path("old/songs.takes.yaml")).unwrap();
    studio
        .run(&["gc"])
        .code(0)
        .stdout_has("the latest of its name")
        .stderr_has("4 are deleted only by name");
    studio.run(&["gc", "--delete"]).code(0).stderr_has("Deleted 4 takes");
    assert_eq!(blobs(&studio), 4);
    studio
        .run(&["gc", "--delete", "hook[city=Lisbon]"])
        .code(0)
        .stderr_has("Deleted 2 takes");
    assert_eq!(blobs(&studio), 2);
    studio.run(&["gc", "--delete", "hook[city=Paris]"]).code(5);
}

#[test]
fn a_sheet_that_cannot_be_read_ends_it() {
    let studio = with_an_idle_take();
    studio.file("other.takes.yaml", b"takes: [ {\n<<<<<<< HEAD\n");
    studio.run(&["gc", "--delete"]).code(4).stderr_has("other.takes.yaml");
    assert_eq!(blobs(&studio), 2);
}

#[test]
fn nothing_is_deleted_while_a_run_is_under_way() {
    let studio = with_an_idle_take();
    studio.restart_api(Options {
        delay: Duration::from_secs(2),
        ..api()
    });
    studio.edit("takesheet.yaml", "nothing less", "nothing else");
    let running = studio.start(&["run"]);
    studio.wait_until("the paid call is under way", |studio| studio.counts().generations == 1);
    studio
        .run(&["gc", "--delete"])
        .code(75)
        .stderr_has("a run is under way");
    running.finish().code(0);
    studio.run(&["gc", "--delete"]).code(0).stderr_has("Deleted 1 take");
    assert_eq!(studio.asked(GENERATE), 2, "its ids were forgotten, then it was bought");
}

#[test]
fn what_came_of_an_unsure_call_is_deleted_only_by_its_name() {
    let studio = Studio::with(crate::studio::faulty(&["cut-body"])).pipeline(SINGLE);
    studio.run(&["run"]).code(6);
    assert_eq!(blobs(&studio), 1);
    studio.run(&["gc", "--delete"]).code(0);
    assert_eq!(blobs(&studio), 1, "it may have been paid for");
    let found = studio.run(&["gc", "--json"]).code(0).json();
    let part = &found["parts"][0];
    assert_eq!(
        (&part["of"][0], &part["must_be_named"]),
        (&"songs.hook#1".into(), &true.into())
    );
    let digest = part["digest"].as_str().unwrap();
    studio.run(&["gc", "--delete", &digest[..8]]).code(0);
    assert_eq!(blobs(&studio), 0);
    studio.run(&["resolve"]).code(0).stderr_has("1 take unsure");
}

#[test]
fn what_a_killed_process_left_is_tidied_up() {
    let studio = Studio::with(Options {
        delay: Duration::from_secs(600),
        ..api()
    })
    .pipeline(SINGLE);
    let running = studio.start(&["run"]);
    studio.wait_until("the paid call is under way", |studio| studio.counts().generations == 1);
    running.kill();
    assert_eq!((blobs(&studio), studio.files(".takesheet/owners").len()), (1, 1));
    studio.run(&["gc"]).code(0).stdout_has("left by a process that is gone");
    studio.run(&["gc", "--delete"]).code(0);
    assert_eq!((blobs(&studio), studio.files(".takesheet/owners").len()), (0, 0));
    studio.run(&["plan"]).code(0).stdout_has("unsure");
}

#[test]
fn there_is_nothing_to_delete_where_nothing_was_run() {
    Studio::new()
        .pipeline(SINGLE)
        .run(&["gc"])
        .code(5)
        .stderr_has("nothing was run");
}
