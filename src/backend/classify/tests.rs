use super::*;
use crate::base::{
    audio_settings::{AudioSettings, Format},
    money::Usd,
    secret::Secret,
};
use std::time::Duration;

fn call() -> RenderCall {
    RenderCall {
        model: "music-01".to_owned(),
        lyrics: Some("la".to_owned()),
        voice: Some("vocal-1".to_owned()),
        instrumental: None,
        audio: AudioSettings {
            format: Format::Mp3,
            sample_rate: 44_100,
            bitrate: 256_000,
        },
        wishes: None,
        request_id: "ts-1".to_owned(),
    }
}

fn answer(status: u16, body: &str) -> Answer {
    let mut answer = Answer {
        status,
        ..Answer::default()
    };
    answer.body(body.as_bytes(), &Secret::new("canary-key"));
    answer
}

fn coded(code: i64, words: &str) -> Answer {
    answer(
        200,
        &format!(r#"{{"base_resp":{{"status_code":{code},"status_msg":"{words}"}}}}"#),
    )
}

/// The word for the outcome, the class, and whether it was paid.
fn row(asked: Asked<'_>, answer: &Answer) -> (&'static str, FailureClass, Billed) {
    let (word, failure) = match answered::<()>(asked, answer) {
        Outcome::Done(()) => panic!("an error is never done"),
        Outcome::Refused(failure) => ("refused", failure),
        Outcome::Busy { failure, .. } => ("busy", failure),
        Outcome::Unsure(failure) => ("unsure", failure),
    };
    assert_eq!(failure.status, Some(answer.status));
    assert!(failure.message.contains(&answer.phrase()), "{}", failure.message);
    assert!(!failure.message.ends_with('.'), "{}", failure.message);
    (word, failure.class, failure.billed)
}

#[test]
fn every_listed_code_has_its_outcome() {
    use FailureClass::Busy;
    let call = call();
    for (codes, word, class, billed) in [
        (&[1002, 1039, 1041, 2045][..], "busy", Busy, Billed::No),
        (&[1000, 1001, 1013, 1024, 1033], "unsure", Ambiguous, Billed::Unknown),
        (&[1004, 2049, 2044, 2038, 2061], "refused", Auth, Billed::No),
        (&[1008, 1028, 1030, 2056], "refused", Credits, Billed::No),
        (&[1026], "refused", Moderation, Billed::No),
        // The result was made before it was refused.
        (&[1027], "refused", Moderation, Billed::Unknown),
        (&[2013, 20132, 2042], "refused", UnknownReference, Billed::No),
        (&[1042, 1043, 1044, 2037, 2039, 2048], "refused", Invalid, Billed::No),
        (&[1, -1, 9999], "refused", Server, Billed::Unknown),
    ] {
        for &code in codes {
            let row = row(Asked::Render(&call), &coded(code, "words"));
            assert_eq!(row, (word, class, billed), "{code}");
        }
    }
}

#[test]
fn every_status_has_its_outcome() {
    use FailureClass::Busy;
    let call = call();
    let text = |words: &str| format!(r#"{{"message":"{words}"}}"#);
    let funds = text("You've run out of funds. Please top up your balance");
    let credits = text("You've run out of credits. Please top up your balance");
    let verify = text("Complete verification: https://aimlapi.com/app/billing/verification");
    let free = text("Free-tier limit: You've reached your free limit for the hour.");
    let care = text("The model is under maintenance, please contact us at help@aimlapi.com.");
    let voice = text("refer_voice not found");
    let enumeration = text("Invalid enum value. Expected 'minimax/music-2.6', received 'music-01'");
    let model = r#"{"message":"Invalid payload provided","error":{"data":[{"path":["model"],"message":"Invalid enum value"}]}}"#;
    let lyrics =
        r#"{"message":"Invalid payload provided","error":{"data":[{"path":["lyrics"],"message":"Required"}]}}"#;
    let page = "<html><title>gateway</title></html>";
    for (status, body, word, class, billed) in [
        (400, "{}", "refused", Invalid, Billed::No),
        (400, lyrics, "refused", Invalid, Billed::No),
        (400, model, "refused", Withdrawn, Billed::No),
        (400, &enumeration, "refused", Withdrawn, Billed::No),
        (400, &voice, "refused", UnknownReference, Billed::No),
        (401, "{}", "refused", Auth, Billed::No),
        (402, "{}", "refused", Credits, Billed::No),
        (403, &funds, "refused", Credits, Billed::No),
        (403, &credits, "refused", Credits, Billed::No),
        (403, &verify, "refused", Auth, Billed::No),
        (403, page, "refused", Auth, Billed::No),
        (404, "{}", "refused", Withdrawn, Billed::No),
        (404, page, "refused", Withdrawn, Billed::No),
        (404, &voice, "refused", UnknownReference, Billed::No),
        (410, "", "refused", Withdrawn, Billed::No),
        (405, "", "refused", Invalid, Billed::No),
        (408, "", "unsure", Ambiguous, Billed::Unknown),
        (413, "", "refused", Invalid, Billed::No),
        (422, lyrics, "refused", Invalid, Billed::No),
        (429, &text("Too Many Requests"), "busy", Busy, Billed::No),
        (429, &free, "refused", Credits, Billed::No),
        (
            500,
            &text("Internal server error"),
            "unsure",
            Ambiguous,
            Billed::Unknown,
        ),
        (
            500,
            &text("Something wrong with the server. Please, try again later."),
            "unsure",
            Ambiguous,
            Billed::Unknown,
        ),
        (500, &care, "refused", Server, Billed::No),
        (502, page, "unsure", Ambiguous, Billed::Unknown),
        (503, page, "busy", Busy, Billed::No),
        (504, &text("Generation timeout"), "unsure", Ambiguous, Billed::Unknown),
        (520, "", "unsure", Ambiguous, Billed::Unknown),
        (304, "", "refused", BadAnswer, Billed::No),
        (700, "", "refused", BadAnswer, Billed::No),
    ] {
        let row = row(Asked::Render(&call), &answer(status, body));
        assert_eq!(row, (word, class, billed), "{status} {body}");
    }
}

#[test]
fn an_upload_is_free_so_no_doubt_is_left() {
    for answer in [
        answer(500, "{}"),
        answer(502, "<html>"),
        answer(504, "{}"),
        answer(408, ""),
        answer(429, "{}"),
        answer(503, ""),
        coded(1001, "timeout"),
        coded(1002, "rate"),
    ] {
        let (word, _, billed) = row(Asked::Upload, &answer);
        assert_eq!((word, billed), ("busy", Billed::No), "{answer:?}");
    }
    // An upload sends no id that could be unknown.
    for code in [2013, 20132, 2042] {
        assert_eq!(row(Asked::Upload, &coded(code, "x")), ("refused", Invalid, Billed::No));
    }
    assert_eq!(row(Asked::Upload, &coded(7, "x")), ("refused", Server, Billed::No));
    assert_eq!(row(Asked::Upload, &answer(404, "{}")).1, Withdrawn);
}

#[test]
fn invalid_parameters_are_an_unknown_id_only_if_they_may_be() {
    let with = call();
    for (words, class) in [
        ("invalid params", UnknownReference),
        ("invalid params, refer_voice", UnknownReference),
        ("invalid params, lyrics too long", Invalid),
        ("invalid params: audio_setting.bitrate", Invalid),
        ("voice_id of the model is wrong", UnknownReference),
    ] {
        assert_eq!(row(Asked::Render(&with), &coded(2013, words)).1, class, "{words}");
    }
    let without = RenderCall { voice: None, ..call() };
    assert_eq!(row(Asked::Render(&without), &coded(2013, "invalid params")).1, Invalid);
    assert_eq!(row(Asked::Render(&without), &coded(20132, "invalid")).1, Invalid);
    assert_eq!(
        row(
            Asked::Render(&without),
            &answer(404, r#"{"message":"voice_id not found"}"#)
        )
        .1,
        Withdrawn
    );
}

#[test]
fn the_code_says_more_than_the_status() {
    let call = call();
    let both = |status, code: i64| {
        answer(
            status,
            &format!(r#"{{"base_resp":{{"status_code":{code},"status_msg":"x"}}}}"#),
        )
    };
    assert_eq!(row(Asked::Render(&call), &both(500, 1026)).1, Moderation);
    assert_eq!(row(Asked::Render(&call), &both(401, 1004)).1, Auth);
    assert_eq!(row(Asked::Render(&call), &both(400, 1002)).0, "busy");
    // A code that nobody lists, or none, leaves it to the status.
    assert_eq!(row(Asked::Render(&call), &both(400, 4242)).1, Invalid);
    assert_eq!(row(Asked::Render(&call), &both(404, 0)).1, Withdrawn);
}

#[test]
fn what_was_charged_for_is_never_called_unpaid_or_repeatable() {
    let call = call();
    let charged = |mut answer: Answer| {
        answer.charged = Usd::parse("0.0315");
        answer
    };
    for answer in [answer(429, "{}"), answer(503, ""), coded(1002, "rate"), answer(504, "")] {
        let row = row(Asked::Render(&call), &charged(answer));
        assert_eq!(row, ("unsure", Ambiguous, Billed::Yes));
    }
    assert_eq!(row(Asked::Render(&call), &charged(answer(400, "{}"))).2, Billed::Yes);
    assert_eq!(row(Asked::Render(&call), &charged(coded(1027, "x"))).2, Billed::Yes);
    let stale = row(Asked::Render(&call), &charged(coded(2042, "x")));
    assert_eq!(
        stale,
        ("refused", Invalid, Billed::Yes),
        "no fresh upload is worth a second charge"
    );
}

#[test]
fn a_failure_says_what_to_do() {
    let call = call();
    let said = |answer: &Answer| match answered::<()>(Asked::Render(&call), answer) {
        Outcome::Refused(failure) | Outcome::Unsure(failure) => (failure.message, failure.help.unwrap_or_default()),
        other => panic!("{other:?}"),
    };
    let (message, help) = said(&answer(404, r#"{"title":"Not Found"}"#));
    assert_eq!(message, "the model `music-01` is gone (HTTP 404): Not Found");
    assert!(
        help.contains("since 2026-08-17") && help.contains("`minimax/music-2.6`"),
        "{help}"
    );
    assert!(said(&answer(504, "")).1.contains("`ts-1`"));
    assert!(said(&answer(403, r#"{"message":"out of funds"}"#)).1.contains("top up"));
    assert!(said(&coded(1026, "input_sensitive")).1.contains("change the lyrics"));
    let (message, _) = said(&coded(1008, "insufficient balance"));
    assert_eq!(
        message,
        "the account may not spend (HTTP 200, code 1008): insufficient balance"
    );
}

#[test]
fn the_wait_that_was_asked_for_is_passed_on() {
    let mut busy = answer(429, "{}");
    busy.after = Some(Duration::from_secs(7));
    let outcome = answered::<()>(Asked::Upload, &busy);
    assert!(matches!(outcome, Outcome::Busy { after: Some(after), .. } if after.as_secs() == 7));
}
