//! Takes that are handed on: copies under their names, with tags if asked for, and nothing overwritten.

use crate::studio::{RAINY, SINGLE, Studio, api};
use std::fs;
use takesheet::sandbox::{Options, Sound};

/// Two takes of one song, one made of the other.
const CHAINED: &str = "\
version: 1
name: chained
backend: aimlapi
references:
  demo: { file: refs/demo.wav, purpose: instrumental }
  bed: { from: songs.bed#1, purpose: instrumental }
audio:
  draft: { format: mp3, sample_rate: 16000, bitrate: 32000 }
lyrics:
  verse: { template: \"One line and nothing more.\\n\" }
songs:
  bed: { lyrics: verse, instrumental: demo, audio: draft }
  hook: { lyrics: verse, instrumental: bed, audio: draft }
";

/// An API whose takes are long enough to be references.
fn long() -> Studio {
    Studio::with(Options {
        sound: Sound::Drone,
        ..api()
    })
}

#[test]
fn what_was_selected_is_copied_byte_for_byte_and_nothing_else() {
    let studio = long().pipeline(CHAINED);
    studio.run(&["run"]).code(0);
    let (takes, asked) = (studio.takes(), studio.counts().requests);
    let hook = takes.iter().find(|name| name.contains("/hook/")).unwrap();
    let told = studio.run(&["promote", "hook", "--to", "out"]).code(0);
    let copy = hook.replacen("takes/", "out/", 1);
    assert_eq!(told.stdout, format!("{copy}\n"), "not the take that it is made of");
    assert_eq!(told.stderr, "1 copied\n");
    let (copies, originals) = (studio.files("out"), studio.files("takes"));
    assert_eq!(copies.keys().collect::<Vec<_>>(), [&copy]);
    assert_eq!(copies[&copy], originals[hook]);
    studio
        .run(&["promote", "hook", "--to", "out"])
        .code(0)
        .stderr_has("0 copied · 1 there already");
    assert_eq!(studio.counts().requests, asked, "the API is not asked");
}

#[test]
fn tags_are_for_copies_only() {
    let studio = long().pipeline(CHAINED);
    studio.run(&["run"]).code(0);
    let before = studio.files("takes");
    let told = studio.run(&["promote", "hook#1", "--to", "out", "--tags"]).code(0);
    let copy = fs::read(studio.path(told.stdout.trim())).unwrap();
    assert_eq!(studio.files("takes"), before, "what was paid for stays as it came");
    let name = told.stdout.trim().replacen("out/", "takes/", 1);
    assert!(copy.starts_with(b"ID3\x03") && copy.len() > before[&name].len());
    for text in [
        "hook, take 1",
        "One line and nothing more.",
        "rendered with music-01 by aimlapi",
        "songs.hook#1",
    ] {
        let text: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert!(copy.windows(text.len()).any(|window| window == text));
    }
    studio
        .run(&["promote", "hook#1", "--to", "out"])
        .code(1)
        .stderr_has("another file is at out/")
        .stdout_is_empty();
    assert_eq!(
        fs::read(studio.path(told.stdout.trim())).unwrap(),
        copy,
        "nothing is overwritten"
    );
}

#[test]
fn what_is_not_rendered_is_said() {
    let studio = Studio::new().pipeline(RAINY);
    studio
        .run(&["promote", "hook", "--to", "out"])
        .code(5)
        .stderr_has("songs.hook[city=Lisbon]#1 is not rendered (new)")
        .stderr_has("0 copied · 4 not rendered");
    studio
        .run(&["promote", "nothing", "--to", "out"])
        .code(5)
        .stderr_has("nothing");
    studio.run(&["run", "--select", "hook[city=Osaka]"]).code(0);
    studio
        .run(&["promote", "hook", "--to", "out"])
        .code(1)
        .stderr_has("2 copied · 2 not rendered");
    assert_eq!(studio.files("out").len(), 2);
}

#[test]
fn raw_samples_are_copied_without_tags_and_it_is_said() {
    let studio = Studio::new().pipeline(&SINGLE.replace("format: wav", "format: pcm"));
    studio.run(&["run"]).code(0);
    studio
        .run(&["promote", "hook", "--to", "out", "--tags"])
        .code(0)
        .stderr_has("warning: songs.hook#1: copied without tags: raw samples have no place for tags");
    assert_eq!(
        studio.files("out").values().next(),
        studio.files("takes").get(&studio.takes()[0])
    );
}

#[test]
fn a_take_of_an_earlier_version_is_measured_when_it_is_handed_on() {
    let studio = Studio::new().pipeline(SINGLE);
    studio.run(&["run"]).code(0);
    let database = rusqlite::Connection::open(studio.path(".takesheet/takesheet.db")).unwrap();
    database
        .execute_batch(
            "DELETE FROM peaks;
             UPDATE takes SET sound = json_object('seconds', 2.0, 'sample_rate', 16000, 'channels', 2, 'loudness', -14.0)",
        )
        .unwrap();
    drop(database);
    studio.run(&["run"]).code(0).stderr_has("Up to date");
    let sheet = studio.text("takesheet.takes.yaml");
    let row = sheet.lines().last().unwrap();
    studio.edit("takesheet.takes.yaml", row, &row.replace(", true_peak: ", ", before: "));
    studio.run(&["why", "hook"]).code(0).stdout_lacks("waveform");
    studio.run(&["promote", "hook", "--to", "out"]).code(0);
    studio
        .run(&["why", "hook"])
        .code(0)
        .stdout_has("waveform  ▇")
        .stdout_has("true peak");
    studio.run(&["run"]).code(0).stderr_has("Up to date");
    let after = studio.text("takesheet.takes.yaml");
    assert!(
        after.contains("true_peak: ") && after.contains("before: "),
        "its row is filled in: {after}"
    );
}

#[test]
fn a_scratch_take_is_delivered_as_one() {
    let studio = Studio::new().pipeline(SINGLE);
    studio.run(&["run", "--backend", "sandbox"]).code(0);
    studio
        .run(&["promote", "hook", "--to", "out"])
        .code(5)
        .stderr_has("--backend sandbox");
    let told = studio
        .run(&["promote", "hook", "--to", "out", "--backend", "sandbox", "--tags"])
        .code(0);
    assert!(told.stdout.trim().ends_with(".scratch.wav"), "{told}");
    let copy = fs::read(studio.path(told.stdout.trim())).unwrap();
    let label = "a scratch render, not a bought take";
    let wide: Vec<u8> = label.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert!(
        copy.windows(label.len()).any(|window| window == label.as_bytes()),
        "its own label stays"
    );
    assert!(
        copy.windows(wide.len()).any(|window| window == wide),
        "its tags say so too"
    );
}
