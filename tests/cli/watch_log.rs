//! `takesheet watch` where nobody presses keys: in a log, under a supervisor.

use crate::studio::{GENERATE, RAINY, SINGLE, Studio};

#[test]
fn auto_buy_needs_a_budget() {
    let studio = Studio::new().pipeline(SINGLE);
    studio.run(&["watch", "--auto-buy"]).code(2).stderr_has("--budget");
    studio
        .run(&["watch", "--select", "hook["])
        .code(2)
        .stderr_has("cannot read the selection");
}

#[cfg(unix)]
#[test]
fn what_is_paid_for_waits_and_it_is_said_once_why() {
    let studio = Studio::new().pipeline(RAINY);
    let running = studio.start(&["watch", "--poll=100ms"]);
    studio.wait_until("the store is there", |studio| {
        studio.path(".takesheet/takesheet.db").exists()
    });
    std::thread::sleep(std::time::Duration::from_millis(1500));
    running.signal("TERM");
    let told = running
        .finish()
        .code(143)
        .stderr_has("4 takes · ")
        .stderr_has("Plan: 4 new · $0.126");
    assert_eq!(told.stderr.matches("--auto-buy --budget USD").count(), 1, "{told}");
    assert!(told.stderr.contains("Ctrl-C ends it"), "{told}");
    assert!(!told.stderr.contains("b buy"), "no keys are offered\n{told}");
    assert_eq!(studio.asked(GENERATE), 0);
}

#[cfg(unix)]
#[test]
fn auto_buy_stops_at_the_budget_of_the_whole_watch() {
    let studio = Studio::new().pipeline(SINGLE);
    let running = studio.start(&["watch", "--auto-buy", "--budget", "0.08"]);
    studio.wait_until("one was bought", |studio| studio.takes().len() == 1);
    studio.edit("takesheet.yaml", "One line", "Two lines");
    studio.wait_until("another was bought", |studio| studio.takes().len() == 2);
    studio.edit("takesheet.yaml", "Two lines", "Three lines");
    std::thread::sleep(std::time::Duration::from_millis(1500));
    running.signal("INT");
    running
        .finish()
        .code(130)
        .stderr_has("no take surely fits into the $0.017 left of the budget")
        .stderr_has("Watched: $0.063 spent");
    assert_eq!(
        (studio.asked(GENERATE), studio.counts().charged, studio.takes().len()),
        (2, 2, 2)
    );
}

#[cfg(unix)]
#[test]
fn the_sandbox_renders_and_events_are_data() {
    let studio = Studio::new().pipeline(&SINGLE.replace("aimlapi", "sandbox"));
    let running = studio.start(&["watch", "-q", "--events", "ndjson"]);
    studio.wait_until("it was rendered", |studio| studio.takes().len() == 1);
    studio.edit("takesheet.yaml", "One line", "Two lines");
    studio.wait_until("it was rendered again", |studio| studio.takes().len() == 2);
    studio.wait_until("both are listed", |studio| {
        studio.path("takesheet.takes.yaml").exists()
            && studio.text("takesheet.takes.yaml").matches("songs.hook").count() == 2
    });
    running.signal("TERM");
    let told = running.finish().code(143).stderr_is_empty();
    assert_eq!(told.stdout.matches("\"run_started\"").count(), 2, "{told}");
}
