//! Audio that was paid for: repaired where that is possible, and never bought again without a word.

use crate::studio::{RAINY, SINGLE, Studio};
use std::{fs, path::PathBuf};

/// The one blob of a store.
fn blob(studio: &Studio) -> PathBuf {
    let blobs = studio.files(".takesheet/blobs");
    assert_eq!(blobs.len(), 1, "{:?}", blobs.keys());
    studio.path(blobs.keys().next().unwrap())
}

/// Puts other bytes of the same length into the same file, whatever its protection says.
fn overwrite(path: &std::path::Path) {
    let length = fs::metadata(path).unwrap().len();
    #[cfg(unix)]
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
    fs::write(path, vec![0x55; usize::try_from(length).unwrap()]).unwrap();
}

/// Puts another file with other bytes of the same length in a file's place.
fn replace(path: &std::path::Path) {
    let length = fs::metadata(path).unwrap().len();
    fs::remove_file(path).unwrap();
    fs::write(path, vec![0x55; usize::try_from(length).unwrap()]).unwrap();
}

#[test]
fn lost_audio_is_never_bought_again_without_a_word() {
    let studio = Studio::new().pipeline(SINGLE);
    studio.run(&["run"]).code(0);
    fs::remove_dir_all(studio.path("takes")).unwrap();
    fs::remove_dir_all(studio.path(".takesheet/blobs")).unwrap();
    let plan = studio.run(&["plan", "--json"]).code(0).json();
    let node = &plan["nodes"][1];
    assert_eq!(node["verdict"], "unsure");
    assert_eq!(node["reason"]["why"], "paid_audio_lost");
    assert_eq!(node["reason"]["paid"]["known"], "0.0315");
    for _ in 0..2 {
        studio
            .run(&["run"])
            .code(6)
            .stderr_has("its audio was paid for ($0.0315) and is gone from this machine")
            .stderr_has("settle it: takesheet resolve 'songs.hook#1' --retake\n")
            .stderr_has("$0.00 spent");
    }
    assert_eq!(studio.counts().charged, 1);
    studio
        .run(&["resolve"])
        .code(0)
        .stdout_has("songs.hook#1")
        .stdout_has("its audio is gone");
    studio
        .run(&["resolve", "hook#1", "--not-paid"])
        .code(2)
        .stderr_has("so it was paid for");
    studio.run(&["resolve", "songs.hook", "--retake"]).code(0);
    studio
        .run(&["plan"])
        .code(0)
        .stdout_has("retake")
        .stdout_has("its audio ($0.0315) was lost");
    studio.run(&["run"]).code(0).stderr_has("1 rendered");
    assert_eq!(
        studio.ledger("state = 'committed'").len(),
        2,
        "both purchases are history"
    );
    studio.run(&["run"]).code(0).stderr_has("Up to date");
}

#[test]
fn a_lost_take_is_settled_by_the_name_it_has_now_and_by_its_key() {
    let studio = Studio::new().pipeline(SINGLE);
    studio.run(&["run"]).code(0);
    studio.edit("takesheet.yaml", "hook: {", "refrain: {");
    fs::remove_dir_all(studio.path("takes")).unwrap();
    fs::remove_dir_all(studio.path(".takesheet/blobs")).unwrap();
    studio
        .run(&["run"])
        .code(6)
        .stderr_has("takesheet resolve 'songs.refrain#1' --retake");
    let key = studio.ledger("state = 'committed'").remove(0);
    studio.run(&["resolve", "refrain#1", "--retake"]).code(0);
    studio.run(&["resolve", &key[..8], "--retake"]).code(5);
    assert_eq!(studio.counts().charged, 1);
}

#[test]
fn free_audio_that_is_lost_is_rendered_again() {
    let studio = Studio::new().pipeline(&SINGLE.replace("aimlapi", "sandbox"));
    studio.run(&["run"]).code(0);
    fs::remove_dir_all(studio.path("takes")).unwrap();
    fs::remove_dir_all(studio.path(".takesheet/blobs")).unwrap();
    studio
        .run(&["plan"])
        .code(0)
        .stdout_has("rendered before, but its audio is gone");
    studio.run(&["run"]).code(0).stderr_has("1 rendered");
}

#[test]
fn a_damaged_blob_is_repaired_from_the_named_file() {
    let studio = Studio::new().pipeline(SINGLE);
    studio.run(&["run"]).code(0);
    let (blob, good) = (blob(&studio), studio.files("takes"));
    replace(&blob);
    studio.run(&["run"]).code(0).stderr_has("Up to date: 1 take");
    let name = &studio.takes()[0];
    assert_eq!(fs::read(blob).unwrap(), good[name]);
    assert_eq!(studio.files("takes"), good);
    assert_eq!(studio.counts().charged, 1);
}

#[test]
fn a_named_file_that_was_cut_short_is_put_back_and_one_that_was_edited_is_not() {
    let studio = Studio::new().pipeline(RAINY);
    studio.run(&["run"]).code(0);
    let takes = studio.takes();
    let good = studio.files("takes");
    for (name, bytes) in [
        (&takes[0], &good[&takes[0]][..1000]),
        (&takes[1], &b""[..]),
        (&takes[2], &b"a mix of my own"[..]),
    ] {
        fs::remove_file(studio.path(name)).unwrap();
        studio.file(name, bytes);
    }
    studio.run(&["run"]).code(0).stderr_has("2 cached");
    let after = studio.files("takes");
    assert_eq!(after[&takes[0]], good[&takes[0]]);
    assert_eq!(after[&takes[1]], good[&takes[1]]);
    assert_eq!(after[&takes[2]], b"a mix of my own");
    assert!(after.keys().eq(good.keys()), "{:?}", after.keys());
    assert_eq!(studio.counts().charged, 4);
}

#[cfg(unix)]
#[test]
fn a_take_that_was_changed_in_place_is_said_to_be_and_stays_the_users() {
    let studio = Studio::new().pipeline(SINGLE);
    studio.run(&["run"]).code(0);
    let file = studio.path(&studio.takes()[0]);
    let good = fs::read(&file).unwrap();
    overwrite(&file);
    let theirs = fs::read(&file).unwrap();
    studio.run(&["plan"]).code(0).stdout_has("was changed in place");
    studio
        .run(&["run"])
        .code(6)
        .stderr_has("was changed in place, and the store's copy with it");
    assert_eq!(fs::read(&file).unwrap(), theirs);
    // A copy from elsewhere is all it takes.
    fs::write(studio.path("mine.wav"), &theirs).unwrap();
    fs::remove_file(&file).unwrap();
    fs::write(&file, &good).unwrap();
    studio.run(&["run"]).code(0).stderr_has("Up to date");
    assert_eq!(studio.counts().charged, 1);
}

#[test]
fn a_damaged_reference_is_never_sent() {
    let text = "\
version: 1
name: chain
backend: aimlapi
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
";
    // A reference must be longer than a beep.
    let studio = Studio::with(takesheet::sandbox::Options {
        sound: takesheet::sandbox::Sound::Band,
        ..crate::studio::api()
    })
    .pipeline(text);
    studio.run(&["run", "--select", "bed"]).code(0).stderr_has("1 rendered");
    replace(&blob(&studio));
    studio.run(&["run"]).code(0).stderr_has("1 rendered");
    let charged = studio.counts().charged;
    // The bed is gone for good, and what was made of it is still what was made of it.
    for name in studio.takes().iter().filter(|name| name.contains("bed")) {
        fs::remove_file(studio.path(name)).unwrap();
    }
    let blobs = studio.files(".takesheet/blobs");
    let top = studio.takes().remove(0);
    let top = fs::read(studio.path(&top)).unwrap();
    for (name, bytes) in blobs {
        if bytes != top {
            fs::remove_file(studio.path(&name)).unwrap();
        }
    }
    studio.run(&["run"]).code(6).stderr_has("songs.bed#1");
    studio.run(&["plan"]).code(0).stdout_has("1 unsure, 1 cached");
    assert_eq!(studio.counts().charged, charged);
}
