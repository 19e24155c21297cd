//! What is there is not asked for again.

use crate::studio::{GENERATE, QUESTIONS, RAINY, SINGLE, Studio, UPLOAD};

#[test]
fn a_first_run_renders_everything_and_a_second_asks_for_nothing() {
    let studio = Studio::new().pipeline(RAINY);
    studio
        .run(&["run"])
        .code(0)
        .stderr_has("4 takes to render, 2 uploads, at most $0.126")
        .stderr_has("4 rendered — $0.126 spent");
    assert_eq!((studio.asked(UPLOAD), studio.asked(GENERATE)), (2, 4));
    assert_eq!(studio.takes().len(), 4);

    let told = studio.run(&["run"]).code(0).stdout_is_empty();
    assert!(told.stderr.starts_with("Up to date: 4 takes, 0 to render"), "{told}");
    assert_eq!(told.stderr.lines().count(), 1, "{told}");
    assert_eq!(
        studio.counts().requests,
        QUESTIONS + 6,
        "the second run asked for something"
    );
}

#[test]
fn a_second_run_writes_nothing() {
    let studio = Studio::new().pipeline(RAINY);
    studio.run(&["run"]).code(0);
    let before = studio.files(".");
    studio.run(&["run"]).code(0);
    let after = studio.files(".");
    let is_kept =
        |name: &&String| !name.starts_with(".takesheet/takesheet.db") && !name.starts_with(".takesheet/owners");
    assert!(before.keys().filter(is_kept).eq(after.keys().filter(is_kept)));
    assert!(
        before
            .iter()
            .filter(|(name, _)| is_kept(name))
            .all(|(name, bytes)| after[name] == *bytes)
    );
}

#[test]
fn every_take_is_a_sound_of_its_own_with_its_story_beside_it() {
    let studio = Studio::new().pipeline(RAINY);
    studio.run(&["run"]).code(0);
    let files = studio.files("takes");
    let sounds: std::collections::BTreeSet<_> = studio.takes().iter().map(|name| files[name].clone()).collect();
    assert_eq!(sounds.len(), 4, "two takes sound the same");
    for name in studio.takes() {
        assert!(files[&name].starts_with(b"RIFF"), "{name}");
        let stem = name.strip_suffix(".wav").unwrap();
        let card: serde_json::Value = serde_json::from_slice(&files[&format!("{stem}.json")]).unwrap();
        let city = if stem.contains("lisbon") { "Lisbon" } else { "Osaka" };
        let lyrics = format!("Lights of {city}, low and wide,\nsing it back to me tonight.");
        assert_eq!(card["request"]["lyrics"], lyrics.as_str());
        let sent = String::from_utf8(files[&format!("{stem}.lyrics.txt")].clone()).unwrap();
        assert_eq!(sent.trim_end(), lyrics);
    }
}

#[test]
fn the_same_take_is_found_again_after_a_change_is_taken_back() {
    let studio = Studio::new().pipeline(SINGLE);
    studio.run(&["run"]).code(0);
    studio.edit("takesheet.yaml", "nothing more", "nothing less");
    studio.run(&["run"]).code(0).stderr_has("1 rendered");
    studio.edit("takesheet.yaml", "nothing less", "nothing more");
    studio.run(&["run"]).code(0);
    assert_eq!(studio.counts().charged, 2, "the first text was bought twice");
}

#[test]
fn a_selection_renders_only_what_was_selected() {
    let studio = Studio::new().pipeline(RAINY);
    studio
        .run(&["run", "--select", "hook[city=Lisbon]#2"])
        .code(0)
        .stderr_has("1 rendered");
    assert_eq!(studio.asked(GENERATE), 1);
    studio.run(&["run"]).code(0).stderr_has("3 rendered");
    assert_eq!((studio.asked(UPLOAD), studio.asked(GENERATE)), (2, 4));
}

#[test]
fn a_rendered_song_becomes_the_next_reference() {
    let studio = Studio::new().pipeline(
        "\
version: 1
name: chain
backend: sandbox
audio: { draft: { format: wav, sample_rate: 16000 } }
references:
  demo: { file: refs/demo.wav, purpose: instrumental }
  bed: { from: 'songs.bed#1', purpose: instrumental }
lyrics:
  low: { template: 'la la la la la la' }
  high: { template: 'over the bed we sing' }
songs:
  bed: { lyrics: low, instrumental: demo, audio: draft }
  top: { lyrics: high, instrumental: bed, audio: draft }
",
    );
    studio.run(&["plan"]).code(0).stdout_has("waits");
    studio.run(&["run"]).code(0).stderr_has("2 rendered");
    assert_eq!(studio.takes().len(), 2);
    studio.run(&["run"]).code(0).stderr_has("Up to date: 2 takes");
    assert_eq!(studio.counts().requests, 0, "the paid API has nothing to do with it");
}
