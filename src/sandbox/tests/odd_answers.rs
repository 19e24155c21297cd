//! Answers that are not as documented, and those that are right although they look odd: what each one is on the wire.

use super::{GENERATE, Story, Told, tell, try_tell, until};
use crate::{
    audio,
    sandbox::{LINK_SIGNATURE, bomb},
};
use serde_json::{Value, json};
use std::time::Duration;

/// The answer to one generation under a fault, which was charged.
async fn under(fault: &str) -> (Story, Told) {
    let story = Story::with_faults(&[fault]).await;
    let body = story.request().await;
    let told = story.generate(&body).await;
    let word = fault.split(':').next();
    assert_eq!(
        (story.sandbox.log()[1].fault, story.sandbox.counts().charged),
        (word, 1),
        "{fault}"
    );
    (story, told)
}

fn hex(told: &Told) -> String {
    told.json()["data"]["audio"].as_str().unwrap().to_owned()
}

async fn log_rows(story: &Story) -> Vec<Value> {
    let rows = story.get("/v2/logs?period=1h").await.json();
    rows["data"].as_array().unwrap().clone()
}

#[tokio::test]
async fn hex_in_other_dress() {
    let (_, told) = under("foreign-hex").await;
    let text = hex(&told);
    let narrow: String = text
        .chars()
        .map(|c| char::from_u32(u32::from(c) - 0xfee0).unwrap())
        .collect();
    assert!(!text.is_ascii() && audio::probe(&const_hex::decode(narrow).unwrap()).is_ok());
    let (_, told) = under("0x-hex").await;
    assert!(audio::probe(&const_hex::decode(hex(&told).strip_prefix("0x").unwrap()).unwrap()).is_ok());
}

#[tokio::test]
async fn members_that_are_missing_null_or_texts() {
    let (_, told) = under("string-codes").await;
    let body = told.json();
    assert_eq!(
        (&body["base_resp"]["status_code"], &body["data"]["status"]),
        (&json!("0"), &json!("2"))
    );
    for (fault, pointer) in [("no-base-resp", "/base_resp"), ("no-data", "/data")] {
        let (_, told) = under(fault).await;
        assert_eq!(told.json().pointer(pointer), None, "{fault}");
    }
    for (fault, pointer) in [
        ("null-base-resp", "/base_resp"),
        ("null-data", "/data"),
        ("null-audio", "/data/audio"),
        ("null-extras", "/extra_info"),
        ("null-extras", "/trace_id"),
    ] {
        let (_, told) = under(fault).await;
        assert_eq!(told.json().pointer(pointer), Some(&Value::Null), "{fault}");
    }
    let story = Story::with_faults(&["base-1008:body=legacy-string"]).await;
    let told = story.generate(&story.request().await).await;
    assert_eq!(told.json()["base_resp"]["status_code"], "1008");
}

#[tokio::test]
async fn json_that_only_some_readers_take() {
    let (_, told) = under("two-audios").await;
    assert_eq!(told.text.matches("\"audio\":").count(), 2);
    let (_, told) = under("two-codes").await;
    assert_eq!(told.text.matches("\"base_resp\":").count(), 2);
    let (_, told) = under("deep-json").await;
    assert!(told.text.contains(&"[".repeat(100_000)) && told.text.contains(&"]".repeat(100_000)));
    let (_, told) = under("bom").await;
    assert!(told.text.starts_with("\u{feff}{"));
    let (_, told) = under("trailing").await;
    let (whole, _) = told.text.split_once("\r\n0\r\n").unwrap();
    assert!(serde_json::from_str::<Value>(whole).is_ok() && serde_json::from_str::<Value>(&told.text).is_err());
}

#[tokio::test]
async fn sixty_four_megabytes_of_audio_or_of_text() {
    let (_, told) = under("huge-audio").await;
    let length: usize = told.header("content-length").unwrap().parse().unwrap();
    assert!(length > 64 << 20 && length == told.text.len());
    let probe = audio::probe(&told.audio()).unwrap();
    assert!(probe.sound.seconds > 180.0, "{probe:?}");
    let (_, told) = under("huge-text").await;
    assert!(told.text.len() > 64 << 20 && audio::probe(&told.audio()).is_ok());
}

#[tokio::test]
async fn a_gzip_bomb_says_that_it_is_compressed() {
    let (_, told) = under("gzip-bomb").await;
    assert_eq!(told.header("content-encoding"), Some("gzip"));
    let length: usize = told.header("content-length").unwrap().parse().unwrap();
    assert_eq!(length, bomb::head().len() + 13 * bomb::CYCLES);
}

#[tokio::test]
async fn any_success_is_one() {
    for (fault, status) in [("200", 200), ("201", 201), ("202", 202)] {
        let (_, told) = under(fault).await;
        assert_eq!(told.status, status);
        assert!(audio::probe(&told.audio()).is_ok());
    }
    let (_, told) = under("204").await;
    assert_eq!((told.status.as_u16(), told.text.as_str()), (204, ""));
}

#[tokio::test]
async fn a_length_that_is_not_the_bodys() {
    let story = Story::with_faults(&["long-length", "short-length"]).await;
    let body = story.request().await;
    assert!(
        try_tell(story.post(GENERATE).json(&body)).await.is_err(),
        "the rest never comes"
    );
    let short = story.generate(&body).await;
    assert!(
        serde_json::from_str::<Value>(&short.text).is_err(),
        "it stops in the middle"
    );
    assert_eq!(story.sandbox.counts().charged, 2);
}

#[tokio::test]
async fn headers_that_are_no_text_and_charges_that_are_none() {
    let (_, told) = under("odd-headers").await;
    assert!(told.headers["x-request-id"].to_str().is_err());
    assert_eq!(told.headers["x-inference-id"].len(), 8000);
    for (fault, usd) in [
        ("usd-zero", "0.000000000"),
        ("usd-nan", "NaN"),
        ("usd-negative", "-0.031500000"),
        ("usd-huge", "1000000000.000000000"),
    ] {
        let (_, told) = under(fault).await;
        assert_eq!(told.header("x-aimlapi-usd-spent"), Some(usd));
        assert!(audio::probe(&told.audio()).is_ok());
    }
}

#[tokio::test]
async fn an_error_after_the_work_is_charged_and_logged_as_failed() {
    for (fault, status) in [
        ("500-billed", 500),
        ("502-billed", 502),
        ("503-billed", 503),
        ("504-billed", 504),
    ] {
        let (story, told) = under(fault).await;
        assert_eq!(told.status, status);
        assert_eq!(told.header("x-aimlapi-usd-spent"), None);
        let rows = log_rows(&story).await;
        assert_eq!((rows.len(), &rows[0]["status"]), (1, &json!("failed")), "{fault}");
        assert_eq!(rows[0]["cost"]["usd"], 0.0315);
    }
}

#[tokio::test]
async fn a_row_of_the_log_can_be_late_or_never_come() {
    for fault in ["500-billed:log=never", "500:log=never", "usd-zero:log=never"] {
        let story = Story::with_faults(&[fault]).await;
        let body = story.request().await;
        story.generate(&body).await;
        assert!(log_rows(&story).await.is_empty(), "{fault}");
        story.generate(&body).await;
        assert_eq!(log_rows(&story).await.len(), 1, "only what the fault struck is missing");
    }
    let (story, _) = under("504-billed:log=1").await;
    assert!(log_rows(&story).await.is_empty());
    for _ in 0..500 {
        if !log_rows(&story).await.is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    panic!("the row never came");
}

#[tokio::test]
async fn a_time_to_wait_can_be_anything() {
    for (value, sent) in [("7", "7"), ("0.5", "0.5"), ("-5", "-5"), ("soon", "soon")] {
        let story = Story::with_faults(&[&format!("429:retry-after={value}")]).await;
        let told = story.generate(&story.request().await).await;
        assert_eq!(told.header("retry-after"), Some(sent));
    }
    let story = Story::with_faults(&["429:retry-after=date"]).await;
    let told = story.generate(&story.request().await).await;
    assert!(told.header("retry-after").unwrap().ends_with(" GMT"));
}

#[tokio::test]
async fn a_refusal_in_wild_words() {
    let story = Story::with_faults(&["400-wild"]).await;
    let told = story.generate(&story.request().await).await;
    let words = told.json()["message"].as_str().unwrap().to_owned();
    assert!(words.contains('\u{1b}') && words.contains('\u{202e}') && words.len() > 300);
}

#[tokio::test]
async fn every_link_is_signed_and_worth_nothing_without_its_signature() {
    for (fault, status) in [
        ("audio-url", 200),
        ("audio-url-403", 403),
        ("audio-url-404", 404),
        ("audio-url-410", 410),
    ] {
        let (story, told) = under(fault).await;
        let link = hex(&told);
        let (bare, signature) = link.split_once('?').unwrap();
        assert_eq!(signature, LINK_SIGNATURE);
        assert_eq!(tell(story.client.get(bare)).await.status, 403);
        let response = story.client.get(&link).send().await.unwrap();
        assert_eq!(response.status(), status, "{fault}");
    }
    let (_, told) = under("audio-url-file").await;
    assert!(hex(&told).starts_with("file:///"));
}

#[tokio::test]
async fn links_that_are_slow_cut_or_lead_to_a_page() {
    let (story, told) = under("audio-url-slow:seconds=1").await;
    let response = story.client.get(hex(&told)).send().await.unwrap();
    assert!(audio::probe(&response.bytes().await.unwrap()).is_ok());
    let (story, told) = under("audio-url-cut").await;
    let response = story.client.get(hex(&told)).send().await.unwrap();
    assert!(response.status() == 200 && response.bytes().await.is_err());
    let response = story.client.get(hex(&told)).send().await.unwrap();
    assert!(
        audio::probe(&response.bytes().await.unwrap()).is_ok(),
        "the second time it comes"
    );
    let (story, told) = under("audio-url-html").await;
    let told = tell(story.client.get(hex(&told))).await;
    assert!(told.header("content-type") == Some("text/html") && told.text.starts_with("<html>"));
    until(|| story.sandbox.log().len() >= 3).await;
    assert!(
        story
            .sandbox
            .log()
            .iter()
            .all(|seen| !seen.elsewhere || !seen.authorization)
    );
}
