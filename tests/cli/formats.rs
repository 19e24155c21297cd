//! Audio as it was asked for, and kept as it came.

use crate::studio::{SINGLE, Studio, faulty};
use takesheet::{audio, base::audio_settings::Format};

fn asking_for(settings: &str) -> String {
    SINGLE.replace("format: wav, sample_rate: 16000", settings)
}

#[test]
fn each_format_is_what_its_name_says() {
    for (settings, extension, format) in [
        ("format: wav, sample_rate: 44100", "wav", Some(Format::Wav)),
        (
            "format: mp3, sample_rate: 32000, bitrate: 64000",
            "mp3",
            Some(Format::Mp3),
        ),
        // Samples without a header look like nothing.
        ("format: pcm, sample_rate: 16000", "pcm", None),
    ] {
        let studio = Studio::new().pipeline(&asking_for(settings));
        studio.run(&["run"]).code(0).stderr_has("0:02");
        let takes = studio.takes();
        assert!(
            takes.len() == 1 && takes[0].ends_with(&format!(".{extension}")),
            "{takes:?}"
        );
        let (audio, card) = (&studio.files("takes")[&takes[0]], card(&studio, &takes[0]));
        assert_eq!(audio::sniff(audio), format);
        assert!(card["peaks"].is_string(), "{card}");
        let playback = serde_json::json!({ "sample_format": "s16le", "sample_rate": 16_000, "channels": 2 });
        let expected = if format.is_none() {
            playback
        } else {
            serde_json::Value::Null
        };
        assert_eq!(card["playback"], expected, "what no header says, the card does");
        studio.run(&["run"]).code(0).stderr_has("Up to date");
    }
}

/// `NAME.json` of a take.
fn card(studio: &Studio, take: &str) -> serde_json::Value {
    let stem = take.rsplit_once('.').unwrap().0;
    serde_json::from_slice(&studio.files("takes")[&format!("{stem}.json")]).unwrap()
}

#[test]
fn a_take_that_came_damaged_is_kept_and_never_without_a_word() {
    let studio = Studio::with(faulty(&["truncated-audio"])).pipeline(SINGLE);
    let told = studio.run(&["run"]).code(0).stderr_has("1 rendered");
    assert!(told.stderr.contains("  damaged  $"), "{told}");
    assert!(told.stderr.contains("warning: hook#1 came damaged"), "{told}");
    studio.run(&["runs", "show"]).code(0).stdout_has("  damaged  $");
    studio.run(&["why", "hook"]).code(0).stdout_has("      faults  damaged");
    assert!(studio.text("takesheet.takes.yaml").contains("damaged: true"));
    assert_eq!(card(&studio, &studio.takes()[0])["sound"]["damaged"], true);
    studio.run(&["run"]).code(0).stderr_has("Up to date");
}

#[test]
fn audio_behind_a_link_is_fetched() {
    let studio = Studio::with(faulty(&["audio-url"])).pipeline(&asking_for("format: mp3, sample_rate: 32000"));
    studio.run(&["run"]).code(0).stderr_has("1 rendered");
    let take = studio.takes().remove(0);
    assert_eq!(audio::sniff(&studio.files("takes")[&take]), Some(Format::Mp3));
}

#[test]
fn paid_audio_behind_a_dead_link_is_not_bought_again_by_itself() {
    let studio = Studio::with(faulty(&["audio-url", "files:404*"])).pipeline(SINGLE);
    let told = studio.run(&["run"]);
    assert!(matches!(told.code, Some(1 | 6)), "{told}");
    assert!(studio.takes().is_empty());
    assert_eq!(studio.asked(crate::studio::GENERATE), 1);
}

#[test]
fn a_measured_take_says_so_everywhere() {
    let studio = Studio::new().pipeline(SINGLE);
    let document = studio.run(&["run", "--json"]).code(0).json();
    let node = document["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|node| node["kind"] == "take")
        .unwrap();
    assert_eq!(node["sound"]["sample_rate"], 16000);
    let seconds = node["sound"]["seconds"].as_f64().unwrap();
    assert!((seconds - 2.0).abs() < 0.1, "{seconds}");
    studio
        .run(&["why", "hook"])
        .code(0)
        .stdout_has("0:02")
        .stdout_has("LUFS")
        .stdout_has("$0.0315");
    assert!(studio.text("takesheet.takes.yaml").contains("seconds: 2.0"));
}
