//! Ctrl-C and SIGTERM: paid calls land, and who leaves at once loses track of nothing.

use crate::studio::{GENERATE, QUESTIONS, RAINY, SINGLE, Studio, api};
use std::time::Duration;
use takesheet::sandbox::Options;

fn taking(delay: Duration) -> Studio {
    Studio::with(Options { delay, ..api() }).pipeline(&RAINY.replace("concurrency: 4", "concurrency: 2"))
}

/// Long enough for a signal to arrive in the middle of a call.
const LONG: Duration = Duration::from_secs(3);

#[test]
fn the_first_interrupt_lets_paid_calls_land() {
    let studio = taking(LONG);
    let running = studio.start(&["run"]);
    studio.wait_until("two calls are under way", |studio| studio.counts().generations == 2);
    running.signal("INT");
    running
        .finish()
        .code(130)
        .stderr_has("2 paid calls are under way")
        .stderr_has("Ctrl-C again to leave at once")
        .stderr_has("2 rendered · 2 skipped");
    assert_eq!(
        (studio.asked(GENERATE), studio.counts().charged, studio.takes().len()),
        (2, 2, 2)
    );
    studio.run(&["run"]).code(0).stderr_has("2 rendered · 2 cached");
    assert_eq!(studio.counts().charged, 4);
}

#[test]
fn the_second_interrupt_leaves_at_once_and_the_ledger_remembers() {
    let studio = taking(Duration::from_secs(600));
    let running = studio.start(&["run"]);
    studio.wait_until("two calls are under way", |studio| studio.counts().generations == 2);
    running.signal("INT");
    std::thread::sleep(Duration::from_millis(300));
    running.signal("INT");
    running.finish().code(130).stderr_has("leaving at once");
    let asked = studio.asked(GENERATE);
    studio.run(&["plan"]).code(0).stdout_has("2 unsure");
    studio
        .run(&["run", "--select", "state:unsure"])
        .code(6)
        .stderr_has("takesheet resolve");
    assert_eq!(studio.asked(GENERATE), asked, "an unsure call was sent again");
}

#[test]
fn a_termination_ends_with_its_own_code() {
    let studio = taking(LONG);
    let running = studio.start(&["run"]);
    studio.wait_until("two calls are under way", |studio| studio.counts().generations == 2);
    running.signal("TERM");
    running
        .finish()
        .code(143)
        .stderr_has("2 rendered · 2 skipped")
        .stderr_has("what was paid for is kept");
    assert_eq!(studio.counts().charged, 2);
}

#[test]
fn a_sandbox_ends_quietly() {
    let studio = Studio::new();
    let running = studio.start(&["sandbox", "--port", "0", "-q"]);
    // It listens for signals before it says where it is; there is nothing to ask it here.
    std::thread::sleep(Duration::from_millis(500));
    running.signal("INT");
    running
        .finish()
        .code(0)
        .stdout_has("http://127.0.0.1:")
        .stderr_is_empty();
}

#[test]
fn an_interrupt_does_not_wait_for_the_next_try() {
    let studio = Studio::with(crate::studio::faulty(&["429*:retry-after=500"])).pipeline(SINGLE);
    let running = studio.start(&["run"]);
    studio.wait_until("the first try was turned away", |studio| studio.asked(GENERATE) == 1);
    std::thread::sleep(Duration::from_millis(300));
    running.signal("INT");
    running
        .finish()
        .code(130)
        .stderr_has("nothing is under way")
        .stderr_has("1 skipped");
    assert!(
        studio.ledger("open").is_empty(),
        "what surely did not run is not in doubt"
    );
}

#[test]
fn who_waits_for_another_process_can_be_interrupted() {
    let studio = Studio::with(Options {
        delay: Duration::from_secs(600),
        ..api()
    })
    .pipeline(SINGLE);
    let buyer = studio.start(&["run"]);
    studio.wait_until("the paid call is under way", |studio| studio.counts().generations == 1);
    let other = studio.start(&["run"]);
    studio.wait_until("the other process waits", |studio| studio.stored_runs() == 2);
    std::thread::sleep(Duration::from_millis(300));
    other.signal("INT");
    other.finish().code(130).stderr_has("1 skipped");
    assert_eq!(studio.counts().requests, 2 * QUESTIONS + 2, "one upload, one paid call");
    buyer.kill();
}
