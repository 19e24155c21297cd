//! A process that is killed in the middle of a paid call.

use crate::studio::{GENERATE, QUESTIONS, SINGLE, Studio, UPLOAD, api};
use std::time::Duration;
use takesheet::sandbox::Options;

/// Longer than any test waits for.
const ENDLESS: Duration = Duration::from_secs(600);

#[test]
fn a_killed_call_is_unsure_and_never_sent_again_by_itself() {
    let studio = Studio::with(Options {
        delay: ENDLESS,
        ..api()
    })
    .pipeline(SINGLE);
    let running = studio.start(&["run"]);
    studio.wait_until("the paid call is under way", |studio| studio.counts().generations == 1);
    running.kill();
    // The API comes back at once from now on: whoever asks it gets an answer.
    studio.restart_api(api());
    studio.run(&["plan"]).code(0).stdout_has("unsure");
    studio.run(&["runs", "list"]).code(0).stdout_has("killed");
    for _ in 0..2 {
        studio
            .run(&["run"])
            .code(6)
            .stderr_has("has no known outcome")
            .stderr_has("takesheet resolve 'songs.hook#1'");
    }
    assert_eq!(
        studio.asked(GENERATE),
        0,
        "its log has no row of the call, which says nothing"
    );
    studio.run(&["resolve", "hook#1", "--not-paid"]).code(0);
    studio.run(&["run"]).code(0).stderr_has("1 rendered");
    assert_eq!(
        (studio.asked(GENERATE), studio.counts().charged),
        (2, 1),
        "its ids were forgotten, then it was bought"
    );
}

#[test]
fn only_a_debug_build_can_be_told_where_to_die() {
    let program = std::fs::read(env!("CARGO_BIN_EXE_takesheet")).unwrap();
    for text in ["TAKESHEET_CRASH_AT", "ledger.claim.after"] {
        let is_known = memchr::memmem::find(&program, text.as_bytes()).is_some();
        assert_eq!(is_known, cfg!(debug_assertions), "{text}");
    }
    let studio = Studio::new().pipeline(SINGLE);
    studio.set("TAKESHEET_CRASH_AT", "nowhere");
    let told = studio.run(&["check"]);
    if cfg!(debug_assertions) {
        told.code(2)
            .stderr_has("TAKESHEET_CRASH_AT=nowhere names no point at which to die");
    } else {
        told.code(0);
    }
}

#[test]
fn a_process_killed_during_an_upload_loses_nothing() {
    let studio = Studio::with(crate::studio::faulty(&["upload:hang"])).pipeline(SINGLE);
    let running = studio.start(&["run"]);
    studio.wait_until("the upload is under way", |studio| studio.asked(UPLOAD) == 1);
    running.kill();
    studio.run(&["run"]).code(0).stderr_has("1 rendered");
    assert_eq!(studio.counts().charged, 1);
}

#[test]
fn who_waited_for_a_killed_process_does_not_buy_in_its_place() {
    let studio = Studio::with(Options {
        delay: ENDLESS,
        ..api()
    })
    .side_by_side()
    .pipeline(SINGLE);
    let buyer = studio.start(&["run"]);
    studio.wait_until("the paid call is under way", |studio| studio.counts().generations == 1);
    let other = studio.start(&["run"]);
    studio.wait_until("the other process waits", |studio| studio.stored_runs() == 2);
    buyer.kill();
    other.finish().code(6).stderr_has("takesheet resolve 'songs.hook#1'");
    let look = 1;
    assert_eq!(studio.asked("/v2/logs"), look);
    assert_eq!(
        studio.counts().requests,
        2 * QUESTIONS + 2 + look,
        "one upload, one paid call, and the log was asked about it"
    );
}
