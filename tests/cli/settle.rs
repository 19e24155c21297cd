//! What a person says of a call never outweighs what the ledger knows of it, and drops nothing that is paid for.

use crate::studio::{GENERATE, RAINY, SINGLE, Studio, faulty};
use rusqlite::Connection;
use std::fs;

const HASTY: &str = "backends: { aimlapi: { patience: 0s } }\n";

fn single(faults: &[&str]) -> Studio {
    Studio::with(faulty(faults)).pipeline(&(SINGLE.to_owned() + HASTY))
}

/// Changes the ledger behind the program's back, as a process that ended would have left it.
fn ledger(studio: &Studio, statements: &str) {
    let database = Connection::open(studio.path(".takesheet/takesheet.db")).unwrap();
    database.execute_batch(statements).unwrap();
}

/// A take that is paid for, whose audio waits behind a link: the process that was to fetch it was killed.
fn linked() -> Studio {
    let studio = single(&["audio-url", "files:503x2"]);
    let running = studio.start(&["run"]);
    studio.wait_until("the first try to fetch was in vain", |studio| {
        studio.log().iter().any(|seen| seen.path.starts_with("/files/"))
    });
    running.kill();
    assert_eq!(links(&studio), 1);
    studio
}

fn links(studio: &Studio) -> usize {
    studio.ledger("open AND task LIKE '%/files/%'").len()
}

#[test]
fn a_call_that_is_known_to_be_charged_is_not_made_unpaid() {
    for fault in ["cut-billed", "cut-body"] {
        let studio = single(&[fault]);
        studio.run(&["run"]).code(6);
        for name in ["songs.hook#1", "hook"] {
            studio
                .run(&["resolve", name, "--not-paid"])
                .code(2)
                .stderr_has("error: songs.hook#1: it was charged ($0.0315)")
                .stderr_has("takesheet resolve 'songs.hook#1' --retake")
                .stderr_has("--paid");
        }
        studio.run(&["run"]).code(6);
        assert_eq!(studio.asked(GENERATE), 1, "{fault}: bought again without a word");
        studio.run(&["resolve", "hook", "--paid"]).code(0);
        assert_eq!(studio.ledger("billed = 'yes' AND NOT open").len(), 1, "{fault}");
        studio.run(&["run"]).code(0).stderr_has("1 rendered");
    }
}

#[test]
fn of_all_calls_only_those_become_unpaid_that_may_be() {
    let studio = Studio::with(faulty(&["cut-billed", "cut"])).pipeline(&(RAINY.to_owned() + HASTY));
    studio.run(&["run"]).code(6).stderr_has("2 unsure");
    let told = studio.run(&["resolve", "all", "--not-paid"]).code(6);
    assert_eq!(told.stderr.matches("it was charged ($0.0315)").count(), 1, "{told}");
    assert_eq!(told.stderr.matches(": not paid").count(), 1, "{told}");
    assert_eq!(studio.ledger("open AND billed = 'yes'").len(), 1);
    studio.run(&["run"]).code(6).stderr_has("1 rendered");
    assert_eq!((studio.asked(GENERATE), studio.counts().charged), (5, 4));
}

#[test]
fn audio_that_can_be_fetched_is_dropped_by_no_general_word() {
    let studio = linked();
    for words in [
        &["all", "--not-paid"][..],
        &["all", "--paid"],
        &["all", "--retake"],
        &["-p", "takesheet.yaml", "--retake"],
        &["hook", "--retake"],
        &["hook#1", "--paid"],
        &["hook#1", "--not-paid"],
    ] {
        let told = studio.run(&[&["resolve"], words].concat());
        assert!(matches!(told.code, Some(2 | 6)), "{told}");
        assert!(
            told.stderr
                .contains("songs.hook#1: it is paid for, and its audio can still be fetched"),
            "{told}"
        );
        assert!(told.stderr.contains("run again"), "{told}");
        assert_eq!(links(&studio), 1, "{told}");
    }
    let listed = studio.run(&["resolve"]).code(0).stdout_has("the next run fetches it");
    assert!(!listed.stdout.contains("takesheet resolve"), "{listed}");
    studio.run(&["run"]).code(0);
    assert_eq!((studio.asked(GENERATE), studio.counts().charged), (1, 1));
    assert_eq!(studio.takes().len(), 1);
}

#[test]
fn audio_that_can_be_fetched_is_given_up_by_its_name() {
    let studio = linked();
    studio
        .run(&["resolve", "hook#1", "--retake"])
        .code(0)
        .stderr_has("songs.hook#1: to be taken again: the next run buys it; the audio that was paid for is given up");
    assert_eq!(links(&studio), 0);
    assert_eq!(studio.ledger("billed = 'yes' AND resolved = 'retake'").len(), 1);
    studio.run(&["run"]).code(0).stderr_has("1 rendered");
    assert_eq!(studio.counts().charged, 2);
}

#[test]
fn audio_that_was_received_and_is_gone_is_named_with_the_word_that_settles_it() {
    let studio = single(&[]);
    studio.run(&["run"]).code(0);
    fs::remove_dir_all(studio.path("takes")).unwrap();
    fs::remove_dir_all(studio.path(".takesheet/blobs")).unwrap();
    ledger(
        &studio,
        "UPDATE claims SET state = 'received', open = 1, owner = 'gone'; DELETE FROM takes; DELETE FROM outputs;",
    );
    studio
        .run(&["resolve"])
        .code(0)
        .stdout_has("takesheet resolve 'songs.hook#1' --retake");
    for _ in 0..2 {
        studio
            .run(&["run"])
            .code(6)
            .stderr_has("settle it: takesheet resolve 'songs.hook#1' --retake");
    }
    studio
        .run(&["doctor", "--offline"])
        .stdout_has("'songs.hook#1' --retake");
    studio.run(&["resolve", "hook#1", "--not-paid"]).code(2);
    studio.run(&["resolve", "songs.hook#1", "--retake"]).code(0);
    studio.run(&["run"]).code(0).stderr_has("1 rendered");
}

#[test]
fn a_lost_take_is_listed_with_the_word_that_settles_it() {
    let studio = single(&[]);
    studio.run(&["run"]).code(0);
    fs::remove_dir_all(studio.path("takes")).unwrap();
    fs::remove_dir_all(studio.path(".takesheet/blobs")).unwrap();
    studio
        .run(&["resolve"])
        .code(0)
        .stdout_has("takesheet resolve 'songs.hook#1' --retake")
        .stderr_has("0 takes unsure, 1 lost");
    studio
        .run(&["resolve", "all", "--not-paid"])
        .code(6)
        .stderr_has("so it was paid for");
    studio.run(&["resolve", "songs.hook#1", "--retake"]).code(0);
}

#[test]
fn a_call_and_a_lost_take_of_one_name_are_not_settled_by_one_word() {
    let studio = single(&["cut"]);
    studio.run(&["run"]).code(6);
    studio.edit("takesheet.yaml", "One line", "Another line");
    studio.run(&["run"]).code(0);
    fs::remove_dir_all(studio.path("takes")).unwrap();
    fs::remove_dir_all(studio.path(".takesheet/blobs")).unwrap();
    studio
        .run(&["resolve", "hook#1", "--retake"])
        .code(2)
        .stderr_has("`hook#1` is the name of 1 unsure call and 1 lost take");
    assert_eq!(studio.ledger("open").len(), 1);
    // Each command that is listed settles what it is listed for.
    let listed = studio.run(&["resolve"]).code(0).stdout;
    let commands: Vec<_> = listed
        .lines()
        .filter(|line| line.contains("takesheet resolve"))
        .collect();
    assert_eq!(commands.len(), 2, "{listed}");
    for command in commands {
        let name = command.split_whitespace().nth(2).unwrap().trim_matches('\'');
        studio.run(&["resolve", name, "--retake"]).code(0);
    }
    studio.run(&["resolve"]).code(0).stdout_is_empty();
}
