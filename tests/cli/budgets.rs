//! Money: one day's budget for several processes and pipelines, prices of the project's own, what takes really cost.

use crate::{
    studio::{GENERATE, RAINY, Running, SINGLE, Studio, api, faulty},
    told::Told,
};
use std::time::Duration;
use takesheet::{
    base::money::Usd,
    sandbox::{Options, Rules},
};

/// Four takes and a day's budget for so many, at $0.0315.
fn rainy(takes: u32) -> String {
    let most = Usd::from_nanos(31_500_000).times(takes);
    RAINY.replace(
        "limits: { concurrency: 4 }",
        &format!(
            "limits: {{ concurrency: 4, budget: {{ day: {} }} }}\ntimezone: Asia/Tokyo",
            most.decimal()
        ),
    )
}

/// The same pipeline under another name, with other words: other keys.
fn pipelines(studio: &Studio, count: usize, takes: u32) -> Vec<String> {
    let name = |number: usize| format!("rainy-{number}.yaml");
    for number in 0..count {
        let text = rainy(takes)
            .replace("name: rainy", &format!("name: rainy-{number}"))
            .replace("low and wide", &format!("low and {number} wide"));
        studio.file(&name(number), text.as_bytes());
    }
    (0..count).map(name).collect()
}

fn slow() -> Options {
    Options {
        delay: Duration::from_millis(150),
        ..api()
    }
}

/// An API that never says in an answer what it cost.
fn silent() -> Options {
    Options {
        rules: Rules {
            cost_headers: false,
            ..api().rules
        },
        ..api()
    }
}

/// Waits until every process is over before the books are looked at.
fn all_over(mut running: Vec<Running<'_>>) -> Vec<Told> {
    for process in &mut running {
        process.exit_status();
    }
    running.into_iter().map(Running::finish).collect()
}

#[test]
fn any_number_of_processes_share_one_days_budget() {
    for processes in [2, 4] {
        let studio = Studio::with(slow());
        let names = pipelines(&studio, processes, 3);
        let running = names.iter().map(|name| studio.start(&["run", name]));
        for told in all_over(running.collect()) {
            told.code(7).stderr_has("Stopped at the budget of the day");
        }
        assert_eq!(studio.counts().charged, 3, "{processes} processes");
        for name in &names {
            studio.run(&["run", name]).code(7).stderr_has("0 rendered");
        }
        assert_eq!((studio.asked(GENERATE), studio.counts().charged), (3, 3));
    }
}

#[test]
fn two_processes_that_want_the_same_takes_buy_each_once_within_the_budget() {
    let studio = Studio::with(slow()).side_by_side().pipeline(&rainy(4));
    for told in all_over(vec![studio.start(&["run"]), studio.start(&["run"])]) {
        told.code(0);
    }
    assert_eq!(studio.counts().charged, 4, "what the other one buys costs nothing here");
}

#[test]
fn what_is_there_is_given_though_the_day_is_spent() {
    let studio = Studio::new().pipeline(&rainy(4));
    studio.run(&["run"]).code(0);
    studio.edit("takesheet.yaml", "day: 0.126", "day: 0");
    std::fs::remove_dir_all(studio.path("takes")).unwrap();
    studio.run(&["run"]).code(0);
    assert_eq!((studio.takes().len(), studio.counts().charged), (4, 4));
    studio.edit("takesheet.yaml", "low and wide", "high and wide");
    studio
        .run(&["run"])
        .code(7)
        .stderr_has("Stopped at the budget of the day: $0.126 of $0.00 is spent, and the next take costs $0.0315");
    assert_eq!(studio.counts().charged, 4);
}

#[test]
fn what_was_lost_counts_on_the_day_until_a_person_says_it_was_not_paid() {
    let text = rainy(1).replace("concurrency: 4", "concurrency: 1") + "backends: { aimlapi: { patience: 0s } }\n";
    let studio = Studio::with(Options {
        log_delay: Duration::from_secs(3600),
        ..faulty(&["cut"])
    })
    .pipeline(&text);
    studio
        .run(&["run"])
        .code(7)
        .stderr_has("1 unsure")
        .stderr_has("Stopped at the budget of the day: $0.0315 of $0.0315 is spent");
    studio.run(&["run"]).code(7).stderr_has("0 rendered");
    studio.run(&["resolve", "all", "--not-paid"]).code(0);
    studio.run(&["run"]).code(7).stderr_has("1 rendered");
    assert_eq!(studio.counts().charged, 1);
}

#[test]
fn a_price_of_the_projects_own_is_planned_with_and_named() {
    let studio = Studio::new().pipeline(&(SINGLE.to_owned() + "include: [studio.yaml]\n"));
    studio.file(
        "studio.yaml",
        b"version: 1\nbackends:\n  aimlapi: { prices: { music-01: 0.05 } }\n",
    );
    studio
        .run(&["plan"])
        .code(0)
        .stdout_has("$0.05 (1 × $0.05, studio.yaml:3)");
    studio
        .run(&["why", "songs.hook#1"])
        .code(0)
        .stdout_has("$0.05, studio.yaml:3\n");
    let document = studio.run(&["plan", "--json"]).json();
    let take = document["nodes"].as_array().unwrap().last().unwrap();
    assert_eq!(take["price"], "0.05");
    assert_eq!(take["price_source"]["at"]["file"], "studio.yaml");
    studio
        .run(&["show", "--config"])
        .code(0)
        .stdout_has("music-01: 0.05")
        .stdout_has("# studio.yaml:3:");
    studio.run(&["run", "--budget", "0.04"]).code(7);
    assert_eq!(studio.counts().charged, 0, "it was planned for $0.05");
    studio
        .run(&["run", "--budget", "0.05"])
        .code(0)
        .stderr_has("Cost:  estimated $0.05 · charged $0.0315");
    // Another price is no other request.
    studio.edit("studio.yaml", "0.05", "0.07");
    studio.run(&["run"]).code(0).stderr_has("Up to date");
    assert_eq!(studio.counts().charged, 1);
}

#[test]
fn what_the_answer_does_not_say_is_learnt_from_the_log() {
    let price = Usd::from_nanos(40_000_000);
    let studio = Studio::with(Options { price, ..silent() }).pipeline(RAINY);
    studio
        .run(&["run"])
        .code(0)
        .stderr_has("Cost:  estimated $0.126 · charged $0.16\n")
        .stderr_has("$0.16 spent")
        .stdout_has(r#""type":"take_charged""#);
    assert_eq!(studio.asked("/v2/logs"), 1, "one question for all");
    assert_eq!(studio.ledger("charged = 40000000").len(), 4);
    studio.run(&["runs", "show"]).code(0).stdout_has("charged $0.16");
    studio.run(&["runs", "list"]).code(0).stdout_has("done  $0.16\n");
    let document = studio.run(&["runs", "show", "--json"]).json();
    assert_eq!(document["costs"]["estimated"]["known"], "0.126");
    assert_eq!(document["costs"]["charged"], "0.16");
    let take = document["nodes"].as_array().unwrap().last().unwrap();
    assert_eq!(
        (&take["estimated"], &take["charged"]),
        (&"0.0315".into(), &"0.04".into())
    );
    studio.run(&["run"]).code(0);
    assert_eq!(studio.asked("/v2/logs"), 1, "a run that buys nothing asks nothing");
}

#[test]
fn what_the_log_does_not_say_yet_stays_at_the_planned_price() {
    let log_delay = Duration::from_secs(3600);
    let studio = Studio::with(Options { log_delay, ..silent() }).pipeline(RAINY);
    studio
        .run(&["run"])
        .code(0)
        .stderr_has("Cost:  estimated $0.126 · charged: not said\n")
        .stderr_has("$0.126 spent");
    assert_eq!(studio.asked("/v2/logs"), 1, "once, and nobody waits for it");
    assert_eq!(studio.ledger("charged IS NULL").len(), 4);
}

#[test]
fn answers_that_say_what_they_cost_are_not_looked_up() {
    let studio = Studio::new().pipeline(RAINY);
    studio
        .run(&["run"])
        .code(0)
        .stderr_has("Cost:  estimated $0.126 · charged $0.126\n");
    assert_eq!(studio.asked("/v2/logs"), 0);
}
