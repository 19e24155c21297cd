//! How much at once, how much money, and when to stop.

use crate::studio::{GENERATE, RAINY, Studio, api, faulty};
use std::time::Duration;
use takesheet::sandbox::Options;

fn slow() -> Options {
    Options {
        delay: Duration::from_millis(150),
        ..api()
    }
}

#[test]
fn no_more_calls_at_once_than_asked_for() {
    let studio = Studio::with(slow()).pipeline(&RAINY.replace("concurrency: 4", "concurrency: 2"));
    studio.run(&["run"]).code(0);
    assert_eq!(studio.counts().most_in_flight, 2);
    studio.edit("takesheet.yaml", "low and wide", "high and wide");
    studio
        .run(&["run", "--concurrency", "1"])
        .code(0)
        .stderr_has("4 rendered");
    assert_eq!(studio.counts().charged, 8);
}

#[test]
fn a_budget_is_never_exceeded() {
    let studio = Studio::with(slow()).pipeline(RAINY);
    studio
        .run(&["run", "--budget", "0.07"])
        .code(7)
        .stderr_has("2 rendered · 2 skipped")
        .stderr_has("Stopped at the budget");
    assert_eq!((studio.asked(GENERATE), studio.counts().charged), (2, 2));
    studio
        .run(&["run", "--budget", "0.07"])
        .code(0)
        .stderr_has("2 rendered · 2 cached");
    assert_eq!(studio.counts().charged, 4);
}

#[test]
fn the_budget_of_the_command_line_wins() {
    let text = RAINY.replace("concurrency: 4", "concurrency: 1, budget: { run: 0.04 }");
    let studio = Studio::new().pipeline(&text);
    studio
        .run(&["run"])
        .code(7)
        .stderr_has("1 rendered")
        .stderr_has("Stopped at the budget of the run: $0.0315 of $0.04 is spent, and the next take costs $0.0315");
    studio
        .run(&["run", "--budget", "0.07"])
        .code(7)
        .stderr_has("2 rendered");
    assert_eq!(studio.counts().charged, 3);
}

#[test]
fn a_budget_of_the_day_counts_earlier_runs() {
    let text = RAINY.replace("concurrency: 4", "concurrency: 1, budget: { day: 0.07 }");
    let studio = Studio::new().pipeline(&text);
    studio.run(&["run"]).code(7).stderr_has("2 rendered");
    studio.run(&["run"]).code(7).stderr_has("0 rendered");
    assert_eq!(studio.counts().charged, 2);
}

#[test]
fn a_lost_call_counts_against_the_budget() {
    let studio = Studio::with(faulty(&["cut-billed"])).pipeline(&RAINY.replace("concurrency: 4", "concurrency: 1"));
    studio
        .run(&["run", "--budget", "0.07"])
        .code(7)
        .stderr_has("1 rendered")
        .stderr_has("1 unsure");
    assert_eq!(studio.counts().charged, 2);
}

#[test]
fn fail_fast_begins_nothing_more() {
    let studio = Studio::with(faulty(&["400"])).pipeline(&RAINY.replace("concurrency: 4", "concurrency: 1"));
    studio
        .run(&["run", "--fail-fast"])
        .code(1)
        .stderr_has("3 skipped · 1 failed")
        .stderr_has("--fail-fast");
    assert_eq!(studio.asked(GENERATE), 1);
}

#[test]
fn without_fail_fast_everything_else_goes_on() {
    let studio = Studio::with(faulty(&["400"])).pipeline(&RAINY.replace("concurrency: 4", "concurrency: 1"));
    studio.run(&["run"]).code(1).stderr_has("3 rendered · 1 failed");
    assert_eq!(studio.asked(GENERATE), 4);
}
