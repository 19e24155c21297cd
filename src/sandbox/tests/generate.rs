//! Rows G1 to G17, variants, and determinism.

use super::{GENERATE, Story, tell, tone, try_tell, until, with};
use crate::{
    audio,
    base::{audio_settings::Format, money::Usd, secret::Secret},
    sandbox::{ExtraInfo, FLAGGED_INPUT, FLAGGED_OUTPUT, Options, Rules, TooLong, Verdict},
};
use serde_json::{Value, json};
use std::{collections::BTreeSet, time::Duration};

async fn with_rules(rules: Rules) -> Story {
    Story::start(Options {
        rules,
        ..Options::default()
    })
    .await
}

#[tokio::test]
async fn g1_a_wrong_key_is_refused_before_anything_else() {
    let story = Story::start(Options {
        key: Some(Secret::new("another")),
        ..Options::default()
    })
    .await;
    assert_eq!(story.generate(&json!([])).await.status, 401);
}

#[tokio::test]
async fn g2_the_body_is_a_json_object() {
    let story = Story::start(Options::default()).await;
    for body in ["", "model=music-01", "[1]", "\"text\"", "{\"model\":"] {
        assert_eq!(tell(story.post(GENERATE).body(body)).await.status, 400, "{body}");
    }
}

#[tokio::test]
async fn g3_g4_g7_g8_g10_g12_each_wrong_field_is_an_issue_at_its_path() {
    let story = Story::start(Options::default()).await;
    let right = story.request().await;
    let audio = |name: &str, value: Value| with(&right, "audio_setting", with(&right["audio_setting"], name, value));
    let mut null = right.clone();
    null["refer_voice"] = Value::Null;
    for (body, path) in [
        (with(&right, "model", Value::Null), "model"),
        (with(&right, "model", json!("minimax/music-2.6")), "model"),
        (with(&right, "model", json!(1)), "model"),
        (with(&right, "lyrics", Value::Null), "lyrics"),
        (with(&right, "lyrics", json!(["la"])), "lyrics"),
        (with(&right, "audio_setting", json!("mp3")), "audio_setting"),
        (audio("format", Value::Null), "audio_setting.format"),
        (audio("format", json!("flac")), "audio_setting.format"),
        (audio("sample_rate", json!("44100")), "audio_setting.sample_rate"),
        (audio("sample_rate", json!(48_000)), "audio_setting.sample_rate"),
        (audio("bitrate", json!(320_000)), "audio_setting.bitrate"),
        (null.clone(), "refer_voice"),
        (with(&right, "refer_instrumental", json!(7)), "refer_instrumental"),
    ] {
        assert_eq!(story.generate(&body).await.issues(), [path], "{body}");
    }
    let all = story.generate(&json!({"audio_setting": {}})).await;
    assert_eq!(
        all.issues(),
        ["model", "lyrics", "audio_setting.format", ""],
        "all issues at once"
    );
    assert_eq!(story.sandbox.counts().generations, 0);

    let lenient = with_rules(Rules {
        null_ids_accepted: true,
        ..Rules::default()
    })
    .await;
    let mut body = lenient.request().await;
    body["refer_voice"] = Value::Null;
    assert_eq!(lenient.generate(&body).await.base(), 0);
    assert_eq!(
        story.generate(&with(&right, "tempo", json!(120))).await.base(),
        0,
        "G12"
    );
    assert_eq!(
        story.generate(&audio("bitrate", Value::Null)).await.base(),
        0,
        "G7, newer schema"
    );

    let old = with_rules(Rules {
        old_audio_schema: true,
        unknown_fields_refused: true,
        ..Rules::default()
    })
    .await;
    assert_eq!(
        old.generate(&audio("bitrate", Value::Null)).await.issues(),
        ["audio_setting.bitrate"]
    );
    assert_eq!(old.generate(&with(&right, "tempo", json!(120))).await.issues(), [""]);
}

#[tokio::test]
async fn g5_and_g6_lyrics_have_their_limits_counted_in_characters() {
    let story = Story::start(Options::default()).await;
    let body = story.request().await;
    let long = |count: usize| with(&body, "lyrics", json!("é".repeat(count)));
    assert_eq!(story.generate(&long(600)).await.base(), 0);
    assert_eq!(story.generate(&long(601)).await.issues(), ["lyrics"]);
    for (too_long, strict_200) in [(TooLong::BaseResp, false), (TooLong::ServerError, true)] {
        let other = with_rules(Rules {
            too_long,
            strict_200,
            ..Rules::default()
        })
        .await;
        other.ids().await;
        let told = other.generate(&long(601)).await;
        match too_long {
            TooLong::BaseResp => assert_eq!(told.base(), 2013),
            _ => assert_eq!(
                (told.status.as_u16(), told.text.contains("Something wrong")),
                (500, true)
            ),
        }
        assert_eq!(
            other.generate(&long(201)).await.base(),
            if strict_200 { 2013 } else { 0 }
        );
        assert_eq!(other.generate(&long(200)).await.base(), 0);
    }
}

#[tokio::test]
async fn g9_one_reference_is_needed() {
    let story = Story::start(Options::default()).await;
    let body = json!({"model": "music-01", "lyrics": "la"});
    assert_eq!(story.generate(&body).await.issues(), [""]);
    let other = with_rules(Rules {
        no_reference: Verdict::BaseResp,
        ..Rules::default()
    })
    .await;
    assert_eq!(other.generate(&body).await.base(), 2013);
}

#[tokio::test]
async fn g11_an_unknown_id_or_one_of_the_wrong_kind_is_refused_without_a_charge() {
    let story = with_rules(Rules {
        unknown_id: 20132,
        ..Rules::default()
    })
    .await;
    let body = story.request().await;
    let placeholder = with(&body, "refer_voice", json!("vocal-2025010100000000-a0AAAaaa"));
    assert_eq!(story.generate(&placeholder).await.base(), 20132);
    let swapped = with(&body, "refer_voice", body["refer_instrumental"].clone());
    assert_eq!(story.generate(&swapped).await.base(), 20132);
    assert_eq!(story.sandbox.counts().spent, Usd::ZERO);
    let rows = story.get("/v2/logs?period=1h").await.json();
    assert_eq!(
        (&rows["data"][0]["status"], &rows["data"][0]["cost"]["credits"]),
        (&json!("failed"), &json!(0))
    );
}

#[tokio::test]
async fn g13_and_g14_money_scope_and_cap_are_403() {
    let poor = Story::start(Options {
        balance: Usd::parse("0.05").unwrap(),
        ..Options::default()
    })
    .await;
    let body = poor.request().await;
    assert_eq!(poor.generate(&body).await.base(), 0);
    let told = poor.generate(&body).await;
    assert_eq!(
        (told.status.as_u16(), told.text.contains("run out of funds")),
        (403, true)
    );
    assert_eq!(
        poor.get("/v2/billing").await.json(),
        json!({"current_balance": 0.0185, "currency": "USD"})
    );

    let capped = Story::start(Options {
        key_cap: Usd::parse("0.04"),
        ..Options::default()
    })
    .await;
    capped.ids().await;
    assert_eq!(capped.generate(&body).await.base(), 0);
    assert_eq!(capped.generate(&body).await.status, 403);

    let silent = Story::start(Options {
        audio_scope: false,
        ..Options::default()
    })
    .await;
    assert_eq!(silent.generate(&body).await.status, 403);
}

#[tokio::test]
async fn g15_flagged_words_and_flagged_audio_are_not_charged() {
    let story = Story::start(Options::default()).await;
    let body = story.request().await;
    assert_eq!(
        story
            .generate(&with(&body, "lyrics", json!(FLAGGED_INPUT)))
            .await
            .base(),
        1026
    );
    assert_eq!(
        story
            .generate(&with(&body, "lyrics", json!(FLAGGED_OUTPUT)))
            .await
            .base(),
        1027
    );
    assert_eq!(story.sandbox.counts().charged, 0);
    assert_eq!(story.generate(&body).await.base(), 0);
}

#[tokio::test]
async fn g16_an_answer_tells_the_truth_about_its_audio_in_every_format() {
    let story = with_rules(Rules {
        extra_info: ExtraInfo::Both,
        ..Rules::default()
    })
    .await;
    let body = story.request().await;
    for format in [Format::Mp3, Format::Wav, Format::Pcm] {
        let setting = json!({"sample_rate": 32_000, "bitrate": 64_000, "format": format.word()});
        let told = story.generate(&with(&body, "audio_setting", setting)).await;
        let (bytes, json) = (told.audio(), told.json());
        let probe = match format {
            Format::Pcm => audio::probe_pcm(&bytes, 32_000, 2).unwrap(),
            _ => audio::probe(&bytes).unwrap(),
        };
        assert_eq!(
            (probe.format, probe.sound.sample_rate, probe.sound.channels),
            (format, 32_000, 2)
        );
        assert!(
            !probe.sound.damaged && (probe.sound.seconds - 2.0).abs() < 0.2,
            "{probe:?}"
        );
        assert_eq!(json["data"]["status"], 2);
        let hex = json["data"]["audio"].as_str().unwrap();
        assert_eq!(hex, hex.to_lowercase());
        assert_eq!(
            told.header("content-length"),
            Some(told.text.len().to_string().as_str())
        );
        let info = &json["extra_info"];
        for (name, value) in [
            ("audio_length", 2000),
            ("music_duration", 2000),
            ("audio_size", bytes.len()),
            ("music_size", bytes.len()),
            ("audio_bitrate", 64_000),
            ("bitrate", 64_000),
            ("audio_sample_rate", 32_000),
            ("music_sample_rate", 32_000),
            ("music_channel", 2),
        ] {
            assert_eq!(info[name], json!(value), "{name}");
        }
    }
}

#[tokio::test]
async fn g16_headers_name_the_call_and_its_cost() {
    let story = Story::start(Options::default()).await;
    let body = story.request().await;
    let told = tell(
        story
            .post(GENERATE)
            .header("X-Client-Request-Id", "run-1:take.2")
            .json(&body),
    )
    .await;
    assert_eq!(told.header("x-client-request-id"), Some("run-1:take.2"));
    assert_eq!(told.header("x-aimlapi-credits-used"), Some("63000"));
    assert_eq!(told.header("x-aimlapi-usd-spent"), Some("0.031500000"));
    assert!(told.header("x-inference-id").is_some() && told.header("x-request-id").is_some());
    let dropped = tell(
        story
            .post(GENERATE)
            .header("X-Client-Request-Id", "run 1/2")
            .json(&body),
    )
    .await;
    assert_eq!((dropped.header("x-client-request-id"), dropped.base()), (None, 0));
    let quiet = with_rules(Rules {
        cost_headers: false,
        ..Rules::default()
    })
    .await;
    quiet.ids().await;
    assert_eq!(quiet.generate(&body).await.header("x-aimlapi-usd-spent"), None);
}

#[tokio::test]
async fn g17_the_band_plays_what_the_references_ask_for() {
    let story = Story::with_band(Options::default()).await;
    let body = story.request().await;
    let mut takes = vec![];
    for absent in ["none", "refer_instrumental", "refer_voice"] {
        let bytes = story.generate(&with(&body, absent, Value::Null)).await.audio();
        let probe = audio::probe(&bytes).unwrap();
        assert!(probe.sound.seconds > 10.0 && probe.sound.seconds <= 60.5, "{probe:?}");
        assert!(probe.sound.loudness.is_some(), "it can be heard");
        takes.push(bytes);
    }
    assert!(takes[0] != takes[1] && takes[1] != takes[2] && takes[0] != takes[2]);
}

#[tokio::test]
async fn identical_requests_are_different_takes_and_the_same_on_every_sandbox() {
    let mut sandboxes = vec![];
    for _ in 0..2 {
        let story = Story::with_band(Options::default()).await;
        let body = story.request().await;
        let other = with(&body, "lyrics", json!("Another song"));
        let mut takes = vec![];
        for body in [&body, &other, &body] {
            takes.push(story.generate(body).await.audio());
        }
        assert!(
            takes[0] != takes[1] && takes[0] != takes[2],
            "the same request is another take"
        );
        sandboxes.push(takes);
    }
    assert!(sandboxes[0] == sandboxes[1], "byte by byte");
}

#[tokio::test]
async fn identical_requests_at_one_time_are_different_takes_as_well() {
    let story = Story::start(Options {
        delay: Duration::from_millis(50),
        ..Options::default()
    })
    .await;
    let body = story.request().await;
    let asked: Vec<_> = (0..20)
        .map(|_| tokio::spawn(try_tell(story.post(GENERATE).json(&body))))
        .collect();
    let mut takes = BTreeSet::new();
    for told in asked {
        takes.insert(told.await.unwrap().unwrap().audio());
    }
    assert_eq!((takes.len(), story.sandbox.counts().charged), (20, 20));
    assert_eq!(story.get("/v2/logs?period=1h").await.json()["pagination"]["total"], 20);
}

#[tokio::test]
async fn another_reference_gives_another_take() {
    let story = Story::start(Options::default()).await;
    let body = story.request().await;
    let first = story.generate(&body).await.audio();
    let other = story.upload("voice", tone(13.0)).await.json()["voice_id"].take();
    assert!(story.generate(&with(&body, "refer_voice", other)).await.audio() != first);
}

#[tokio::test]
async fn too_many_at_a_time_are_429_and_a_client_that_hangs_up_pays_all_the_same() {
    let story = Story::start(Options {
        max_in_flight: Some(1),
        delay: Duration::from_secs(2),
        ..Options::default()
    })
    .await;
    let body = story.request().await;
    let first = tokio::spawn(try_tell(story.post(GENERATE).json(&body)));
    until(|| story.sandbox.counts().generations == 1).await;
    assert_eq!(story.generate(&body).await.status, 429);
    first.abort();
    until(|| story.sandbox.counts().charged == 1).await;
    let counts = story.sandbox.counts();
    assert_eq!((counts.generations, counts.most_in_flight), (1, 1));
    assert_eq!(counts.spent.decimal(), "0.0315");
    assert_eq!(story.generate(&body).await.base(), 0, "there is room again");
}
