//! An occasion of a schedule that was cut short and is taken up again: what it spent counts.

use crate::studio::{GENERATE, SINGLE, Studio, api};
use std::time::Duration;
use takesheet::sandbox::Options;

const ONCE: [&str; 5] = ["schedule", "run", "--once", "--since", "62d"];

/// Three takes of one song, one call at a time, by one schedule.
fn studio(more: &str, schedule: &str) -> Studio {
    let text = SINGLE.replace("audio: draft }", "audio: draft, takes: 3 }");
    let text = format!("{text}limits: {{ concurrency: 1{more} }}\nschedules:\n  h: {schedule}\n");
    let delay = Duration::from_secs(2);
    Studio::with(Options { delay, ..api() }).pipeline(&text)
}

#[test]
fn what_was_spent_before_a_death_counts_towards_the_budget() {
    for (more, schedule) in [
        ("", "{ cron: \"@monthly\", timezone: UTC, budget: 0.04 }"),
        ("", "{ cron: \"@monthly\", timezone: UTC, fresh: true, budget: 0.04 }"),
        (", budget: { run: 0.04 }", "{ cron: \"@monthly\", timezone: UTC }"),
    ] {
        let studio = studio(more, schedule);
        let dying = studio.start(&ONCE);
        studio.wait_until("the paid call is under way", |studio| studio.counts().generations == 1);
        dying.kill();
        studio
            .run(&["schedule", "list"])
            .code(0)
            .stdout_has(": cut short, to be taken up again\n");
        once(&studio)
            .stderr_has("taken up again")
            .stderr_has("$0.0315 was spent on it, or may have been, before it was taken up again");
        assert_eq!(studio.asked(GENERATE), 1, "{more} {schedule}");
    }
}

#[cfg(unix)]
#[test]
fn what_was_spent_before_a_stop_counts_towards_the_budget() {
    let studio = studio("", "{ cron: \"@monthly\", timezone: UTC, budget: 0.04 }");
    let running = studio.start(&ONCE);
    studio.wait_until("the paid call is under way", |studio| studio.counts().generations == 1);
    running.signal("TERM");
    running.finish();
    once(&studio)
        .code(7)
        .stderr_has("taken up again")
        .stderr_has("$0.0315 was spent on it, or may have been, before it was taken up again");
    assert_eq!((studio.asked(GENERATE), studio.takes().len()), (1, 1));
    let list = studio.run(&["schedule", "list", "--json"]).code(0).json();
    assert_eq!(list["schedules"][0]["last"]["spent"]["known"], "0.0315");
}

#[test]
fn a_pipeline_that_is_named_twice_is_kept_once() {
    let studio = studio("", "{ cron: \"@monthly\", timezone: UTC, budget: 0.04 }");
    let below = studio.path("refs");
    let again = format!("{}/../takesheet.yaml", below.display());
    let told = studio.run(&[&ONCE[..], &["takesheet.yaml", "./takesheet.yaml", &again]].concat());
    let told = told.code(7).stderr_lacks("taken up again");
    assert_eq!(told.stderr.matches("begins").count(), 1, "{told}");
    assert_eq!(studio.asked(GENERATE), 1);
}

#[test]
fn what_is_left_of_the_budget_is_spent_when_it_is_taken_up_again() {
    let studio = studio("", "{ cron: \"@monthly\", timezone: UTC, budget: 0.07 }");
    let dying = studio.start(&ONCE);
    studio.wait_until("the paid call is under way", |studio| studio.counts().generations == 1);
    dying.kill();
    once(&studio).stderr_has("taken up again");
    assert_eq!(studio.asked(GENERATE), 2);
    let list = studio.run(&["schedule", "list", "--json"]).code(0).json();
    assert_eq!(list["schedules"][0]["last"]["spent"]["known"], "0.063");
}

fn once(studio: &Studio) -> crate::told::Told {
    studio.run(&ONCE)
}
