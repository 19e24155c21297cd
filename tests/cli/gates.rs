//! Takes outside what is accepted: kept, told, and bought again as often as is asked and no more.

use crate::studio::{GENERATE, SINGLE, Studio, api, faulty};
use std::{fs, time::Duration};
use takesheet::sandbox::Options;

const SHEET: &str = "takesheet.takes.yaml";

/// One take of two seconds, or of one where the answer is cut, held against this.
fn asking(accept: &str) -> String {
    SINGLE.replace("audio: draft }\n", &format!("audio: draft, accept: {accept} }}\n"))
}

const TWICE: &str = "{ duration: { min: 1500ms }, retake: 2 }";

/// An API whose first answers hold half of the audio.
fn half(times: usize) -> Studio {
    Studio::with(faulty(&vec!["truncated-audio"; times]))
}

#[test]
fn a_take_outside_is_kept_and_retaken_until_one_is_inside() {
    let studio = half(1).pipeline(&asking(TWICE));
    studio
        .run(&["plan"])
        .code(0)
        .stdout_has("$0.0315")
        .stdout_has("up to 2 retakes more: $0.063");
    let planned = studio.run(&["plan", "--json"]).code(0).json();
    assert_eq!(
        (
            &planned["price"],
            &planned["retakes"]["most"],
            &planned["retakes"]["price"]
        ),
        (&"0.0315".into(), &2.into(), &"0.063".into())
    );
    studio
        .run(&["run"])
        .code(0)
        .stderr_has("up to 2 retakes more")
        .stderr_has("retake 1 of 2; outside: 1 s, less than 1.5 s asked")
        .stderr_has("$0.063 spent")
        .stderr_lacks("Outside:");
    assert_eq!((studio.asked(GENERATE), studio.counts().charged), (2, 2));
    assert_eq!(studio.takes().len(), 2, "the one outside is kept");
    let sheet = studio.text(SHEET);
    let rows = |what: &str| sheet.lines().filter(|line| line.contains(what)).count();
    assert_eq!(
        (rows("hook#1"), rows("outside: \"1 s, less than 1.5 s asked\"")),
        (2, 1),
        "{sheet}"
    );
    let cards = studio.files("takes");
    let cards = cards.iter().filter(|(name, _)| name.rsplit('.').next() == Some("json"));
    let mut retakes: Vec<_> = cards
        .map(|(_, card)| {
            let card: serde_json::Value = serde_json::from_slice(card).unwrap();
            (
                card["retake"].as_u64().unwrap(),
                card["outside"].as_array().unwrap().len(),
            )
        })
        .collect();
    retakes.sort_unstable();
    assert_eq!(retakes, [(0, 1), (1, 0)]);
    studio
        .run(&["why", "hook#1"])
        .code(0)
        .stdout_has("the first try")
        .stdout_has("less than 1.5 s asked");
    studio.run(&["runs", "show"]).code(0).stdout_has("$0.063");
    studio.run(&["gc"]).code(0).stderr_has("Nothing to delete");
    for _ in 0..2 {
        studio
            .run(&["run"])
            .code(0)
            .stderr_has("Up to date: 1 take, 0 to render");
    }
    assert_eq!(studio.counts().charged, 2);
}

#[test]
fn what_stays_outside_ends_well_and_is_told_each_time() {
    let studio = Studio::new().pipeline(&asking("{ duration: { min: 5 }, retake: 1 }"));
    let told = studio
        .run(&["run"])
        .code(0)
        .stderr_has("Outside: hook#1 after 1 retake: 2 s, less than 5 s asked")
        .stderr_has("1 outside");
    drop(told);
    for _ in 0..2 {
        studio
            .run(&["run"])
            .code(0)
            .stderr_has("Up to date: 1 take, 1 outside what is accepted, 0 to render");
        let document = studio.run(&["run", "--json"]).code(0).json();
        assert_eq!(document["outside"][0]["name"], "songs.hook#1");
        assert_eq!(document["outside"][0]["misses"][0]["measure"], "duration");
    }
    studio
        .run(&["plan"])
        .code(0)
        .stdout_has("outside after 1 retake: 2 s, less than 5 s asked");
    studio
        .run(&["why", "hook#1"])
        .code(0)
        .stdout_has("outside after 1 retake")
        .stdout_has("retake  1 of at most 1")
        .stdout_lacks("#retake");
    assert_eq!(studio.counts().charged, 2);

    // Gates are no part of what is bought.
    studio.edit("takesheet.yaml", "min: 5", "min: 1");
    studio
        .run(&["run"])
        .code(0)
        .stderr_has("Up to date: 1 take, 0 to render");
    studio.edit("takesheet.yaml", "min: 1", "min: 6");
    studio.run(&["run"]).code(0).stderr_has("1 outside");
    assert_eq!(studio.counts().charged, 2);
    studio.edit("takesheet.yaml", "retake: 1", "retake: 2");
    studio
        .run(&["plan"])
        .code(0)
        .stdout_has("retake")
        .stdout_has("retake 2 of 2: 2 s, less than 6 s");
    studio.run(&["run"]).code(0).stderr_has("1 rendered");
    assert_eq!(studio.counts().charged, 3);
}

#[test]
fn a_budget_holds_for_each_retake() {
    let studio = Studio::new().pipeline(&asking("{ duration: { min: 5 }, retake: 2 }"));
    studio
        .run(&["run", "--budget", "0.07"])
        .code(7)
        .stderr_has("Stopped at the budget of the run: $0.063 of $0.07 is spent")
        .stderr_has("Outside: hook#1");
    assert_eq!(studio.counts().charged, 2);
    studio.run(&["run", "--budget", "0.02"]).code(7);
    assert_eq!(studio.counts().charged, 2);
    studio.run(&["run"]).code(0).stderr_has("$0.0315 spent");
    studio.run(&["run"]).code(0).stderr_has("Up to date");
    assert_eq!(studio.counts().charged, 3);
}

#[test]
fn processes_at_once_share_the_tries() {
    let delay = Duration::from_millis(200);
    let studio = Studio::with(Options { delay, ..api() })
        .side_by_side()
        .pipeline(&asking("{ duration: { min: 5 }, retake: 2 }"));
    let running: Vec<_> = (0..3).map(|_| studio.start(&["run", "-q"])).collect();
    let told: Vec<_> = running.into_iter().map(crate::studio::Running::finish).collect();
    for told in told {
        drop(told.code(0));
    }
    assert_eq!((studio.asked(GENERATE), studio.counts().charged), (3, 3));
}

#[test]
fn a_try_whose_outcome_is_unknown_is_not_followed_by_another() {
    let studio = Studio::with(faulty(&["truncated-audio", "cut-billed"])).pipeline(&asking(TWICE));
    for _ in 0..2 {
        studio.run(&["run"]).code(6).stderr_has("takesheet resolve");
        assert_eq!(studio.counts().charged, 2);
    }
    studio.run(&["plan"]).code(0).stdout_has("unsure");
    studio.run(&["resolve", "hook#1", "--retake"]).code(0);
    studio.run(&["run"]).code(0).stderr_has("1 rendered");
    assert_eq!(studio.counts().charged, 3);
    studio
        .run(&["run"])
        .code(0)
        .stderr_has("Up to date: 1 take, 0 to render");
}

#[test]
fn what_gc_deletes_of_the_tries_is_not_bought_again() {
    let studio = half(1).pipeline(&asking(TWICE));
    studio.run(&["run"]).code(0);
    let sheet = studio.text(SHEET);
    let row = sheet.lines().find(|line| line.contains("outside:")).unwrap();
    let key = row.split("key: ").nth(1).unwrap().trim_matches('"')[..8].to_owned();
    let file = studio.takes().into_iter().find(|name| name.contains(&key)).unwrap();
    fs::remove_file(studio.path(&file)).unwrap();
    studio.run(&["gc", "--delete"]).code(0).stderr_has("Deleted 0 takes");
    studio.file(SHEET, sheet.replace(&format!("{row}\n"), "").as_bytes());
    studio.run(&["gc", "--delete"]).code(0).stderr_has("Deleted 1 take");
    studio.run(&["plan"]).code(0).stdout_has("Up to date: 1 take");
    studio.run(&["run"]).code(0).stderr_has("Up to date: 1 take");
    assert_eq!(studio.counts().charged, 2);
}

#[test]
fn tries_are_found_again_when_the_store_is_gone() {
    let studio = half(1).pipeline(&asking(TWICE).replace("audio: draft,", "name: anthem, audio: draft,"));
    studio.run(&["run"]).code(0);
    let names = studio.takes();
    assert_eq!(names.len(), 2);
    assert!(names.contains(&"takes/anthem.wav".to_owned()), "{names:?}");
    assert!(names.iter().any(|name| name.contains("anthem.outside-")), "{names:?}");
    fs::remove_dir_all(studio.path(".takesheet")).unwrap();
    assert!(studio.start(&["run", "-q"]).exit_status().success());
    assert_eq!((studio.counts().charged, studio.ledger("1").len()), (2, 0));
    assert_eq!(studio.takes(), names);
}

/// Wherever the program dies between the first claim and the last sheet, the next runs buy what is missing and no more.
#[test]
#[cfg(debug_assertions)]
fn a_death_between_two_tries_costs_nothing() {
    for point in [
        "ledger.claim.before",
        "call.judged",
        "take.heard",
        "place.card",
        "place.audio",
        "history.append.after",
        "sheet.before",
    ] {
        // The first and the second try.
        for time in 1..=2 {
            let studio = half(1).pipeline(&asking(TWICE));
            studio.set("TAKESHEET_CRASH_AT", &format!("{point}:{time}"));
            studio.start(&["run", "-q"]).exit_status();
            studio.unset("TAKESHEET_CRASH_AT");
            if studio.run(&["run", "-q"]).code == Some(6) {
                // Its answer was in memory only: a person decides, and buys the same try again. The first one was cut.
                assert_eq!(point, "call.judged");
                studio.run(&["resolve", "hook#1", "--retake"]).code(0);
                studio.run(&["run", "-q"]).code(0);
            }
            let given_up = usize::from(point == "call.judged" && time == 2);
            studio
                .run(&["run"])
                .code(0)
                .stderr_has("Up to date: 1 take, 0 to render");
            assert_eq!(studio.counts().charged, 2 + given_up, "{point}:{time}");
        }
    }
}
