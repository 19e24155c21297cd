//! How many calls at once, and a backend that says when it is too much.

use crate::studio::{GENERATE, RAINY, SINGLE, Studio, UPLOAD, api, faulty};
use std::time::Duration;
use takesheet::sandbox::Options;

fn slow(delay: u64) -> Options {
    Options {
        delay: Duration::from_millis(delay),
        ..api()
    }
}

/// Two hundred and fifty cells, four takes of each.
fn thousand() -> String {
    let numbers: Vec<_> = (1..=250).map(|number| number.to_string()).collect();
    RAINY
        .replace("city: [Lisbon, Osaka]", &format!("city: [{}]", numbers.join(", ")))
        .replace("takes: 2", "takes: 4")
        .replace("concurrency: 4", "concurrency: 50")
}

#[test]
fn a_thousand_takes_at_fifty_at_once_where_eight_are_taken() {
    let studio = Studio::with(Options {
        max_in_flight: Some(8),
        ..slow(20)
    })
    .pipeline(&thousand());
    studio
        .run(&["run"])
        .code(0)
        .stderr_has("1000 rendered")
        .stderr_has("aimlapi asked to slow down")
        .stderr_lacks("failed");
    let counts = studio.counts();
    assert_eq!((counts.charged, counts.most_in_flight), (1000, 8));
    let asked = studio.asked(GENERATE);
    assert!(asked <= 1200, "{asked} requests for 1000 takes");
    assert!(asked > 1000, "nobody was turned away: this test tests nothing");
    assert_eq!(studio.asked(UPLOAD), 2);
    assert_eq!(studio.takes().len(), 1000);
}

#[test]
fn a_backend_has_a_limit_of_its_own() {
    let own = "backends: { aimlapi: { concurrency: 2 } }\n";
    let studio = Studio::with(slow(150)).pipeline(&format!("{RAINY}{own}"));
    studio.run(&["run"]).code(0).stderr_has("4 rendered");
    assert_eq!(studio.counts().most_in_flight, 2);
}

#[test]
fn what_is_there_waits_for_no_rate() {
    let text = RAINY.replace("concurrency: 4", "concurrency: 1, rate: 6/1h");
    let studio = Studio::new().pipeline(&text);
    studio.run(&["run"]).code(0).stderr_has("4 rendered");
    std::fs::remove_dir_all(studio.path("takes")).unwrap();
    studio.edit("takesheet.yaml", "rate: 6/1h", "rate: 1/1h");
    studio.edit("takesheet.yaml", "[Lisbon, Osaka]", "[Lisbon, Osaka, Porto]");
    studio.edit("takesheet.yaml", "takes: 2", "takes: 1");
    studio.run(&["run"]).code(0).stderr_has("1 rendered · 2 cached");
    assert_eq!(studio.counts().charged, 5);
}

#[test]
fn a_backend_that_asks_for_too_much_patience_is_asked_once() {
    let text = RAINY.replace("concurrency: 4", "concurrency: 1");
    let studio = Studio::with(faulty(&["429*:retry-after=3600"])).pipeline(&text);
    studio
        .run(&["run"])
        .code(75)
        .stderr_has("asked to wait")
        .stderr_has("aimlapi is away")
        .stderr_has("0 rendered · 3 skipped · 1 failed");
    assert_eq!(studio.asked(GENERATE), 1);
}

#[test]
fn slowing_down_is_said_once_and_not_for_each_call() {
    let studio = Studio::with(faulty(&["429x3"])).pipeline(SINGLE);
    let told = studio.run(&["run"]).code(0);
    let told = told.stderr_has("aimlapi asked to slow down: 3 calls were turned away and made again");
    assert_eq!(told.stderr.matches("RETRY").count(), 1, "{told}");
}
