//! Ctrl-C and SIGTERM: paid calls land, and who leaves at once loses track of nothing.

use crate::studio::{GENERATE, QUESTIONS, RAINY, SINGLE, Studio, api, faulty};
use std::{
    net::{Ipv4Addr, TcpListener, TcpStream},
    time::Duration,
};
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
    let studio = Studio::with(faulty(&["429*:retry-after=500"])).pipeline(SINGLE);
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
    .side_by_side()
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

/// Takes calls and never answers.
struct Deaf(TcpListener);

impl Deaf {
    /// From now on the studio's calls go there.
    fn instead_of(studio: &Studio) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        studio.set("AIML_API_BASE", &format!("http://{}", listener.local_addr().unwrap()));
        Self(listener)
    }

    /// Waits until it is called; hangs up when dropped.
    fn is_called(&self) -> TcpStream {
        self.0.accept().unwrap().0
    }
}

#[test]
fn who_waits_for_the_log_of_earlier_calls_can_be_interrupted() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let pipeline = SINGLE.to_owned() + "backends: { aimlapi: { patience: 0s } }\n";
        let studio = Studio::with(faulty(&["cut"])).pipeline(&pipeline);
        studio.run(&["run"]).code(6);
        let base = studio.base_url();
        let deaf = Deaf::instead_of(&studio);
        let running = studio.start(&["run", "-q"]);
        let _call = deaf.is_called();
        running.signal(signal);
        running.finish().code(code).stderr_has("stopped before any call");
        assert_eq!(studio.ledger("state = 'unsure'").len(), 1, "it is held back as before");
        studio.set("AIML_API_BASE", &base);
        studio.run(&["run"]).code(6);
        assert_eq!(studio.asked(GENERATE), 1);
    }
}

#[test]
fn who_waits_before_paying_can_be_interrupted_and_no_other_pipeline_begins() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let studio = Studio::new();
        studio.file("a.yaml", SINGLE.as_bytes());
        studio.file("b.yaml", SINGLE.replace("name: single", "name: other").as_bytes());
        let deaf = Deaf::instead_of(&studio);
        let running = studio.start(&["run", "-q", "a.yaml", "b.yaml"]);
        let calls: Vec<_> = (0..QUESTIONS).map(|_| deaf.is_called()).collect();
        running.signal(signal);
        let told = running.finish().code(code);
        assert_eq!(told.stderr.matches("stopped before any call").count(), 1, "{told}");
        drop(calls);
        deaf.0.set_nonblocking(true).unwrap();
        assert!(deaf.0.accept().is_err(), "the other pipeline asked nothing");
        assert_eq!((studio.stored_runs(), studio.takes().len()), (0, 0));
    }
}

#[test]
fn an_interrupted_pipeline_is_the_last_one() {
    let studio = taking(LONG);
    studio.file("other.yaml", SINGLE.as_bytes());
    let running = studio.start(&["run", "-q", "takesheet.yaml", "other.yaml"]);
    studio.wait_until("two calls are under way", |studio| studio.counts().generations == 2);
    running.signal("INT");
    running.finish().code(130);
    assert_eq!((studio.asked(GENERATE), studio.stored_runs()), (2, 1));
}
