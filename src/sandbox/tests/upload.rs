//! Rows U1 to U8, and what holds for every route.

use super::{Story, Told, UPLOAD, settings, tell, tone};
use crate::{
    audio::{self, Samples},
    base::{audio_settings::Format, secret::Secret},
    sandbox::{ErrorShape, Mode, Options, Rules, Verdict},
};
use reqwest::multipart::Form;
use serde_json::json;

fn is_in_shape(told: &Told, shape: ErrorShape) {
    let body = told.json();
    assert_eq!(body["requestId"].as_str(), told.header("x-request-id"));
    assert!(body["message"].as_str().unwrap().contains("valid API key"));
    assert!(body["timestamp"].as_str().unwrap().ends_with('Z'));
    match shape {
        ErrorShape::Problem => {
            let content_type = told.header("content-type");
            assert_eq!(content_type, Some("application/problem+json; charset=utf-8"));
            assert_eq!((&body["title"], &body["status"]), (&json!("Unauthorized"), &json!(401)));
            assert_eq!(body["instance"], json!(UPLOAD));
            assert_eq!(body["error"]["name"], json!("UnauthorizedException"));
        }
        ErrorShape::Legacy => assert_eq!((&body["statusCode"], &body["path"]), (&json!(401), &json!(UPLOAD))),
        ErrorShape::LegacyString => assert_eq!(body["statusCode"], json!("401")),
    }
}

#[tokio::test]
async fn u1_a_missing_empty_or_unknown_key_is_refused_in_either_shape() {
    for shape in [ErrorShape::Problem, ErrorShape::Legacy, ErrorShape::LegacyString] {
        let story = Story::start(Options {
            key: Some(Secret::new("right")),
            rules: Rules {
                error_shape: shape,
                ..Rules::default()
            },
            ..Options::default()
        })
        .await;
        let url = format!("{}{UPLOAD}", story.sandbox.base_url());
        for request in [
            story.client.post(&url),
            story.client.post(&url).bearer_auth(""),
            story.client.post(&url).bearer_auth("wrong"),
        ] {
            let told = tell(request.multipart(Form::new())).await;
            assert_eq!(told.status, 401);
            is_in_shape(&told, shape);
        }
        let right = tell(story.client.post(&url).bearer_auth("right").multipart(Form::new())).await;
        assert_eq!(right.status, 400);
    }
}

#[tokio::test]
async fn u2_only_multipart_is_taken() {
    let story = Story::start(Options::default()).await;
    let told = tell(story.post(UPLOAD).json(&json!({"purpose": "song"}))).await;
    assert_eq!(
        (told.status.as_u16(), &told.json()["message"]),
        (400, &json!("Invalid payload provided"))
    );
}

#[tokio::test]
async fn u3_and_u4_purpose_and_file_are_required() {
    let story = Story::start(Options::default()).await;
    assert_eq!(story.upload("choir", tone(12.0)).await.issues(), ["purpose"]);
    let issue = &story.upload("choir", tone(12.0)).await.json()["error"]["data"][0];
    assert_eq!(issue["code"], "invalid_enum_value");
    assert_eq!(issue["options"], json!(["song", "voice", "instrumental"]));
    assert_eq!(
        issue["message"],
        "Invalid enum value. Expected 'song' | 'voice' | 'instrumental', received 'choir'"
    );
    assert_eq!(story.upload("song", Vec::new()).await.issues(), ["file"]);
    let nothing = tell(story.post(UPLOAD).multipart(Form::new().text("other", "x"))).await;
    assert_eq!(nothing.issues(), ["purpose", "file"]);
    assert_eq!(story.sandbox.counts().uploads, 0);
}

#[tokio::test]
async fn u5_what_is_no_wav_or_mp3_is_refused_by_its_bytes() {
    let story = Story::start(Options::default()).await;
    let page = b"<html>not a wav, whatever its name says</html>".repeat(1000);
    assert_eq!(story.upload("song", page.clone()).await.base(), 2013);
    let strict = Story::start(Options {
        rules: Rules {
            bad_file: Verdict::BadRequest,
            ..Rules::default()
        },
        ..Options::default()
    })
    .await;
    assert_eq!(strict.upload("song", page).await.issues(), ["file"]);
}

#[tokio::test]
async fn u6_a_reference_is_longer_than_ten_seconds_and_at_most_ten_minutes() {
    let story = Story::start(Options::default()).await;
    for (seconds, code) in [(9.9, 2013), (10.0, 2013), (10.1, 0), (600.0, 0), (600.1, 2013)] {
        assert_eq!(story.upload("voice", tone(seconds)).await.base(), code, "{seconds} s");
    }
}

#[tokio::test]
async fn u7_a_large_upload_is_refused_only_if_a_limit_is_set_and_the_answer_arrives() {
    let limited = Story::start(Options {
        max_upload: Some(100_000),
        ..Options::default()
    })
    .await;
    assert_eq!(limited.upload("song", tone(12.0)).await.status, 413);
    assert_eq!(limited.upload("song", vec![0; 30_000_000]).await.status, 413);
    let open = Story::start(Options::default()).await;
    assert_eq!(open.upload("song", tone(300.0)).await.base(), 0);
}

#[tokio::test]
async fn u8_ids_come_by_purpose_and_stay_the_same() {
    let story = Story::start(Options::default()).await;
    for (purpose, voice, instrumental) in [
        ("song", true, true),
        ("voice", true, false),
        ("instrumental", false, true),
    ] {
        let told = story.upload(purpose, tone(12.0)).await;
        assert_eq!(told.status, 201);
        let body = told.json();
        assert_eq!(body["base_resp"], json!({"status_code": 0, "status_msg": "success"}));
        assert_eq!(body["trace_id"].as_str().unwrap().len(), 32);
        assert_eq!(
            (body["voice_id"].is_string(), body["instrumental_id"].is_string()),
            (voice, instrumental)
        );
        let again = story.upload(purpose, tone(12.0)).await.json();
        assert_eq!(
            (&again["voice_id"], &again["instrumental_id"]),
            (&body["voice_id"], &body["instrumental_id"])
        );
    }
    assert_eq!(story.sandbox.counts().uploads, 6);
    assert_eq!(story.sandbox.counts().spent.decimal(), "0", "uploading is free");
}

#[tokio::test]
async fn an_mp3_is_taken_as_well_and_success_can_be_200() {
    let story = Story::start(Options {
        success_status: 200,
        ..Options::default()
    })
    .await;
    let samples = Samples {
        sample_rate: 16_000,
        channels: 1,
        data: vec![0.1; 16_000 * 12],
    };
    let told = story
        .upload("instrumental", audio::encode(&samples, settings(Format::Mp3)))
        .await;
    assert_eq!((told.status.as_u16(), told.base()), (200, 0));
}

#[tokio::test]
async fn a_model_may_be_listed_otherwise_and_work() {
    for (mode, named, feed) in [
        (Mode::Deprecated, json!("music-01"), json!("deprecated")),
        (Mode::Renamed, json!("renamed/music-01"), json!(null)),
        (Mode::Unlisted, json!(null), json!(null)),
    ] {
        let story = Story::start(Options {
            mode,
            ..Options::default()
        })
        .await;
        assert_eq!(story.upload("song", tone(12.0)).await.base(), 0, "{mode:?}");
        assert_eq!(
            story.get("/v1/models?id=music-01").await.json()["data"][0]["id"],
            named,
            "{mode:?}"
        );
        assert_eq!(
            story.get("/v1/models/deprecations").await.json()["data"][0]["status"],
            feed,
            "{mode:?}"
        );
    }
}

#[tokio::test]
async fn the_clock_may_be_off() {
    let story = Story::start(Options {
        skew: jiff::SignedDuration::from_hours(48),
        ..Options::default()
    })
    .await;
    let told = story.get("/v2/billing").await;
    let date = told.header("date").unwrap();
    let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(date).unwrap();
    let ahead = date.duration_since(crate::base::time::Clock::now(&crate::base::time::SystemClock::start()));
    assert!((47..=48).contains(&ahead.as_hours()), "{ahead}");
}

#[tokio::test]
async fn a_withdrawn_model_has_no_routes_no_card_and_a_row_in_the_feed() {
    let gone = Story::start(Options {
        mode: Mode::Withdrawn,
        ..Options::default()
    })
    .await;
    assert_eq!(gone.upload("song", tone(12.0)).await.status, 404);
    assert_eq!(gone.generate(&json!({})).await.status, 404);
    assert_eq!(gone.get("/v1/models?id=music-01").await.json()["data"], json!([]));
    assert_eq!(gone.get("/model/music-01").await.status, 404);
    let row = &gone
        .get("/v1/models/deprecations?status=withdrawn&since=2026-08-01")
        .await
        .json()["data"][0];
    assert_eq!(
        (&row["id"], &row["status"], &row["replaced_by"]),
        (&json!("music-01"), &json!("withdrawn"), &json!("minimax/music-2.6"))
    );
    assert_eq!(
        gone.get("/v1/models/deprecations?since=2027-01-01").await.json()["data"],
        json!([])
    );
    assert_eq!(
        gone.get("/v1/models/deprecations?status=superseded").await.json()["data"],
        json!([])
    );
    assert_eq!(gone.get("/model/minimax/music-2.6").await.status, 200);

    let there = Story::start(Options::default()).await;
    assert_eq!(
        there.get("/v1/models?id=minimax/music-01").await.json()["data"][0]["id"],
        "music-01"
    );
    assert_eq!(there.get("/model/music-01").await.json()["object"], "model");
    assert_eq!(there.get("/v1/models/deprecations").await.json()["data"], json!([]));
}

#[tokio::test]
async fn the_catalogue_needs_no_key_and_knows_its_tag() {
    let story = Story::start(Options::default()).await;
    let url = format!("{}/v1/models", story.sandbox.base_url());
    let first = tell(story.client.get(&url)).await;
    let tag = first.header("etag").unwrap();
    assert!(first.json()["data"].as_array().unwrap().len() > 5);
    let second = tell(story.client.get(&url).header("if-none-match", tag)).await;
    assert_eq!((second.status.as_u16(), second.text.as_str()), (304, ""));
}

#[tokio::test]
async fn anything_else_is_a_404_in_the_usual_body_and_every_request_is_seen() {
    let story = Story::start(Options::default()).await;
    for told in [
        story.get("/v2/generate/audio/minimax/music?task_id=1").await,
        story.get(UPLOAD).await,
        tell(story.client.get(story.sandbox.base_url())).await,
    ] {
        assert_eq!(
            (told.status.as_u16(), &told.json()["title"]),
            (404, &json!("Not Found"))
        );
    }
    let seen = story.sandbox.log();
    assert_eq!(seen.len(), 3);
    assert_eq!((seen[0].method.as_str(), seen[0].query.as_str()), ("GET", "task_id=1"));
    assert_eq!((seen[1].path.as_str(), seen[1].status), (UPLOAD, Some(404)));
    assert_eq!((seen[1].authorization, seen[2].authorization), (true, false));
}
