//! The same request from two places is one purchase.

use crate::studio::{GENERATE, QUESTIONS, RAINY, SINGLE, Studio, api};
use std::time::Duration;
use takesheet::sandbox::Options;

#[test]
fn two_songs_that_ask_for_the_same_are_one_purchase() {
    let text = SINGLE.replace(
        "songs:\n",
        "songs:\n  echo: { lyrics: verse, instrumental: demo, audio: draft }\n",
    );
    let studio = Studio::new().pipeline(&text);
    studio
        .run(&["plan"])
        .code(0)
        .stdout_has("bought once")
        .stdout_has("$0.0315");
    studio.run(&["run"]).code(0).stderr_has("$0.0315 spent");
    assert_eq!(studio.counts().charged, 1);
    let files = studio.files("takes");
    let takes = studio.takes();
    assert_eq!(takes.len(), 2);
    assert_eq!(files[&takes[0]], files[&takes[1]]);
    studio.run(&["run"]).code(0).stderr_has("Up to date: 2 takes");
}

#[test]
fn two_processes_at_once_buy_each_take_once() {
    let delay = Duration::from_millis(400);
    let studio = Studio::with(Options { delay, ..api() }).side_by_side().pipeline(RAINY);
    let (first, second) = (studio.start(&["run", "-q"]), studio.start(&["run", "-q"]));
    let (first, second) = (first.finish(), second.finish());
    assert_eq!((first.code, second.code), (Some(0), Some(0)), "{first}{second}");
    assert_eq!((studio.asked(GENERATE), studio.counts().charged), (4, 4));
    assert_eq!(studio.takes().len(), 4);
    studio.run(&["run"]).code(0).stderr_has("Up to date: 4 takes");
}

#[test]
fn two_pipelines_of_a_project_share_their_takes() {
    let studio = Studio::new().pipeline(SINGLE);
    studio.file("other.yaml", SINGLE.replace("name: single", "name: other").as_bytes());
    studio.run(&["run", "takesheet.yaml", "other.yaml"]).code(0);
    assert_eq!(studio.counts().charged, 1);
    assert_eq!(studio.takes().len(), 2);
}

#[test]
fn waiting_for_another_process_does_not_use_up_the_rate() {
    let delay = Duration::from_secs(2);
    let text = format!("{SINGLE}limits: {{ rate: 3/1h }}\n");
    let studio = Studio::with(Options { delay, ..api() }).side_by_side().pipeline(&text);
    let buyer = studio.start(&["run"]);
    studio.wait_until("the paid call is under way", |studio| studio.counts().generations == 1);
    let other = studio.start(&["run"]);
    buyer.finish().code(0);
    other.finish().code(0);
    assert_eq!(studio.counts().requests, 2 * QUESTIONS + 2, "one upload, one paid call");
}
