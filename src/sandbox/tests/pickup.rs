//! What a take takes from its references and from wishes, and how it says so; and that playing holds nobody up.

use super::{GENERATE, Story, Told, settings, tell, tone, try_tell, until, with};
use crate::{
    audio, band,
    base::audio_settings::Format,
    sandbox::{Options, Sound},
};
use serde_json::{Value, json};
use tokio::sync::mpsc;

const WISHES: &str = "x-takesheet-sandbox";
const PICKED_UP: &str = "x-takesheet-scratch";

async fn wishing(story: &Story, wishes: &str, body: &Value) -> Told {
    tell(story.post(GENERATE).header(WISHES, wishes).json(body)).await
}

fn wav(body: &Value) -> Value {
    with(
        body,
        "audio_setting",
        json!({"sample_rate": 16_000, "bitrate": 32_000, "format": "wav"}),
    )
}

#[tokio::test]
async fn a_take_says_what_it_picked_up_in_its_answer_its_tag_and_the_log() {
    let (told, mut said) = mpsc::unbounded_channel();
    let story = Story::with_band(Options {
        told: Some(told),
        ..Options::default()
    })
    .await;
    let body = wav(&story.request().await);
    let answer = tell(story.post(GENERATE).header("x-client-request-id", "take-1").json(&body)).await;
    let picked_up = answer.header(PICKED_UP).unwrap().to_owned();
    assert!(picked_up.starts_with("reference: "), "{picked_up}");
    assert!(
        picked_up.contains(" LUFS") && picked_up.contains(" -> scratch: "),
        "{picked_up}"
    );
    assert_eq!(said.recv().await.unwrap(), format!("take-1: {picked_up}"));
    let comment = format!("takesheet sandbox: a scratch render, not a bought take; {picked_up}");
    let audio = answer.audio();
    let is_tagged = audio.windows(comment.len()).any(|part| part == comment.as_bytes());
    assert!(is_tagged, "no tag says `{comment}`");
}

/// A band at 96 beats a minute in D minor, as a file.
fn backing() -> Vec<u8> {
    let take = band::render(&band::Request {
        lyrics: "la la la la la la la la\n".repeat(4),
        voice: false,
        band: true,
        sample_rate: 16_000,
        seed: 3,
        feel: band::Feel {
            tempo: Some(96.0),
            key: "D minor".parse().ok(),
            ..band::Feel::default()
        },
        bed: None,
    });
    audio::encode(&take.samples, settings(Format::Wav))
}

/// Whether a tempo is that of [`backing`], or half or twice of it.
fn is_96(tempo: f64) -> bool {
    [48.0, 96.0, 192.0]
        .iter()
        .any(|right| (tempo / right - 1.0).abs() < 0.03)
}

/// Whether what is heard has the notes of D minor; by these alone it is F major as well.
fn has_notes_of_d_minor(heard: &audio::Sound) -> bool {
    let key = heard.musical_key.map(|key| key.to_string()).unwrap_or_default();
    key == "D minor" || key == "F major"
}

/// A request for words in front of a whole band, with [`backing`] as the instrumental.
async fn over_backing(story: &Story) -> Value {
    let body = wav(&story.request().await);
    let id = story.upload("instrumental", backing()).await.json()["instrumental_id"].take();
    let lyrics = format!("##{}##", "Lights of Lisbon\n".repeat(4));
    with(&with(&body, "refer_instrumental", id), "lyrics", json!(lyrics))
}

#[tokio::test]
async fn a_take_has_the_tempo_and_the_key_of_its_reference() {
    let story = Story::with_band(Options::default()).await;
    let body = over_backing(&story).await;
    for (voice, called) in [
        (body["refer_voice"].clone(), "scratch over the track itself"),
        (Value::Null, "scratch"),
    ] {
        let told = story.generate(&with(&body, "refer_voice", voice)).await;
        let said = told.header(PICKED_UP).unwrap().to_owned();
        let (before, after) = said.split_once(" -> ").unwrap();
        let (name, after) = after.split_once(": ").unwrap();
        assert_eq!(name, called, "{said}");
        let both = [before.trim_start_matches("reference: "), after];
        for part in both {
            assert!(is_96(part.split(' ').next().unwrap().parse().unwrap()), "{said}");
            assert!(part.contains(", D minor, -1"), "{said}");
        }
        let heard = audio::probe(&told.audio()).unwrap().sound;
        assert!(is_96(heard.tempo.unwrap()), "{:?}: {said}", heard.tempo);
        assert!(has_notes_of_d_minor(&heard), "{:?}: {said}", heard.musical_key);
    }
}

#[tokio::test]
async fn a_wish_goes_over_what_is_heard() {
    let story = Story::with_band(Options::default()).await;
    let body = over_backing(&story).await;
    let told = wishing(&story, "bpm=110; key=F# major", &body).await;
    let said = told.header(PICKED_UP).unwrap();
    assert!(said.contains("; asked: 110 bpm, F# major -> "), "{said}");
    assert!(
        said.contains("as the track has another tempo: 110.0 bpm, F# major, "),
        "{said}"
    );
    let heard = audio::probe(&told.audio()).unwrap().sound;
    assert!(!has_notes_of_d_minor(&heard), "{:?}: {said}", heard.musical_key);
    let doubled = wishing(&story, "bpm=192", &body).await;
    let said = doubled.header(PICKED_UP).unwrap();
    assert!(said.contains(" -> scratch over the track itself: "), "{said}");
}

#[tokio::test]
async fn a_tone_in_place_of_the_band_picks_up_nothing() {
    let story = Story::start(Options::default()).await;
    let body = story.request().await;
    assert_eq!(story.generate(&body).await.header(PICKED_UP), None);
}

#[tokio::test]
async fn wishes_that_cannot_be_read_are_an_issue_at_their_header() {
    let story = Story::start(Options::default()).await;
    let body = story.request().await;
    for wrong in ["bpm=500", "key=H", "mood=blue", "bpm"] {
        assert_eq!(wishing(&story, wrong, &body).await.issues(), [WISHES], "{wrong}");
    }
    assert_eq!(wishing(&story, "", &body).await.base(), 0);
    assert_eq!(story.sandbox.counts().generations, 1);
}

#[tokio::test]
async fn a_seed_stands_in_place_of_the_references_and_each_request_still_has_takes_of_its_own() {
    let story = Story::start(Options::default()).await;
    let body = story.request().await;
    let other = story.upload("voice", tone(13.0)).await.json()["voice_id"].take();
    let other = with(&body, "refer_voice", other);
    let plain = story.generate(&body).await.audio();
    let faster = wishing(&story, "bpm=96", &body).await.audio();
    assert!(
        plain == faster,
        "another tempo of the same take is left to the same chance"
    );
    let seeded = wishing(&story, "seed=7", &body).await.audio();
    assert!(seeded != plain);
    assert!(
        seeded == wishing(&story, "seed=7", &other).await.audio(),
        "whatever the reference"
    );
    assert!(seeded != wishing(&story, "seed=8", &body).await.audio());
    assert!(
        seeded != wishing(&story, "seed=7", &body).await.audio(),
        "the second take"
    );
}

#[tokio::test]
async fn the_server_has_wishes_of_its_own_that_a_request_goes_over() {
    let with = |wishes: &str| Options {
        wishes: wishes.parse().unwrap(),
        sound: Sound::Beep,
        ..Options::default()
    };
    let (plain, seven) = (Story::start(with("")).await, Story::start(with("seed=7")).await);
    let body = plain.request().await;
    seven.request().await;
    let first = seven.generate(&body).await.audio();
    assert!(first == wishing(&plain, "seed=7", &body).await.audio());
    assert!(first != wishing(&seven, "seed=8", &body).await.audio());
    assert!(seven.sandbox.counts().charged == 2);
}

/// On one thread: a render that held it would be over before anything else could be answered.
#[tokio::test(flavor = "current_thread")]
async fn two_renders_under_way_hold_up_no_other_answer() {
    let story = Story::with_band(Options::default()).await;
    let body = with(
        &story.request().await,
        "lyrics",
        json!("Lights of Lisbon, low and wide\n".repeat(12)),
    );
    let renders: Vec<_> = (0..2)
        .map(|_| tokio::spawn(try_tell(story.post(GENERATE).json(&body))))
        .collect();
    until(|| story.sandbox.counts().generations == 2).await;
    assert_eq!(story.get("/v2/billing").await.status, 200);
    let counts = story.sandbox.counts();
    assert_eq!(
        (counts.most_in_flight, counts.charged),
        (2, 0),
        "both are still under way"
    );
    for render in renders {
        assert_eq!(render.await.unwrap().unwrap().base(), 0);
    }
    assert_eq!(story.sandbox.counts().charged, 2);
}
