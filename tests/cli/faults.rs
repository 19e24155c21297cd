//! What goes wrong at the API: asked again only if it surely did not run, and nothing that is no music becomes a take.

use crate::studio::{GENERATE, RAINY, SINGLE, Studio, api, faulty};
use takesheet::sandbox::{FLAGGED_INPUT, Mode, Options};

/// One try of one take against a fault.
fn against(fault: &str) -> Studio {
    Studio::with(faulty(&[fault])).pipeline(&hasty(SINGLE))
}

/// The pipeline with no patience for rows of the log that come late.
fn hasty(pipeline: &str) -> String {
    format!("{pipeline}backends: {{ aimlapi: {{ patience: 0s }} }}\n")
}

#[test]
fn what_surely_did_not_run_is_asked_again_and_bought_once() {
    for fault in ["429", "429:retry-after=1", "503", "base-1002", "base-1039", "base-1041"] {
        let studio = against(fault);
        studio
            .run(&["run"])
            .code(0)
            .stderr_has("RETRY")
            .stderr_has("1 rendered");
        assert_eq!((studio.asked(GENERATE), studio.counts().charged), (2, 1), "{fault}");
    }
}

#[test]
fn a_broken_connection_is_never_asked_again_by_itself_unless_the_log_knows_better() {
    // By what the log says: no row, charged, not charged (which `lookup` tells more of).
    for (fault, command) in [
        ("cut", "--paid | --not-paid | --retake"),
        ("cut-billed", "--retake"),
        ("cut-body", "--retake"),
    ] {
        let studio = against(fault);
        studio
            .run(&["run"])
            .code(6)
            .stderr_has("unsure: songs.hook#1")
            .stderr_has(&format!("settle it: takesheet resolve 'songs.hook#1' {command}"));
        studio.run(&["plan"]).code(0).stdout_has("unsure");
        studio
            .run(&["run"])
            .code(6)
            .stderr_has("takesheet resolve 'songs.hook#1'");
        assert_eq!(studio.asked(GENERATE), 1, "{fault} was sent again");
        assert!(studio.takes().is_empty(), "{fault}");
    }
}

#[test]
fn what_was_not_paid_is_bought_once_after_a_person_said_so() {
    let studio = against("cut");
    studio.run(&["run"]).code(6);
    studio
        .run(&["resolve"])
        .code(0)
        .stdout_has("songs.hook#1")
        .stderr_has("1 take unsure");
    studio
        .run(&["resolve", "songs.hook#1", "--not-paid"])
        .code(0)
        .stderr_has("songs.hook#1: not paid");
    studio
        .run(&["resolve"])
        .code(0)
        .stdout_is_empty()
        .stderr_has("0 takes unsure");
    studio.run(&["run"]).code(0).stderr_has("1 rendered");
    assert_eq!((studio.asked(GENERATE), studio.counts().charged), (2, 1));
    studio.run(&["run"]).code(0).stderr_has("Up to date");
}

#[test]
fn what_was_paid_and_lost_is_bought_again_only_after_a_person_said_so() {
    for how in ["--paid", "--retake"] {
        let studio = against("cut-billed");
        studio.run(&["run"]).code(6);
        studio.run(&["resolve", "all", how]).code(0);
        studio.run(&["run"]).code(0).stderr_has("1 rendered");
        assert_eq!((studio.asked(GENERATE), studio.counts().charged), (2, 2), "{how}");
    }
}

#[test]
fn resolving_needs_a_take_and_a_word() {
    let studio = against("cut");
    studio.run(&["run"]).code(6);
    studio
        .run(&["resolve", "songs.hook#1"])
        .code(2)
        .stderr_has("--not-paid");
    studio.run(&["resolve", "--paid"]).code(2).stderr_has("name the takes");
    studio
        .run(&["resolve", "songs.other", "--paid"])
        .code(5)
        .stderr_has("no take `songs.other` is unsure");
    studio.run(&["resolve", "songs.hook#1", "--paid", "--retake"]).code(2);
    studio.run(&["run"]).code(6);
    assert_eq!(studio.asked(GENERATE), 1);
}

#[test]
fn an_unsure_take_holds_up_nothing_else() {
    let studio = Studio::with(faulty(&["cut"])).pipeline(&hasty(RAINY));
    studio.run(&["run"]).code(6).stderr_has("3 rendered · 1 unsure");
    assert_eq!((studio.asked(GENERATE), studio.counts().charged), (4, 3));
    studio.run(&["run"]).code(6).stderr_has("1 unsure");
    assert_eq!(studio.asked(GENERATE), 4);
}

#[test]
fn a_refused_key_stops_the_run_after_one_paid_request_at_most() {
    for fault in ["401*", "403*", "429-free*", "base-1004*", "base-1008*", "base-2049*"] {
        let studio = Studio::with(faulty(&[fault])).pipeline(&RAINY.replace("concurrency: 4", "concurrency: 1"));
        studio
            .run(&["run"])
            .code(8)
            .stderr_has("Stopped: the key or the credits were refused");
        assert_eq!((studio.asked(GENERATE), studio.counts().charged), (1, 0), "{fault}");
    }
}

#[test]
fn a_key_that_is_refused_at_the_upload_asks_for_no_music() {
    let studio = Studio::new().pipeline(&RAINY.replace("concurrency: 4", "concurrency: 1"));
    studio.set("AIML_API_KEY", "a-wrong-key");
    studio
        .run(&["run", "--no-preflight"])
        .code(8)
        .stderr_has("the key was refused");
    assert_eq!((studio.asked(GENERATE), studio.counts().requests), (0, 1));
}

#[test]
fn refused_lyrics_fail_alone() {
    let text = RAINY.replace("[Lisbon, Osaka]", &format!("[Lisbon, {FLAGGED_INPUT}]"));
    let studio = Studio::new().pipeline(&text);
    studio
        .run(&["run"])
        .code(1)
        .stderr_has("moderation refused the lyrics")
        .stderr_has("2 rendered · 2 failed");
    assert_eq!(studio.counts().charged, 2);
}

#[test]
fn a_withdrawn_model_names_its_successor() {
    let studio = Studio::with(Options {
        mode: Mode::Withdrawn,
        ..api()
    })
    .pipeline(SINGLE);
    studio
        .run(&["run", "--no-preflight"])
        .code(1)
        .stderr_has("withdrawn since")
        .stderr_has("successor");
    assert_eq!(studio.counts().charged, 0);
}

#[test]
fn nothing_that_is_no_music_becomes_a_take() {
    let once = [
        "html",
        "html-audio",
        "odd-hex",
        "bad-hex",
        "empty-audio",
        "in-progress",
        "short-audio",
    ];
    let once_too = ["redirect", "base-1027", "base-1042"];
    for fault in once.iter().chain(&once_too) {
        let studio = against(&format!("{fault}*"));
        let told = studio.run(&["run"]);
        assert!(matches!(told.code, Some(1 | 6)), "{fault}: {told}");
        assert!(studio.takes().is_empty(), "{fault}: {:?}", studio.takes());
        assert_eq!(studio.asked(GENERATE), 1, "{fault} was sent again");
        if !studio.ledger("open").is_empty() {
            studio.run(&["run"]).code(6);
            assert_eq!(
                studio.asked(GENERATE),
                1,
                "nobody knows whether {fault} was paid, and it was sent again"
            );
        }
    }
}

#[test]
fn what_is_right_but_unusual_is_a_take() {
    for fault in [
        "upper-hex",
        "zero-size",
        "no-extra-info",
        "no-trace-id",
        "wrong-type",
        "audio-url",
        "slow:seconds=1",
    ] {
        let studio = against(fault);
        studio.run(&["run"]).code(0).stderr_has("1 rendered");
        assert_eq!((studio.takes().len(), studio.counts().charged), (1, 1), "{fault}");
    }
}

#[test]
fn both_bodies_of_an_error_are_understood() {
    for body in ["problem", "legacy", "legacy-string"] {
        let studio = against(&format!("400:body={body}"));
        studio
            .run(&["run"])
            .code(1)
            .stderr_has("Invalid payload provided")
            .stderr_has("nothing was charged");
        studio.run(&["run"]).code(0).stderr_has("1 rendered");
    }
}

#[test]
fn an_api_that_is_not_there_is_asked_a_few_times_and_then_let_be() {
    let studio = Studio::new().pipeline(SINGLE);
    // Nobody listens at the discard port.
    studio.set("AIML_API_BASE", "http://127.0.0.1:9");
    studio
        .run(&["run", "--no-preflight"])
        .code(75)
        .stderr_has("could not be reached")
        .stderr_has("0 rendered");
    assert!(studio.ledger("state = 'unsure'").is_empty());
}
