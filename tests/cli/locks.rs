//! One run of a pipeline at a time, unless two are wished for.

use crate::studio::{GENERATE, RAINY, SINGLE, Studio, api};
use std::time::Duration;
use takesheet::sandbox::Options;

/// Longer than any test: whoever waits for it is killed.
const ENDLESS: Duration = Duration::from_secs(600);

fn taking(delay: Duration) -> Studio {
    Studio::with(Options { delay, ..api() }).pipeline(SINGLE)
}

fn is_held(studio: &Studio) -> bool {
    studio
        .files(".takesheet/locks")
        .keys()
        .any(|name| name.ends_with(".holder"))
}

#[test]
fn a_second_run_ends_at_once_and_names_the_first() {
    let studio = taking(ENDLESS);
    let first = studio.start(&["run"]);
    studio.wait_until("the paid call is under way", |studio| studio.counts().generations == 1);
    let pid = first.pid();
    studio
        .run(&["run"])
        .code(75)
        .stdout_is_empty()
        .stderr_has(&format!(
            "error: another run of takesheet.yaml is under way (pid {pid}, since "
        ))
        .stderr_has(" UTC, ")
        .stderr_has("help: `--lock-wait` waits for it");
    assert_eq!(studio.stored_runs(), 1);
    // What only looks is not held up.
    studio.run(&["run", "--dry-run"]).code(0);
    studio.run(&["plan"]).code(0);
    // Nor is another pipeline of the project.
    studio.file(
        "other.yaml",
        SINGLE.replace("backend: aimlapi", "backend: sandbox").as_bytes(),
    );
    studio.run(&["run", "other.yaml"]).code(0);
    first.kill();
}

#[test]
fn a_killed_run_holds_nothing() {
    let studio = taking(ENDLESS);
    let first = studio.start(&["run"]);
    studio.wait_until("the paid call is under way", |studio| studio.counts().generations == 1);
    first.kill();
    assert!(is_held(&studio), "it had no chance to say that it was over");
    studio.run(&["run"]).code(6).stderr_lacks("another run");
    assert!(!is_held(&studio));
}

#[test]
fn who_waits_renders_what_is_missing_when_the_first_is_over() {
    let studio = taking(Duration::from_secs(2));
    let first = studio.start(&["run"]);
    studio.wait_until("the paid call is under way", |studio| studio.counts().generations == 1);
    let endless = studio.start(&["run", "--lock-wait"]);
    let long = studio.start(&["run", "--lock-wait=10m"]);
    first.finish().code(0);
    endless.finish().code(0).stderr_has("Up to date: 1 take");
    long.finish().code(0).stderr_has("Up to date: 1 take");
    assert_eq!((studio.asked(GENERATE), studio.stored_runs()), (1, 1));
}

#[test]
fn who_waits_long_enough_gives_up() {
    let studio = taking(ENDLESS);
    let first = studio.start(&["run"]);
    studio.wait_until("the paid call is under way", |studio| studio.counts().generations == 1);
    studio
        .run(&["run", "--lock-wait=300ms"])
        .code(75)
        .stderr_has("another run of takesheet.yaml");
    first.kill();
}

#[cfg(unix)]
#[test]
fn who_waits_can_be_interrupted() {
    let studio = taking(ENDLESS);
    let first = studio.start(&["run"]);
    studio.wait_until("the paid call is under way", |studio| studio.counts().generations == 1);
    let waits = studio.start(&["run", "--lock-wait"]);
    std::thread::sleep(Duration::from_secs(1));
    waits.signal("INT");
    waits.finish().code(130).stderr_has("stopped before any call");
    first.kill();
}

#[test]
fn two_runs_side_by_side_are_a_wish_that_is_granted() {
    for (words, variable) in [(&["run", "--no-lock"][..], ""), (&["run"], "1")] {
        let studio = Studio::with(Options {
            delay: Duration::from_secs(1),
            ..api()
        })
        .pipeline(RAINY);
        let first = studio.start(&["run"]);
        studio.wait_until("calls are under way", |studio| studio.counts().generations > 0);
        studio.set("TAKESHEET_NO_LOCK", variable);
        studio.start(words).finish().code(0);
        first.finish().code(0);
        assert_eq!(studio.counts().charged, 4);
    }
}
