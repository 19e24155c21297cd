//! Links out of the project: nothing is written through one, and what is refused is refused before it is paid for.
//! Reading through one is the user's business.

use crate::studio::{RAINY, SINGLE, Studio};
use std::{collections::BTreeMap, fs, os::unix::fs::symlink, path::Path};
use tempfile::TempDir;

/// A folder outside of the project, with a file of somebody else's.
fn outside() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("theirs.json"), b"theirs").unwrap();
    folder
}

fn content(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries
        .map(|entry| {
            (
                entry.file_name().into_string().unwrap(),
                fs::read(entry.path()).unwrap_or_default(),
            )
        })
        .collect()
}

#[test]
fn nothing_is_written_through_a_link_out_of_the_project() {
    for link in [
        "takes",
        "takes/rainy",
        "takes/rainy/hook",
        ".takesheet",
        ".takesheet/blobs",
        ".takesheet/blobs/tmp",
        ".takesheet/blobs/ab",
        ".takesheet/locks",
        ".takesheet/owners",
        ".takesheet/proofs",
        ".takesheet/takesheet.db-wal",
    ] {
        let (studio, outside) = (Studio::new().pipeline(RAINY), outside());
        let place = studio.path(link);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        symlink(outside.path(), &place).unwrap();
        let output = studio.command(&["run"]).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(4), "{link}: {stderr}");
        assert!(
            stderr.contains(link) && stderr.contains("not in the project"),
            "{link}: {stderr}"
        );
        assert_eq!(studio.asked(crate::studio::GENERATE), 0, "{link}");
        assert_eq!(content(outside.path()).len(), 1, "{link}");
        // Mended as the message says, it goes on.
        fs::remove_file(&place).unwrap();
        studio.run(&["run"]).code(0).stderr_has("4 rendered");
    }
}

#[test]
fn a_file_beside_a_take_is_not_written_through_a_link_either() {
    let text = SINGLE.replace("audio: draft }", "audio: draft, name: one }");
    for link in ["takes/one.json", "takes/one.lyrics.txt", "takesheet.takes.yaml"] {
        for target in ["theirs.json", "nowhere.json"] {
            let (studio, outside) = (Studio::new().pipeline(&text), outside());
            fs::create_dir_all(studio.path("takes")).unwrap();
            symlink(outside.path().join(target), studio.path(link)).unwrap();
            studio
                .run(&["run"])
                .code(4)
                .stderr_has(link)
                .stderr_has("not in the project");
            assert_eq!(studio.counts().requests, 0);
            assert_eq!(
                content(outside.path()),
                BTreeMap::from([("theirs.json".into(), b"theirs".to_vec())])
            );
        }
    }
}

#[test]
fn audio_is_never_written_through_a_link() {
    let text = SINGLE.replace("audio: draft }", "audio: draft, name: one }");
    for target in ["theirs.json", "nowhere.json"] {
        let (studio, outside) = (Studio::new().pipeline(&text), outside());
        fs::create_dir_all(studio.path("takes")).unwrap();
        symlink(outside.path().join(target), studio.path("takes/one.wav")).unwrap();
        studio.run(&["run"]).code(0).stderr_has("1 rendered");
        assert!(!fs::symlink_metadata(studio.path("takes/one.wav")).unwrap().is_symlink());
        assert!(
            fs::symlink_metadata(studio.path("takes/one.kept-1.wav"))
                .unwrap()
                .is_symlink()
        );
        assert_eq!(
            content(outside.path()),
            BTreeMap::from([("theirs.json".into(), b"theirs".to_vec())])
        );
        assert_eq!(studio.counts().charged, 1);
    }
}

#[test]
fn a_link_that_stays_inside_is_fine() {
    let studio = Studio::new().pipeline(RAINY);
    studio.file("media/audio/.keep", b"");
    symlink("media/audio", studio.path("takes")).unwrap();
    studio.file("store/.keep", b"");
    fs::create_dir_all(studio.path(".takesheet")).unwrap();
    symlink("../store", studio.path(".takesheet/blobs")).unwrap();
    studio.run(&["run"]).code(0).stderr_has("4 rendered");
    studio.run(&["run"]).code(0).stderr_has("Up to date: 4 takes");
    assert_eq!(fs::read_dir(studio.path("media/audio/rainy/hook")).unwrap().count(), 12);
}

#[test]
fn what_is_read_may_lie_anywhere() {
    let studio = Studio::new();
    let outside = Studio::new();
    outside.file("more.yaml", b"version: 1\nvars: { city: Faro }\n");
    outside.file("verse.hbs", b"{{city}} and {{town}}");
    outside.file("towns.csv", b"town\nTavira\n");
    for name in ["more.yaml", "verse.hbs", "towns.csv"] {
        symlink(outside.path(name), studio.path(name)).unwrap();
    }
    fs::remove_file(studio.path("refs/demo.wav")).unwrap();
    symlink(outside.path("refs/demo.wav"), studio.path("refs/demo.wav")).unwrap();
    let text = SINGLE
        .replace("version: 1", "version: 1\ninclude: [more.yaml]")
        .replace(
            "    template: |\n      One line and nothing more.",
            "    matrix: { rows: { file: towns.csv } }\n    file: verse.hbs",
        );
    let studio = studio.pipeline(&text);
    studio.run(&["run"]).code(0).stderr_has("1 rendered");
    assert!(fs::symlink_metadata(studio.path("refs/demo.wav")).unwrap().is_symlink());
}

#[test]
fn a_ring_of_links_ends() {
    let studio = Studio::new();
    symlink(".", studio.path("again")).unwrap();
    symlink("ring", studio.path("ring")).unwrap();
    studio.file("more.yaml", b"version: 1\ninclude: [again/more.yaml]\n");
    let studio = studio.pipeline(&SINGLE.replace("version: 1", "version: 1\ninclude: [more.yaml]"));
    studio.run(&["check"]).code(3).stderr_has("again/more.yaml");
    studio.edit("takesheet.yaml", "include: [more.yaml]", "include: [ring]");
    studio.run(&["check"]).code(3).stderr_has("`ring` cannot be read");
}
