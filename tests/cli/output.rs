//! What goes where: data to standard output, words to standard error, and nothing that a pipe cannot read.

use crate::studio::{RAINY, SINGLE, Studio, faulty};
use std::process::Stdio;
use takesheet::event::Record;

#[test]
fn quiet_is_silent_when_all_is_well() {
    let studio = Studio::new().pipeline(RAINY);
    for _ in 0..2 {
        studio.run(&["run", "-q"]).code(0).stdout_is_empty().stderr_is_empty();
    }
    assert_eq!(studio.counts().charged, 4);
}

#[test]
fn quiet_is_not_silent_when_something_is_wrong() {
    let studio = Studio::with(faulty(&["400"])).pipeline(SINGLE);
    studio
        .run(&["run", "-q"])
        .code(1)
        .stdout_is_empty()
        .stderr_has("error: songs.hook#1");
}

#[test]
fn json_is_one_document_whatever_happens() {
    // A call without a row in the log is looked for once.
    let hasty = RAINY.to_owned() + "backends: { aimlapi: { patience: 0s } }\n";
    let studio = Studio::with(faulty(&["cut"])).pipeline(&hasty);
    let first = studio.run(&["run", "--json"]).code(6).json();
    assert_eq!(first["schema"], "takesheet.run/1");
    assert_eq!(first["end"], "unsure");
    let states = |state: &str| {
        first["nodes"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|node| node["state"] == state)
            .count()
    };
    assert_eq!((states("rendered"), states("unsure"), states("uploaded")), (3, 1, 2));
    studio.run(&["resolve", "all", "--not-paid"]).code(0);
    assert_eq!(studio.run(&["run", "--json"]).code(0).json()["end"], "done");
    let idle = studio.run(&["run", "--json"]).code(0).json();
    assert_eq!((&idle["end"], &idle["cached"]), (&"done".into(), &4.into()));
}

#[test]
fn events_are_records_one_a_line() {
    let studio = Studio::new().pipeline(SINGLE);
    let told = studio
        .run(&["run", "--events", "ndjson", "-q"])
        .code(0)
        .stderr_is_empty();
    let records: Vec<Record> = told
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(records.len() >= 5, "{told}");
    let document = |line| serde_json::from_str::<serde_json::Value>(line).unwrap();
    let types = told
        .stdout
        .lines()
        .map(|line| document(line)["event"]["type"].as_str().unwrap().to_owned());
    let types: Vec<_> = types.collect();
    assert_eq!(
        types,
        [
            "run_started",
            "upload_started",
            "upload_finished",
            "take_submitted",
            "take_finished",
            "run_finished"
        ]
    );
}

#[test]
fn a_pipe_gets_no_escape_codes() {
    let studio = Studio::with(faulty(&["400"])).pipeline(RAINY);
    for (name, value) in [("TERM", "xterm-256color"), ("NO_COLOR", "1")] {
        studio.set(name, value);
        for args in [
            &["plan"][..],
            &["run"],
            &["why", "hook"],
            &["promote", "hook", "--to", "out"],
            &["check"],
            &["graph"],
            &["--help"],
        ] {
            let told = studio.run(args);
            assert!(
                !told.stdout.contains('\u{1b}') && !told.stderr.contains('\u{1b}'),
                "{told}"
            );
            assert!(!told.stderr.contains('\r'), "{told}");
        }
    }
}

#[test]
fn colour_comes_when_it_is_asked_for() {
    let studio = Studio::new().pipeline(SINGLE);
    studio.run(&["plan", "--color", "always"]).code(0).stdout_has("\u{1b}[");
    studio.set("NO_COLOR", "1");
    studio.run(&["plan"]).code(0).stdout_lacks("\u{1b}[");
}

#[test]
fn a_reader_that_went_away_is_no_reason_to_panic() {
    let studio = Studio::new().pipeline(RAINY);
    for args in [
        &["plan"][..],
        &["schema"],
        &["run", "--events", "ndjson"],
        &["run", "--json"],
        &["--help"],
    ] {
        let mut child = studio.command(args).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{args:?}: {stderr}");
        assert!(!stderr.contains("panicked"), "{args:?}: {stderr}");
    }
    assert_eq!((studio.counts().charged, studio.takes().len()), (4, 4));
}

#[test]
fn a_reader_of_words_that_went_away_loses_no_take() {
    let studio = Studio::new().pipeline(RAINY);
    let mut child = studio.command(&["run"]).spawn().unwrap();
    drop(child.stderr.take());
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(0));
    assert_eq!((studio.counts().charged, studio.takes().len()), (4, 4));
}

#[test]
fn the_end_of_a_run_says_where_the_takes_are_and_what_comes_next() {
    let studio = Studio::new().pipeline(SINGLE);
    studio
        .run(&["run"])
        .code(0)
        .stderr_has("Takes: takes/single/hook/")
        .stderr_has("Next:  takesheet why 'songs.hook#1'");
}
