//! Every fault: what the client sees, and whether it was charged.

use super::{GENERATE, Story, tell, tone, try_tell, until};
use crate::{
    audio,
    sandbox::{FAULTS, Options},
};
use serde_json::{Value, json};

/// What came of one generation under a fault; then one without.
async fn after(fault: &str) -> (Story, Result<super::Told, reqwest::Error>) {
    let story = Story::with_faults(&[fault]).await;
    let body = story.request().await;
    let outcome = try_tell(story.post(GENERATE).json(&body)).await;
    let seen = story.sandbox.log();
    assert_eq!(seen[1].fault, Some(fault.split(':').next().unwrap()), "{fault}");
    let charged = story.sandbox.counts().charged;
    assert_eq!(story.generate(&body).await.base(), 0, "{fault} strikes once");
    assert_eq!(story.sandbox.counts().charged, charged + 1);
    (story, outcome)
}

fn is_billed(story: &Story) -> bool {
    story.sandbox.counts().charged == 2
}

#[tokio::test]
async fn http_errors_have_their_status_text_and_body_and_cost_nothing() {
    for (fault, status, text) in [
        ("400", 400, "Invalid payload provided"),
        ("401", 401, "valid API key"),
        ("403", 403, "run out of funds"),
        ("404", 404, "Not Found"),
        ("413", 413, "Payload Too Large"),
        ("429", 429, "Too Many Requests"),
        ("429-free", 429, "Free-tier limit"),
        ("500", 500, "Internal server error"),
        ("500-partner", 500, "Something wrong with the server"),
        ("500-maintenance", 500, "under maintenance"),
        ("503", 503, "Service unavailable"),
        ("504", 504, "Generation timeout"),
    ] {
        let (story, told) = after(fault).await;
        let told = told.unwrap();
        assert_eq!(told.status, status, "{fault}");
        assert!(told.json()["message"].as_str().unwrap().contains(text), "{fault}");
        assert_eq!(told.header("retry-after"), None);
        assert!(!is_billed(&story));
    }
}

#[tokio::test]
async fn options_of_a_fault_change_its_answer() {
    let (_, told) = after("429:retry-after=7").await;
    assert_eq!(told.unwrap().header("retry-after"), Some("7"));
    let (_, told) = after("500:body=legacy").await;
    assert_eq!(told.unwrap().json()["statusCode"], 500);
    let (_, told) = after("429:body=legacy-string").await;
    assert_eq!(told.unwrap().json()["statusCode"], "429");
    let story = Story::with_faults(&["upload:503x2", "429*:after=1"]).await;
    assert_eq!(story.upload("song", tone(12.0)).await.status, 503);
    assert_eq!(story.upload("song", tone(12.0)).await.status, 503);
    let body = story.request().await;
    let mut statuses = vec![];
    for _ in 0..3 {
        statuses.push(story.generate(&body).await.status.as_u16());
    }
    assert_eq!(statuses, [201, 429, 429]);
}

#[tokio::test]
async fn a_page_in_place_of_json() {
    for (fault, status) in [("502", 502), ("html", 200)] {
        let (story, told) = after(fault).await;
        let told = told.unwrap();
        assert_eq!(
            (told.status.as_u16(), told.header("content-type")),
            (status, Some("text/html"))
        );
        assert!(told.text.starts_with("<html>") && !is_billed(&story));
    }
}

#[tokio::test]
async fn every_base_resp_code_comes_with_a_success_and_costs_nothing() {
    for kind in FAULTS {
        if let Some(code) = kind.word.strip_prefix("base-") {
            let (story, told) = after(kind.word).await;
            let told = told.unwrap();
            assert_eq!((told.status.as_u16(), told.base()), (201, code.parse().unwrap()));
            assert_ne!(told.json()["base_resp"]["status_msg"], json!(""));
            assert!(told.json()["data"].is_null() && !is_billed(&story));
        }
    }
}

#[tokio::test]
async fn a_cut_connection_has_no_answer_whether_charged_or_not() {
    for (fault, billed) in [("cut", false), ("cut-billed", true)] {
        let (story, told) = after(fault).await;
        let error = told.unwrap_err();
        assert!(error.is_request() && error.status().is_none(), "{error:?}");
        assert_eq!((is_billed(&story), story.sandbox.log()[1].status), (billed, None));
        let rows = story.get("/v2/logs?period=1h").await.json();
        assert_eq!(
            rows["pagination"]["total"],
            if billed { 2 } else { 1 },
            "only what ran has a row"
        );
    }
}

#[tokio::test]
async fn a_body_that_is_cut_begins_soundly_and_is_charged() {
    let (story, _) = after("cut-body").await;
    assert!(is_billed(&story));
    let story = Story::with_faults(&["cut-body"]).await;
    let body = story.request().await;
    let mut response = story.post(GENERATE).json(&body).send().await.unwrap();
    assert_eq!(response.status(), 201);
    let promised = response.content_length().unwrap();
    let mut got = vec![];
    let error = loop {
        match response.chunk().await {
            Ok(Some(piece)) => got.extend_from_slice(&piece),
            Ok(None) => panic!("the body ended as if it were complete"),
            Err(error) => break error,
        }
    };
    assert!(error.is_body() || error.is_decode(), "{error:?}");
    assert!(got.starts_with(b"{\"data\":{\"audio\":\"") && !got.is_empty() && (got.len() as u64) < promised);
}

#[tokio::test]
async fn silence_is_charged_only_if_it_comes_after_the_work() {
    for (fault, charged) in [("hang", 0), ("stall", 1)] {
        let story = Story::with_faults(&[fault]).await;
        let body = story.request().await;
        let waiting = tokio::spawn(try_tell(story.post(GENERATE).json(&body)));
        until(|| story.sandbox.log().get(1).is_some_and(|seen| seen.fault == Some(fault))).await;
        assert_eq!(story.sandbox.counts().charged, charged);
        assert!(!waiting.is_finished());
        waiting.abort();
        assert_eq!(story.generate(&body).await.base(), 0, "others are served meanwhile");
        assert_eq!(story.sandbox.log()[1].status, None);
        let rows = story.get("/v2/logs?period=1h").await.json();
        assert_eq!(rows["pagination"]["total"], charged + 1);
    }
}

#[tokio::test]
async fn a_body_that_stops_in_the_middle_stays_open_until_the_sandbox_stops() {
    let story = Story::with_faults(&["stall-body"]).await;
    let body = story.request().await;
    let mut response = story.post(GENERATE).json(&body).send().await.unwrap();
    assert!(response.chunk().await.unwrap().unwrap().starts_with(b"{\"data\""));
    assert_eq!(story.sandbox.counts().charged, 1);
    story.sandbox.stop().await;
    let end = loop {
        match response.chunk().await {
            Ok(Some(_)) => {}
            other => break other,
        }
    };
    assert!(end.is_err(), "it is not complete");
}

#[tokio::test]
async fn a_slow_answer_is_whole() {
    let (_, told) = after("slow:seconds=0").await;
    assert!(audio::probe(&told.unwrap().audio()).is_ok());
    let (_, told) = after("slow:seconds=1").await;
    assert!(audio::probe(&told.unwrap().audio()).is_ok());
}

#[tokio::test]
async fn flaws_in_the_hex() {
    let hex = |told: &super::Told| told.json()["data"]["audio"].as_str().unwrap().to_owned();
    let (story, told) = after("odd-hex").await;
    assert!(hex(&told.unwrap()).len() % 2 == 1 && is_billed(&story));
    let (_, told) = after("bad-hex").await;
    let text = hex(&told.unwrap());
    assert_eq!((text.len() % 2, text.matches('g').count()), (0, 1));
    let (_, told) = after("upper-hex").await;
    let told = told.unwrap();
    assert_eq!(hex(&told), hex(&told).to_uppercase());
    assert!(audio::probe(&told.audio()).is_ok());
}

#[tokio::test]
async fn flaws_in_the_audio() {
    for (fault, status) in [("empty-audio", 2), ("in-progress", 1)] {
        let (story, told) = after(fault).await;
        let told = told.unwrap();
        assert_eq!(told.json()["data"], json!({"audio": "", "status": status}));
        assert!(told.base() == 0 && is_billed(&story));
    }
    let (_, told) = after("html-audio").await;
    assert!(told.unwrap().audio().starts_with(b"<html>"));
    let (_, told) = after("short-audio").await;
    let probe = audio::probe(&told.unwrap().audio()).unwrap();
    assert!(probe.sound.seconds < 0.5, "{probe:?}");
    let story = Story::with_faults(&["truncated-audio"]).await;
    let body = story.request().await;
    let cut = story.generate(&body).await.audio();
    let fresh = Story::start(Options::default()).await;
    fresh.ids().await;
    let whole = fresh.generate(&body).await.audio();
    assert_eq!(cut, whole[..whole.len() / 2]);
}

#[tokio::test]
async fn flaws_around_the_audio() {
    let (_, told) = after("zero-size").await;
    assert_eq!(told.unwrap().json()["extra_info"]["audio_size"], 0);
    let (_, told) = after("no-extra-info").await;
    let told = told.unwrap().json();
    assert!(told["extra_info"].is_null() && told["trace_id"].is_string());
    let (_, told) = after("no-trace-id").await;
    let told = told.unwrap().json();
    assert!(told["trace_id"].is_null() && told["extra_info"].is_object());
    let (_, told) = after("wrong-type").await;
    let told = told.unwrap();
    assert_eq!((told.header("content-type"), told.base()), (Some("text/html"), 0));
}

#[tokio::test]
async fn audio_as_a_url_lies_on_another_host_where_no_key_belongs() {
    for (fault, hops) in [("audio-url", 0), ("audio-url-redirect", 1)] {
        let (story, told) = after(fault).await;
        let mut url = told.unwrap().json()["data"]["audio"].as_str().unwrap().to_owned();
        for _ in 0..hops {
            assert!(url.starts_with(&story.sandbox.base_url()));
            let told = tell(story.client.get(&url)).await;
            assert_eq!(told.status, 302);
            url = told.header("location").unwrap().to_owned();
        }
        assert!(!url.starts_with(&story.sandbox.base_url()));
        let response = story.client.get(&url).send().await.unwrap();
        assert_eq!(response.headers()["content-type"], "audio/mpeg");
        assert!(audio::probe(&response.bytes().await.unwrap()).is_ok());
        let leak = story.client.get(&url).bearer_auth("test-key").send().await.unwrap();
        assert_eq!(leak.status(), 200);
        let seen = story.sandbox.log();
        let elsewhere: Vec<_> = seen
            .iter()
            .filter(|seen| seen.elsewhere)
            .map(|seen| seen.authorization)
            .collect();
        assert_eq!(elsewhere, [false, true], "a key that came along is on record");
    }
}

#[tokio::test]
async fn a_download_can_fail_as_well() {
    let story = Story::with_faults(&["audio-url", "files:404"]).await;
    let body = story.request().await;
    let url = story.generate(&body).await.json()["data"]["audio"]
        .as_str()
        .unwrap()
        .to_owned();
    assert_eq!(tell(story.client.get(&url)).await.status, 404);
    assert_eq!(story.client.get(&url).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn a_redirect_leads_to_another_host() {
    let (story, told) = after("redirect").await;
    let told = told.unwrap();
    assert_eq!(told.status, 307);
    let location = told.header("location").unwrap();
    assert!(location.ends_with(GENERATE) && !location.starts_with(&story.sandbox.base_url()));
}

#[test]
fn every_fault_says_what_happens_and_whether_it_costs() {
    for kind in FAULTS {
        assert!(!kind.about.is_empty() && !kind.about.ends_with('.'), "{}", kind.word);
        let told: Value = json!({"word": kind.word, "about": kind.about, "billed": kind.is_billed()});
        assert!(told["word"].is_string());
    }
    let billed = |word: &str| FAULTS.iter().find(|kind| kind.word == word).unwrap().is_billed();
    assert!(!billed("cut") && !billed("429") && billed("stall") && billed("odd-hex"));
}
