//! What is made sure of before the first upload of a run that pays, and that nothing is sent if it is not so.

use crate::studio::{GENERATE, QUESTIONS, RAINY, SINGLE, Studio, UPLOAD, api, faulty};
use std::{fs::File, time::SystemTime};
use takesheet::{
    base::money::Usd,
    sandbox::{Mode, Options},
};

const BILLING: &str = "/v2/billing";
const MODELS: &str = "/v1/models";
const FEED: &str = "/v1/models/deprecations";

/// Nothing but questions was asked.
fn assert_nothing_sent(studio: &Studio) {
    assert_eq!((studio.asked(UPLOAD), studio.asked(GENERATE)), (0, 0));
    assert_eq!(studio.counts().charged, 0);
    assert_eq!(studio.stored_runs(), 0, "a run was begun");
}

fn with_balance(text: &str, balance: &str) -> Studio {
    let balance = Usd::parse(balance).unwrap();
    Studio::with(Options { balance, ..api() }).pipeline(text)
}

fn in_mode(mode: Mode) -> Studio {
    Studio::with(Options { mode, ..api() }).pipeline(SINGLE)
}

#[test]
fn a_run_that_pays_asks_three_questions_first_and_then_none() {
    let studio = Studio::new().pipeline(RAINY);
    studio
        .run(&["run"])
        .code(0)
        .stderr_lacks("cannot be told")
        .stderr_lacks("is left on the account");
    let log = studio.log();
    let mut first: Vec<_> = log[..QUESTIONS]
        .iter()
        .map(|seen| (seen.path.as_str(), seen.authorization))
        .collect();
    first.sort_unstable();
    assert_eq!(first, [(MODELS, false), (FEED, false), (BILLING, true)]);
    assert!(log[QUESTIONS..].iter().all(|seen| seen.method == "POST"), "{log:?}");
}

#[test]
fn who_buys_nothing_asks_nothing() {
    let studio = Studio::new().pipeline(RAINY);
    studio.run(&["run"]).code(0);
    let requests = studio.counts().requests;
    studio.run(&["run"]).code(0);
    std::fs::remove_dir_all(studio.path("takes")).unwrap();
    studio.run(&["run"]).code(0);
    studio.edit("takesheet.yaml", "low and wide", "high and wide");
    studio.run(&["run", "--dry-run"]).code(0);
    studio
        .run(&["run", "--backend", "sandbox"])
        .code(0)
        .stderr_has("4 rendered");
    assert_eq!(studio.counts().requests, requests);
}

#[test]
fn a_wrong_key_uploads_nothing() {
    let studio = Studio::new().pipeline(RAINY);
    studio.set("AIML_API_KEY", "a-wrong-key");
    studio
        .run(&["run"])
        .code(8)
        .stdout_is_empty()
        .stderr_has("error: the key was refused (HTTP 401)")
        .stderr_has("nothing was sent and nothing was bought")
        .stderr_lacks("a-wrong-key");
    assert_nothing_sent(&studio);
    for quietly in [&["run", "-q"][..], &["run", "--json"], &["run", "--events", "ndjson"]] {
        studio
            .run(quietly)
            .code(8)
            .stdout_is_empty()
            .stderr_has("the key was refused");
    }
    assert_nothing_sent(&studio);
}

#[test]
fn a_model_that_was_withdrawn_uploads_nothing_and_names_its_successor() {
    let studio = in_mode(Mode::Withdrawn);
    studio
        .run(&["run"])
        .code(1)
        .stderr_has("error: the backend says that the model `music-01` is withdrawn since 2026-08-17")
        .stderr_has("its successor is `minimax/music-2.6`")
        .stderr_has("`--no-preflight`");
    assert_nothing_sent(&studio);
}

#[test]
fn a_model_that_no_list_names_is_refused_and_may_be_tried_all_the_same() {
    let studio = in_mode(Mode::Unlisted);
    studio
        .run(&["run"])
        .code(1)
        .stderr_has("error: the model `music-01` is not in the backend's list, neither by its id nor as an alias")
        .stderr_has("`--no-preflight` runs without these checks");
    assert_nothing_sent(&studio);
    studio.run(&["run", "--no-preflight"]).code(0).stderr_has("1 rendered");
    assert_eq!(
        studio.counts().requests,
        QUESTIONS + 2,
        "the second run asked nothing first"
    );
}

#[test]
fn a_model_that_is_listed_as_an_alias_is_served() {
    let studio = in_mode(Mode::Renamed);
    studio
        .run(&["run"])
        .code(0)
        .stderr_lacks("alias")
        .stderr_has("1 rendered");
}

#[test]
fn a_model_that_is_deprecated_is_served_with_a_warning() {
    let studio = in_mode(Mode::Deprecated);
    studio
        .run(&["run"])
        .code(0)
        .stderr_has("warning: `music-01` is deprecated, and still served, until 2099-12-31")
        .stderr_has("help: its successor is `minimax/music-2.6`")
        .stderr_has("1 rendered");
}

#[test]
fn without_a_feed_the_list_decides() {
    let studio = Studio::with(faulty(&["deprecations:404*"])).pipeline(SINGLE);
    studio
        .run(&["run"])
        .code(0)
        .stderr_lacks("HTTP 404")
        .stderr_has("1 rendered");
    let studio = Studio::with(Options {
        mode: Mode::Unlisted,
        ..faulty(&["deprecations:html*"])
    })
    .pipeline(SINGLE);
    studio.run(&["run"]).code(1).stderr_has("is not in the backend's list");
    assert_nothing_sent(&studio);
}

#[test]
fn what_cannot_be_told_stops_nothing() {
    for (fault, why) in [
        ("500", "HTTP 500: Internal server error"),
        ("404", "HTTP 404: Not Found"),
        ("502", "HTTP 502: Bad Gateway"),
        ("html", "the answer is not JSON"),
        ("429", "HTTP 429: Too Many Requests"),
        ("redirect", "HTTP 307"),
        ("cut", "cannot be told"),
    ] {
        let studio = Studio::with(faulty(&[&format!("billing:{fault}*")])).pipeline(SINGLE);
        studio
            .run(&["run"])
            .code(0)
            .stderr_has("warning: whether the key is accepted, and what is left on its account, cannot be told")
            .stderr_has(why)
            .stderr_has("1 rendered");
        let studio = Studio::with(faulty(&[&format!("models:{fault}*")])).pipeline(SINGLE);
        studio
            .run(&["run"])
            .code(0)
            .stderr_has("warning: whether the model `music-01` is served cannot be told")
            .stderr_has("1 rendered");
    }
}

#[test]
fn a_warning_is_no_news_for_cron() {
    let studio = Studio::with(faulty(&["billing:500*", "models:500*"])).pipeline(SINGLE);
    studio.run(&["run", "-q"]).code(0).stderr_is_empty().stdout_is_empty();
    let studio = Studio::with(faulty(&["billing:500*"])).pipeline(SINGLE);
    let told = studio
        .run(&["run", "--json"])
        .code(0)
        .stderr_has("warning: whether the key");
    assert_eq!(told.json()["nodes"][1]["state"], "rendered");
}

#[test]
fn money_for_less_than_one_take_uploads_nothing() {
    for (balance, said) in [
        (
            "0.03",
            "error: $0.03 is left on the account, and one take costs $0.0315",
        ),
        ("0", "error: $0.00 is left on the account"),
    ] {
        let studio = with_balance(RAINY, balance);
        studio
            .run(&["run"])
            .code(8)
            .stderr_has(said)
            .stderr_has("help: top up: https://aimlapi.com/app/billing");
        assert_nothing_sent(&studio);
    }
}

#[test]
fn money_for_some_takes_buys_these() {
    let studio = with_balance(&RAINY.replace("concurrency: 4", "concurrency: 1"), "0.07");
    studio
        .run(&["run"])
        .code(8)
        .stderr_has("warning: $0.07 is left on the account, and the plan costs $0.126: enough for 2 of 4 takes")
        .stderr_has("2 rendered");
    assert_eq!(studio.counts().charged, 2);
}

#[test]
fn a_budget_that_the_balance_covers_needs_no_warning() {
    let studio = with_balance(RAINY, "0.07");
    studio
        .run(&["run", "--budget", "0.07"])
        .code(7)
        .stderr_lacks("is left on the account")
        .stderr_has("2 rendered");
}

#[test]
fn an_api_that_is_not_there_gets_nothing() {
    let studio = Studio::new().pipeline(SINGLE);
    // Nobody listens at the discard port.
    studio.set("AIML_API_BASE", "http://127.0.0.1:9");
    studio
        .run(&["run", "--json"])
        .code(75)
        .stdout_is_empty()
        .stderr_has("error: the backend could not be reached")
        .stderr_has("nothing was sent");
    assert_eq!(studio.stored_runs(), 0);
}

#[test]
fn an_api_that_comes_back_at_once_is_waited_for() {
    let studio = Studio::with(faulty(&["billing:cut", "models:cut", "deprecations:cut"])).pipeline(SINGLE);
    studio
        .run(&["run"])
        .code(0)
        .stderr_lacks("warning: whether")
        .stderr_has("1 rendered");
    assert_eq!(studio.counts().requests, 2 * QUESTIONS + 2);
}

#[test]
fn a_clock_that_is_off_is_worth_a_warning() {
    let skew = jiff::SignedDuration::from_mins(-10);
    let studio = Studio::with(Options { skew, ..api() }).pipeline(SINGLE);
    studio
        .run(&["run"])
        .code(0)
        .stderr_has("warning: this machine's clock is 10m 0")
        .stderr_has("ahead of the backend's");
}

#[test]
fn a_reference_that_does_not_decode_is_found_out_each_time() {
    let studio = Studio::new().pipeline(SINGLE);
    studio.run(&["run"]).code(0);
    let requests = studio.counts().requests;
    studio.file("refs/demo.wav", b"this is a letter, not a song");
    // Old enough that the store remembers what it is.
    let file = File::options().write(true).open(studio.path("refs/demo.wav")).unwrap();
    file.set_modified(SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000))
        .unwrap();
    drop(file);
    for _ in 0..2 {
        studio.run(&["run"]).code(3).stderr_has("refs/demo.wav");
    }
    assert_eq!(studio.counts().requests, requests);
}
