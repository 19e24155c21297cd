//! Calls whose answer was lost: the account's log is asked, by the run, by the next run, and by `resolve`.

use crate::studio::{GENERATE, RAINY, SINGLE, Studio, UPLOAD, faulty};
use rusqlite::Connection;
use std::time::Duration;
use takesheet::sandbox::Options;

const LOGS: &str = "/v2/logs";

/// One take, whose lost call is looked up for so long.
fn patient(options: Options, patience: &str) -> Studio {
    let backends = format!("backends: {{ aimlapi: {{ patience: {patience} }} }}\n");
    Studio::with(options).pipeline(&(SINGLE.to_owned() + &backends))
}

fn late(faults: &[&str], seconds: u64) -> Options {
    Options {
        log_delay: Duration::from_secs(seconds),
        ..faulty(faults)
    }
}

/// Changes the ledger behind the program's back, as a process that ended would have left it.
fn ledger(studio: &Studio, statements: &str) {
    let database = Connection::open(studio.path(".takesheet/takesheet.db")).unwrap();
    database.execute_batch(statements).unwrap();
}

#[test]
fn what_failed_by_the_log_is_bought_once_after_all() {
    for fault in [
        "500",
        "500-partner",
        "502",
        "504",
        "base-1000",
        "base-1001",
        "base-1013",
        "base-1024",
    ] {
        let studio = patient(faulty(&[fault]), "0s");
        studio
            .run(&["run"])
            .code(0)
            .stderr_has("LOOK UP")
            .stderr_has("by the account's log it was not charged")
            .stderr_has("1 rendered");
        assert_eq!((studio.asked(GENERATE), studio.counts().charged), (2, 1), "{fault}");
        assert_eq!(studio.asked(LOGS), 1, "{fault}");
        assert!(studio.ledger("open").is_empty(), "{fault}");
    }
}

#[test]
fn what_was_charged_is_said_to_be_lost_and_named_with_its_command() {
    for fault in ["cut-billed", "cut-body"] {
        let studio = patient(faulty(&[fault]), "0s");
        studio
            .run(&["run"])
            .code(6)
            .stderr_has("it was paid for ($0.0315) and its audio never arrived")
            .stderr_has("settle it: takesheet resolve 'songs.hook#1' --retake")
            .stderr_has("$0.0315 spent");
        // Nothing is asked a second time about what is known.
        studio
            .run(&["run"])
            .code(6)
            .stderr_has("it was paid for ($0.0315)")
            .stderr_has("$0.00 spent");
        // An answer that was cut may say in its head what it cost.
        let looks = usize::from(fault == "cut-billed");
        assert_eq!((studio.asked(GENERATE), studio.asked(LOGS)), (1, looks), "{fault}");
        studio
            .run(&["resolve"])
            .code(0)
            .stdout_has("takesheet resolve 'songs.hook#1' --retake");
        studio.run(&["resolve", "hook", "--retake"]).code(0);
        studio.run(&["run"]).code(0).stderr_has("1 rendered");
        assert_eq!(studio.counts().charged, 2, "{fault}");
    }
}

#[test]
fn what_never_ran_leaves_no_row_and_stays_unsure() {
    let studio = patient(faulty(&["cut"]), "0s");
    studio
        .run(&["run"])
        .code(6)
        .stderr_has("the account's log has no row of it")
        .stderr_has("takesheet resolve 'songs.hook#1' --paid | --not-paid | --retake | --look-up");
    assert_eq!((studio.asked(GENERATE), studio.asked(LOGS)), (1, 1));
}

#[test]
fn a_row_that_comes_late_is_waited_for() {
    let studio = patient(late(&["504"], 3), "1m");
    studio.run(&["run"]).code(0).stderr_has("1 rendered");
    assert_eq!((studio.asked(GENERATE), studio.counts().charged), (2, 1));
    assert!((2..=4).contains(&studio.asked(LOGS)), "{}", studio.asked(LOGS));
}

#[test]
fn a_call_that_is_answered_too_late_was_paid_for() {
    let backends = "backends: { aimlapi: { timeout: 10s, patience: 0s } }\n";
    let studio = Studio::with(faulty(&["stall"])).pipeline(&(SINGLE.to_owned() + backends));
    studio
        .run(&["run"])
        .code(6)
        .stderr_has("it was paid for ($0.0315) and its audio never arrived: no complete answer came in time");
    assert_eq!(studio.counts().charged, 1);
}

#[test]
fn a_log_that_cannot_be_read_says_nothing() {
    for (fault, says) in [
        ("logs:401*", "HTTP 401"),
        ("logs:403*", "HTTP 403"),
        ("logs:404*", "HTTP 404"),
        ("logs:429*", "HTTP 429"),
        ("logs:500*", "HTTP 500"),
        ("logs:html*", "no list of calls"),
        ("logs:cut*", "the account's log could not be read"),
    ] {
        let studio = patient(faulty(&["500", fault]), "0s");
        studio
            .run(&["run"])
            .code(6)
            .stderr_has("the account's log could not be read")
            .stderr_has(says)
            .stderr_has("takesheet resolve 'songs.hook#1'");
        studio.run(&["run"]).code(6).stderr_has("still unsure");
        assert_eq!((studio.asked(GENERATE), studio.asked(LOGS)), (1, 2), "{fault}");
    }
}

#[test]
fn a_bad_answer_that_was_charged_is_no_free_retry() {
    for fault in ["odd-hex", "empty-audio", "html-audio", "short-audio"] {
        let mut options = faulty(&[fault]);
        options.rules.cost_headers = false;
        let studio = patient(options, "0s");
        studio
            .run(&["run"])
            .code(6)
            .stderr_has("it was paid for ($0.0315), and what arrived is no take")
            .stderr_has("--retake");
        studio.run(&["run"]).code(6);
        assert_eq!((studio.asked(GENERATE), studio.asked(LOGS)), (1, 1), "{fault}");
    }
}

#[test]
fn a_bad_answer_that_was_not_charged_fails_and_frees_its_key() {
    let studio = patient(faulty(&["base-1027"]), "0s");
    studio
        .run(&["run"])
        .code(1)
        .stderr_has("by the account's log it was not charged")
        .stderr_has("no, nothing was charged");
    assert_eq!(
        studio.asked(GENERATE),
        1,
        "a whole answer is not asked for again by itself"
    );
    studio.run(&["run"]).code(0).stderr_has("1 rendered");
}

#[test]
fn many_lost_calls_are_asked_about_in_one_read() {
    let backends = "backends: { aimlapi: { patience: 0s } }\n";
    let options = Options {
        delay: Duration::from_millis(500),
        ..faulty(&["cut-billedx4"])
    };
    let studio = Studio::with(options).pipeline(&(RAINY.to_owned() + backends));
    studio.run(&["run"]).code(6).stderr_has("4 unsure");
    assert!(studio.asked(LOGS) <= 2, "{}", studio.asked(LOGS));
}

#[test]
fn the_next_run_settles_what_a_killed_one_was_looking_up() {
    for (fault, code, says) in [
        ("500", 0, "by the account's log it was not charged"),
        ("cut-billed", 6, "it was paid for ($0.0315)"),
    ] {
        let studio = patient(late(&[fault], 4), "3m");
        let running = studio.start(&["run"]);
        studio.wait_until("the log was asked", |studio| studio.asked(LOGS) > 0);
        running.kill();
        assert_eq!(studio.ledger("state = 'claimed'").len(), 1, "{fault}");
        std::thread::sleep(Duration::from_secs(4));
        studio.run(&["run"]).code(code).stderr_has(says);
        assert_eq!(studio.counts().charged, 1, "{fault}");
    }
}

#[test]
fn audio_that_only_its_named_file_tells_of_is_a_take_again_and_nobody_is_asked() {
    let studio = patient(faulty(&[]), "0s");
    studio.run(&["run"]).code(0);
    studio.edit("takesheet.yaml", "nothing more", "nothing less");
    ledger(
        &studio,
        "CREATE TRIGGER full BEFORE UPDATE ON claims WHEN NEW.digest IS NOT NULL
         BEGIN SELECT RAISE(FAIL, 'no space left'); END",
    );
    studio
        .run(&["run"])
        .code(4)
        .stderr_has("no space left")
        .stderr_has("where the next run finds it");
    ledger(&studio, "DROP TRIGGER full");
    studio
        .run(&["run"])
        .code(0)
        .stderr_has("its audio was paid for and is a take now; nothing was bought");
    assert_eq!((studio.asked(GENERATE), studio.asked(LOGS)), (2, 0));
    assert!(studio.ledger("open").is_empty());
    assert_eq!(studio.ledger("state = 'committed' AND charged IS NOT NULL").len(), 2);
    studio.run(&["run"]).code(0).stderr_has("Up to date");
}

#[test]
fn another_accounts_log_settles_nothing() {
    let studio = patient(
        Options {
            key: None,
            ..faulty(&["500"])
        },
        "0s",
    );
    ledger_faults(&studio);
    studio.set("AIML_API_KEY", "another-key");
    studio
        .run(&["run"])
        .code(6)
        .stderr_has("it was made with another key or address");
    assert_eq!(studio.asked(GENERATE), 1);
}

/// A first run whose call is lost, and whose log is empty.
fn ledger_faults(studio: &Studio) {
    studio.restart_api(Options {
        key: None,
        ..faulty(&["cut"])
    });
    studio.run(&["run"]).code(6);
}

#[test]
fn without_a_key_nothing_changes() {
    let studio = patient(faulty(&["cut"]), "0s");
    studio.run(&["run"]).code(6);
    studio.unset("AIML_API_KEY");
    studio.run(&["run"]).code(6).stderr_has("has no known outcome");
    studio
        .run(&["resolve", "all", "--look-up"])
        .code(8)
        .stderr_has("no API key");
    assert_eq!(studio.ledger("open").len(), 1);
}

#[test]
fn audio_that_had_arrived_is_a_take_without_an_upload() {
    let studio = Studio::new().pipeline(SINGLE);
    studio.run(&["run"]).code(0);
    std::fs::remove_dir_all(studio.path("takes")).unwrap();
    ledger(
        &studio,
        "UPDATE claims SET state = 'received', open = 1, owner = 'gone'; DELETE FROM takes; DELETE FROM uploads;
         DELETE FROM outputs;",
    );
    studio
        .run(&["run"])
        .code(0)
        .stderr_has("songs.hook#1: its audio was paid for and is a take now");
    assert_eq!(
        (studio.asked(GENERATE), studio.asked(UPLOAD)),
        (1, 1),
        "nothing more was sent"
    );
    assert_eq!(studio.takes().len(), 1);
    studio.run(&["run"]).code(0).stderr_has("Up to date");
}

#[test]
fn a_link_that_a_killed_process_left_is_fetched_by_the_next_run() {
    let studio = patient(faulty(&["audio-url", "files:503x3"]), "0s");
    let running = studio.start(&["run"]);
    studio.wait_until("the first try to fetch was in vain", |studio| {
        studio.log().iter().any(|seen| seen.path.starts_with("/files/"))
    });
    running.kill();
    assert_eq!(studio.ledger("state = 'submitted' AND task LIKE '%/files/%'").len(), 1);
    ledger(&studio, "DELETE FROM uploads;");
    studio
        .run(&["run"])
        .code(0)
        .stderr_has("its audio was paid for and is a take now");
    assert_eq!(
        (studio.asked(GENERATE), studio.asked(UPLOAD), studio.counts().charged),
        (1, 1, 1)
    );
    assert!(studio.ledger("task IS NOT NULL").is_empty(), "the link is gone");
}

#[test]
fn a_link_that_ran_out_is_paid_and_lost() {
    for fault in ["files:403*", "files:404*"] {
        let studio = patient(faulty(&["audio-url", fault]), "0s");
        studio
            .run(&["run"])
            .code(6)
            .stderr_has("it was paid for ($0.0315) and its audio never arrived")
            .stderr_has("--retake");
        assert!(studio.ledger("task IS NOT NULL").is_empty(), "{fault}");
        studio.run(&["run"]).code(6);
        assert_eq!(studio.asked(GENERATE), 1, "{fault}");
    }
}

#[test]
fn resolve_asks_the_log_and_settles_what_it_says() {
    // The log is out of order for the run, and in order for the person.
    let studio = Studio::with(faulty(&["cut-billed", "500", "cut", "logs:500"]))
        .pipeline(&(RAINY.replace("concurrency: 4", "concurrency: 1") + "backends: { aimlapi: { patience: 0s } }\n"));
    studio.set("AIML_API_KEY", crate::studio::KEY);
    let told = studio.run(&["run"]);
    assert!(matches!(told.code, Some(0 | 6)), "{told}");
    let open = studio.ledger("open").len();
    assert!(open > 0, "{told}");
    let told = studio.run(&["resolve", "all", "--look-up"]);
    assert_eq!(told.code, Some(6), "{told}");
    assert!(told.stderr.contains("to buy it again: takesheet resolve"), "{told}");
}

#[test]
fn resolve_takes_selections_of_a_pipeline() {
    let studio =
        Studio::with(faulty(&["cutx4"])).pipeline(&(RAINY.to_owned() + "backends: { aimlapi: { patience: 0s } }\n"));
    studio.run(&["run"]).code(6).stderr_has("4 unsure");
    studio
        .run(&["resolve", "--pipeline", "takesheet.yaml", "hook[city=Lisbon]#2"])
        .code(2)
        .stdout_has("songs.hook[city=Lisbon]#2")
        .stderr_has("1 take unsure");
    studio
        .run(&["resolve", "-p", "takesheet.yaml", "hook[city=Lisbon]", "--not-paid"])
        .code(0)
        .stderr_has("songs.hook[city=Lisbon]#1: not paid")
        .stderr_has("songs.hook[city=Lisbon]#2: not paid");
    assert_eq!(studio.ledger("open").len(), 2);
    studio
        .run(&["resolve", "hook[city=Osaka]", "--not-paid"])
        .code(0)
        .stderr_has("songs.hook[city=Osaka]#2: not paid");
    assert!(studio.ledger("open").is_empty());
    studio.run(&["run"]).code(0).stderr_has("4 rendered");
}
